"""Evidence: the same bytes, or the name of what changed; an altered pack is refused."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping

import pytest

import thirdwatt
from thirdwatt.facts import table
from thirdwatt.quantity import Observation
from thirdwatt.report import evidence
from thirdwatt.scenario import InputError


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(found: Mapping[str, bytes]) -> bytes:
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w") as archive:
        for name, content in found.items():
            archive.writestr(name, content)
    return page.getvalue()


@pytest.mark.parametrize("preset", ["gpt-4o", "palm-540b", "resnet-50", "startup-lora-8xh100"])
def test_the_same_result_gives_the_same_bytes(preset: str) -> None:
    first = evidence.pack(thirdwatt.estimate(preset, samples=100))
    assert evidence.pack(thirdwatt.estimate(preset, samples=100)) == first
    assert evidence.reproduce(first, "pack") == []


def test_what_a_meter_saw_is_part_of_the_evidence() -> None:
    seen = Observation("accelerator_power_w", 512.0, 500.0, 530.0, "W", "measured", "run 7")
    content = evidence.pack(thirdwatt.estimate("llama-3.1-8b", observed=[seen], samples=50))
    assert b"run 7" in members(content)["scenario.json"]
    assert evidence.reproduce(content, "pack") == []


def test_every_figure_has_its_source_and_month() -> None:
    lines = members(evidence.pack(thirdwatt.estimate("llama-3.1-8b", samples=50)))["facts.csv"].decode().splitlines()
    (tdp,) = (line for line in lines if line.startswith("accelerator_tdp_w"))
    assert "nvidia-h100" in tdp
    assert ",2026" in tdp


def test_a_figure_that_moved_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    content = evidence.pack(thirdwatt.estimate("llama-3.1-8b", samples=50))
    row = table("accelerators").rows["h100-sxm-80gb"]
    figures = dict(row.figures)
    moved = replace(figures["accelerator_tdp_w"], value=650.0, low=650.0, high=650.0)
    monkeypatch.setitem(
        table("accelerators").rows._built, row.id, replace(row, figures=figures | {"accelerator_tdp_w": moved})
    )
    from thirdwatt.ledger.leaves import _of_choices

    _of_choices.cache_clear()
    try:
        changes = {(each.where, each.what) for each in evidence.reproduce(content, "pack")}
    finally:
        _of_choices.cache_clear()
    assert ("facts.csv", "accelerator_tdp_w") in changes
    assert ("ledger.json", "energy_kwh") in changes
    assert not any(where == "formulas.json" for where, _ in changes)


def test_an_altered_pack_is_refused() -> None:
    found = members(evidence.pack(thirdwatt.estimate("gpt-4o", samples=20)))
    found["ledger.json"] = found["ledger.json"].replace(b"19600000", b"9600000")
    with pytest.raises(InputError, match=r"ledger.json is not what the manifest says"):
        evidence.reproduce(zipped(found), "pack")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no ZIP archive"),
        (b"PK\x03\x04 nothing", "is no ZIP archive"),
        (zipped({"README.txt": b""}), "has no scenario.json"),
        (zipped(dict.fromkeys(evidence.MEMBERS, b"{")), "manifest.json: cannot be read"),
    ],
)
def test_what_is_no_pack_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said.replace(".", r"\.")):
        evidence.reproduce(content, "pack")


def test_the_manifest_names_versions_and_the_command() -> None:
    manifest = json.loads(members(evidence.pack(thirdwatt.estimate("gpt-4o", samples=20)))["manifest.json"])
    assert manifest["schema"] == "thirdwatt/evidence/1"
    assert manifest["thirdwatt"] == thirdwatt.__version__
    assert manifest["rerun"].startswith("thirdwatt estimate")
