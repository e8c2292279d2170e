"""Evidence: the same bytes, or the name of what changed; an altered pack is refused."""

from __future__ import annotations

import hashlib
import io
import json
import random
import struct
import subprocess
import sys
import tracemalloc
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import thirdwatt
from thirdwatt.facts import table
from thirdwatt.quantity import Observation
from thirdwatt.report import evidence
from thirdwatt.scenario import InputError


@pytest.fixture(scope="module")
def pack() -> bytes:
    """A pack with an observation that replaces what was stated, and a warning that it does."""
    observed = Observation("accelerator_power_w", 512.0, 500.0, 530.0, "W", "measured", "run 7")
    return evidence.pack(thirdwatt.estimate("gpt-4o", observed=[observed], samples=20))


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
        (
            zipped(dict.fromkeys(evidence.MEMBERS, b"{")),
            "manifest.json: cannot be read as thirdwatt/evidence/1: invalid JSON",
        ),
    ],
)
def test_what_is_no_pack_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said.replace(".", r"\.")):
        evidence.reproduce(content, "pack")


def test_the_manifest_names_versions_and_the_command() -> None:
    manifest = json.loads(members(evidence.pack(thirdwatt.estimate("gpt-4o", samples=20)))["manifest.json"])
    assert manifest["schema"] == "thirdwatt/evidence/1"
    assert manifest["thirdwatt"] == thirdwatt.__version__
    assert manifest["rerun"] == "thirdwatt evidence --reproduce THIS_FILE"


# --- every difference is named ----------------------------------------------------------------------------------


def rehashed(found: Mapping[str, bytes]) -> bytes:
    """A pack whose manifest agrees with whatever its members are."""
    manifest = json.loads(found["manifest.json"])
    manifest["sha256"] = {
        name: hashlib.sha256(content).hexdigest() for name, content in found.items() if name != "manifest.json"
    }
    return zipped({**found, "manifest.json": as_json(manifest)})


def as_json(document: Any) -> bytes:
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True).encode()


def doubled(document: Any) -> Any:
    document["components"][0]["energy_kwh"] *= 2
    return document


def silenced(document: Any) -> Any:
    document["warnings"] = []
    return document


def shouted(document: Any) -> Any:
    first = sorted(document)[0]
    document[first]["meaning"] += "!"
    return document


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("ledger.json", doubled),
        ("ledger.json", silenced),
        ("ledger.json", lambda document: {}),
        ("ledger.json", lambda document: []),
        ("ledger.json", lambda document: document | {"totals": {"energy_kwh": 1}}),
        ("formulas.json", shouted),
        ("formulas.json", lambda document: "none"),
    ],
)
def test_a_difference_without_a_name_is_still_named(pack: bytes, name: str, change: Callable[[Any], Any]) -> None:
    found = members(pack)
    other = as_json(change(json.loads(found[name])))
    assert other != found[name]
    sums = [hashlib.sha256(content).hexdigest()[:12] for content in (other, found[name])]
    changes = evidence.reproduce(rehashed({**found, name: other}), "pack")
    assert changes == [evidence.Change(name, "content", *sums)]


@pytest.mark.parametrize("content", [b"", b"quantity\n\xff", b"a,b\n1,2\n", b'quantity\n"', b"x" * 200_000 + b"\r\r"])
@pytest.mark.parametrize("name", ["README.txt", "facts.csv", "ledger.json", "formulas.json"])
def test_a_member_without_its_form_is_named(pack: bytes, name: str, content: bytes) -> None:
    changes = evidence.reproduce(rehashed(members(pack) | {name: content}), "pack")
    assert {each.where for each in changes} == {name}


def test_a_manifest_that_is_only_written_differently_is_named(pack: bytes) -> None:
    found = members(pack)
    found["manifest.json"] = json.dumps(json.loads(found["manifest.json"])).encode()
    assert [(each.where, each.what) for each in evidence.reproduce(zipped(found), "pack")] == [
        ("manifest.json", "content")
    ]


def test_a_manifest_that_says_otherwise_is_named(pack: bytes) -> None:
    found = members(pack)
    manifest = json.loads(found["manifest.json"]) | {"numpy": "1.0", "rerun": "rm -r"}
    changes = evidence.reproduce(zipped({**found, "manifest.json": as_json(manifest)}), "pack")
    assert [(each.what, each.before) for each in changes] == [("numpy", "1.0"), ("rerun", "rm -r")]


def test_a_note_that_moved_says_which_column(pack: bytes) -> None:
    found = members(pack)
    head, *lines = found["facts.csv"].splitlines(keepends=True)
    found["facts.csv"] = head + b"".join(lines).replace(b",high,", b",low,", 1)
    (change,) = evidence.reproduce(rehashed(found), "pack")
    assert (change.where, change.before, change.now) == ("facts.csv", "confidence 'low'", "confidence 'high'")


# --- what is refused --------------------------------------------------------------------------------------------


def stated(pack: bytes, **changes: Any) -> bytes:
    found = members(pack)
    manifest = json.loads(found["manifest.json"]) | changes
    return zipped({**found, "manifest.json": as_json(manifest)})


def replaced(pack: bytes, name: str, document: Any) -> bytes:
    return rehashed(members(pack) | {name: as_json(document)})


def seen(**fields: Any) -> dict[str, Any]:
    row = {"quantity": "accelerator_power_w", "value": 5, "low": 5, "high": 5, "unit": "W", "kind": "measured"}
    return {**row, "source": "run", "scope": "rate", **fields}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sha256": {}}, "manifest.json: sha256 names nothing; a pack's names README.txt, scenario.json"),
        ({"sha256": {"ledger.json": "0" * 64}}, "sha256 names 'ledger.json'; a pack's names"),
        ({"sha256": {"ledger.json": "0"}}, "sha256: ledger.json: string should match"),
        ({"sha256": []}, "sha256: input should be"),
        ({"samples": 0}, "samples: input should be greater than or equal to 1"),
        ({"samples": 10**9}, "samples: input should be less than or equal to 1000000"),
        ({"samples": "20"}, "samples: input should be a valid integer"),
        ({"samples": True}, "samples: input should be a valid integer"),
        ({"seed": -1}, "seed: input should be greater than or equal to 0"),
        ({"seed": 2**32}, "seed: input should be less than or equal to 4294967295"),
        ({"boundary": "moon"}, "boundary: input should be"),
        ({"schema": "thirdwatt/evidence/9"}, "schema: input should be 'thirdwatt/evidence/1'"),
        ({"rerun": None}, "rerun: input should be a valid string"),
        ({"\x1b[2K": 1}, "\ufffd[2K: extra inputs are not permitted"),
    ],
)
def test_a_manifest_that_is_none_is_refused(pack: bytes, changes: dict[str, Any], said: str) -> None:
    assert said in refusal(stated(pack, **changes))


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "scenario.json: cannot be read as thirdwatt/evidence/1: name: field required"),
        ([], "scenario.json: cannot be read"),
        ({"name": "x", "scenario": {}, "observations": [{}]}, "observations: 0: quantity: field required"),
        ({"name": "x", "scenario": {}, "observations": [seen(value="5")]}, "observations: 0: value: "),
        ({"name": "x", "scenario": {}, "observations": [seen(high=float("inf"))]}, "observations: 0: high: "),
        (
            {"name": "x", "scenario": {}, "observations": [seen(quantity="nothing_w")]},
            "observations.nothing_w: no such",
        ),
        ({"name": "x", "scenario": {"cluster": {"count": "x"}}, "observations": []}, "scenario.json: cluster.count: "),
        ({"name": "x", "scenario": {}, "observations": []}, "scenario.json: gives no result any more: "),
    ],
)
def test_a_scenario_that_is_none_is_refused(pack: bytes, document: Any, said: str) -> None:
    assert said in refusal(replaced(pack, "scenario.json", document))


def refusal(content: bytes) -> str:
    with pytest.raises(InputError) as caught:
        evidence.reproduce(content, "pack")
    assert str(caught.value).startswith("pack: ")
    return str(caught.value)


def test_bounds_are_those_of_the_command_line() -> None:
    from thirdwatt.cli.evidence import command

    bounds = {each.name: each.type for each in command.params if each.name in ("samples", "seed")}
    assert (bounds["samples"].min, bounds["samples"].max) == (1, evidence.MAX_SAMPLES)  # type: ignore[attr-defined]
    assert (bounds["seed"].min, bounds["seed"].max) == (0, evidence.MAX_SEED)  # type: ignore[attr-defined]


def test_what_could_not_be_computed_again_is_not_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    result = thirdwatt.estimate("gpt-4o", samples=20, seed=2**32)
    with pytest.raises(InputError, match="seed: input should be less than or equal to 4294967295; estimate within"):
        evidence.pack(result)
    monkeypatch.setattr(evidence, "LIMIT_BYTES", 1000)
    with pytest.raises(InputError, match="has more than 1,000 bytes"):
        evidence.pack(thirdwatt.estimate("gpt-4o", samples=20))


def test_members_that_are_strange_or_stand_twice_are_refused(pack: bytes) -> None:
    found = members(pack)
    assert "holds 'a.py', 'b.py', 'c.py' and 1 more; a pack holds README.txt" in refusal(
        zipped({**found, "a.py": b"", "b.py": b"", "c.py": b"", "d.py": b""})
    )
    page = io.BytesIO(pack)
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(page, "a") as archive:
        archive.writestr("ledger.json", b"{}")
    assert "holds ledger.json more than once" in refusal(page.getvalue())


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused(pack: bytes, method: int) -> None:
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w", method) as archive:
        for name, content in members(pack).items():
            archive.writestr(name, content)
    assert f"README.txt is compressed by method {method}" in refusal(page.getvalue())


CENTRAL = b"PK\x01\x02"
FLAGS, CHECKSUM, FOLDED, UNFOLDED, OFFSET = 8, 16, 20, 24, 42
"""Where fields of the central directory lie, from the beginning of an entry."""


def patched(content: bytes, field: int, form: str, value: int) -> bytes:
    """A pack whose first member says something else in the directory."""
    made = bytearray(content)
    struct.pack_into(form, made, content.index(CENTRAL) + field, value)
    return bytes(made)


@pytest.mark.parametrize(
    ("field", "form", "value"),
    [
        (FLAGS, "<H", 1),  # encrypted
        (FLAGS, "<H", 0x20),  # a patch
        (CHECKSUM, "<I", 1),
        (FOLDED, "<I", 5),
        (UNFOLDED, "<I", 5),
        (UNFOLDED, "<I", 5_000),
        (OFFSET, "<I", 2**31),
    ],
)
def test_a_directory_that_lies_is_refused(pack: bytes, field: int, form: str, value: int) -> None:
    assert refusal(patched(pack, field, form, value))


def test_a_flipped_byte_in_a_folded_member_is_refused(pack: bytes) -> None:
    made = bytearray(pack)
    start = pack.index(b"ledger.json") + len("ledger.json")
    made[start + 200] ^= 0xFF
    assert "is no ZIP archive that can be read" in refusal(bytes(made))


def test_bombs_are_refused_unread(pack: bytes) -> None:
    found = members(pack) | {"README.txt": bytes(evidence.LIMIT_BYTES)}
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in found.items():
            archive.writestr(name, content)
    honest = page.getvalue()
    few = bytes(10)
    lying = patched(patched(honest, UNFOLDED, "<I", len(few)), CHECKSUM, "<I", zlib.crc32(few))
    tracemalloc.start()
    try:
        assert "unfolds to more than 20,000,000 bytes" in refusal(honest)
        assert "README.txt is not what the manifest says" in refusal(lying)
        assert tracemalloc.get_traced_memory()[1] < evidence.LIMIT_BYTES / 4
    finally:
        tracemalloc.stop()
    assert "has more than 20,000,000 bytes" in refusal(bytes(evidence.LIMIT_BYTES + 1))


def test_figures_that_a_spreadsheet_would_run_are_quoted() -> None:
    observed = Observation("accelerator_power_w", 512.0, 500.0, 530.0, "W", "measured", "=HYPERLINK(1)")
    content = evidence.pack(thirdwatt.estimate("llama-3.1-8b", observed=[observed], samples=20))
    lines = members(content)["facts.csv"].decode()
    assert ",'=HYPERLINK(1)," in lines
    assert ",=HYPERLINK" not in lines
    assert evidence.reproduce(content, "pack") == []


# --- as a command -----------------------------------------------------------------------------------------------


def called(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "thirdwatt", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_the_command_of_the_manifest_gives_the_result_with_what_was_observed(tmp_path: Path) -> None:
    rows = [seen(value=512.0, low=500.0, high=530.0)]
    (tmp_path / "seen.json").write_text(json.dumps({"schema": "thirdwatt/observations/1", "observations": rows}))
    packed = str(tmp_path / "pack.zip")
    done = called("evidence", "llama-3.1-8b", "--observed", str(tmp_path / "seen.json"), "--seed", "7", "-o", packed)
    assert done.returncode == 0, done.stderr
    manifest = json.loads(members(Path(packed).read_bytes())["manifest.json"])
    program, *arguments = manifest["rerun"].replace("THIS_FILE", packed).split()
    assert program == "thirdwatt"
    again = called(*arguments)
    assert (again.returncode, again.stdout) == (0, f"{packed}: computed again, the same bytes\n")


def test_the_command_names_a_change_on_one_line(pack: bytes, tmp_path: Path) -> None:
    path = tmp_path / "pack.zip"
    path.write_bytes(stated(pack, numpy="1\x1b[2K\nsame"))
    done = called("evidence", "--reproduce", str(path))
    assert done.returncode == 1
    head, line = done.stdout.splitlines()
    assert head.endswith("computed again, 1 thing is not as it was")
    assert line.startswith("  manifest.json: numpy: 1\ufffd[2K\ufffdsame -> ")


@pytest.mark.parametrize("where", ["bad.zip", "none.zip", "", "/dev/zero"])
def test_the_command_refuses_without_a_traceback(pack: bytes, tmp_path: Path, where: str) -> None:
    (tmp_path / "bad.zip").write_bytes(stated(pack, sha256={}))
    done = called("evidence", "--reproduce", str(tmp_path / where))
    assert done.returncode == 2
    assert done.stderr.startswith("thirdwatt: 1 mistake\n")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("option", [["--seed", "0"], ["--samples", "9"], ["--observed", "x"], ["--set", "site.pue=1"]])
def test_a_pack_is_taken_alone(option: list[str]) -> None:
    done = called("evidence", "--reproduce", "pack.zip", *option)
    assert done.returncode == 2
    assert "--reproduce takes a pack alone" in done.stderr


# --- any damage -------------------------------------------------------------------------------------------------

VALUES: tuple[Any, ...] = (None, True, 0, -1, 10**400, 1e308, "", "x" * 1000, "=1", [], {}, [[]], {"": {}})


def damaged(chance: random.Random, pack: bytes) -> bytes:
    """A pack with one thing done to it: to its bytes, to its members, or to what is in them with the sums put right."""
    found = members(pack)
    name = chance.choice(evidence.MEMBERS)
    match chance.randrange(7):
        case 0:
            return flipped(chance, pack)
        case 1:
            return pack[: chance.randrange(len(pack))]
        case 2:
            start = chance.randrange(len(pack))
            return pack[:start] + chance.randbytes(chance.randrange(4)) + pack[start + chance.randrange(40) :]
        case 3:
            return zipped({each: content for each, content in found.items() if each != name})
        case 4:
            return zipped({**found, name: flipped(chance, found[name])})
        case 5 if name != "manifest.json":
            return rehashed({**found, name: flipped(chance, found[name])})
        case _:
            name = chance.choice([each for each in evidence.MEMBERS if each.endswith(".json")])
            document = json.loads(found[name])
            spoilt(chance, document)
            made = {**found, name: as_json(document)}
            return zipped(made) if name == "manifest.json" else rehashed(made)


def flipped(chance: random.Random, content: bytes) -> bytes:
    made = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        made[chance.randrange(len(made))] ^= chance.randint(1, 255)
    return bytes(made)


def spoilt(chance: random.Random, document: Any) -> None:
    """Somewhere in a document another value, or one key fewer."""
    here, key = document, ""
    while True:
        key = chance.choice(list(here) if isinstance(here, dict) else range(len(here)))
        if not isinstance(here[key], dict | list) or not here[key] or chance.random() < 0.2:
            break
        here = here[key]
    if chance.random() < 0.3:
        del here[key]
    else:
        here[key] = chance.choice(VALUES)


@pytest.mark.parametrize("number", [100, pytest.param(2000, marks=pytest.mark.slow)])
def test_any_damage_is_refused_or_named(pack: bytes, number: int) -> None:
    chance = random.Random(number)
    whole = members(pack)
    outcomes = Counter[str]()
    for _ in range(number):
        content = damaged(chance, pack)
        try:
            changes = evidence.reproduce(content, "pack")
        except InputError as error:
            assert str(error).startswith("pack: ")
            outcomes["refused"] += 1
        else:
            assert (not changes) == (members(content) == whole)
            outcomes["named" if changes else "same"] += 1
    assert outcomes["refused"] > number / 3
    assert outcomes["named"] > number / 20
