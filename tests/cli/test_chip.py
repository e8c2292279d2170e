"""``thirdwatt chip``: what is asked, what is answered, what is refused."""

from __future__ import annotations

import csv
import io
import tomllib
from pathlib import Path

import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion

from tests.cli.test_cli import document, run

SMALL = (
    "--weight", "gpt-3-175b=0,llama-3.1-405b=0", "--weight", "deepseek-v3=0", "--weight", "dit-xl-2=0",
    "--samples", "40", "--power", "450", "--cost", "4300", "--area", "500",
)  # fmt: skip
NONE = ("chip", "search", *SMALL[:6], "--samples", "20", "--power", "10")


@pytest.mark.parametrize("columns", ["100", "80"])
def test_a_chip_is_shown_on_a_screen(columns: str, snapshot: SnapshotAssertion) -> None:
    done = run("chip", "show", "h100-sxm-80gb", "--samples", "100", columns=columns)
    assert done.returncode == 0
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= int(columns)
    assert "J per TFLOP of the model at the accelerators, training llama-3.1-405b" in " ".join(done.stdout.split())
    assert done.stdout == snapshot


def test_a_design_beyond_a_limit_warns_with_what_mends_it(tmp_path: Path) -> None:
    file = tmp_path / "large.toml"
    file.write_text('[blueprint]\nbased_on = "h100-sxm-80gb"\nname = "large"\nunits = 180\n')
    said = " ".join(run("chip", "show", str(file), "--samples", "1").stdout.split())
    assert "warning: large cannot be built: a die is 18 % larger than can be exposed" in said
    assert "take fewer units" in said
    done = run("estimate", "llama-3.1-405b", "--set", f"cluster.accelerator={file}", "--samples", "1", "--json")
    assert '"blueprint_limit"' in done.stdout


@pytest.mark.parametrize("arguments", [("h100",), ("tpu-v4", "--precision", "bf16", "--workload", "vit-l-16")])
def test_a_sheet_keeps_to_its_schema(arguments: tuple[str, ...]) -> None:
    found = document("chip", "show", *arguments, "--samples", "20", "--json")
    jsonschema.validate(found, document("schema", "chip"))
    assert found["training"]["model"] == (arguments[-1] if len(arguments) > 1 else "llama-3.1-405b")
    assert found["measured"]


@pytest.mark.slow
def test_chips_side_by_side(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    file = tmp_path / "slower.toml"
    file.write_text('[blueprint]\nbased_on = "h100-sxm-80gb"\nclock_hz = 1.2e9\n')
    asked = ("chip", "compare", "a100-sxm-80gb", "h100-sxm-80gb", str(file), "--samples", "40")
    done = run(*asked, columns="80")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert done.stdout == snapshot
    found = document(*asked, "--json")
    jsonschema.validate(found, document("schema", "chip-compare"))
    assert [each["id"] for each in found["chips"]] == ["a100-sxm-80gb", "h100-sxm-80gb", "slower.toml"]
    assert found["chips"][0]["times_less"]["facility"]["value"] == 1


def test_the_fit_keeps_to_its_schema() -> None:
    found = document("chip", "fit", "--json")
    jsonschema.validate(found, document("schema", "chip-fit"))
    assert {each["fitted_to"] for each in found["constants"]} == {each["quantity"] for each in found["points"]}
    said = run("chip", "fit").stdout
    assert all(each["name"] in said for each in found["constants"])


def test_limits_that_nothing_keeps_are_said() -> None:
    done = run(*NONE)
    assert done.returncode == 0
    assert "No design that can be built" in done.stdout
    found = document(*NONE, "--json")
    jsonschema.validate(found, document("schema", "chip-search"))
    assert found["best"] is None
    assert len(run(*NONE, "--csv").stdout.splitlines()) == 1


def test_nothing_is_written_where_nothing_is_found(tmp_path: Path) -> None:
    done = run(*NONE, "--out", str(tmp_path / "none.toml"))
    assert done.returncode == 1
    assert "none.toml was not written: there is no design" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_search_answers_in_every_form(tmp_path: Path) -> None:
    file, page = tmp_path / "chip.toml", tmp_path / "chip.html"
    done = run("chip", "search", *SMALL, "--out", str(file), columns="80")
    assert done.returncode == 0, done.stderr
    assert done.stderr == f"{file} written\n"
    assert max(map(len, done.stdout.splitlines()[:-6])) <= 80
    assert "[blueprint]" in file.read_text()
    found = document("chip", "search", *SMALL, "--json")
    jsonschema.validate(found, document("schema", "chip-search"))
    assert found["best"]["blueprint"] == tomllib.loads(file.read_text())["blueprint"]
    assert found["best"]["built"]["accelerator_tdp_w"] <= 450
    assert found["best"]["built"]["reticle_used_ratio"] <= 500 / 858
    rows = list(csv.DictReader(io.StringIO(run("chip", "search", *SMALL, "--csv").stdout)))
    assert [float(row["times_less"]) for row in rows] == [each["times_less"] for each in found["front"]]
    assert run("chip", "search", *SMALL, "--html", str(page)).stderr == f"{page} written\n"
    assert "Where a joule goes" in page.read_text()


@pytest.mark.slow
def test_what_is_named_next_runs(tmp_path: Path) -> None:
    import shlex

    file = tmp_path / "a chip.toml"
    done = run("chip", "search", *SMALL, "--out", str(file))
    said = " ".join(line.strip() for line in done.stdout.split("next: ")[1].splitlines())
    for each in said.split(" · "):
        assert run(*shlex.split(each.removeprefix("thirdwatt "))).returncode == 0
    again = run("chip", "search", *SMALL).stdout.split("next: ")[1].split("--out")[0]
    words = shlex.split(" ".join(again.split()).removeprefix("thirdwatt "))
    assert words[2:] == [
        "--weight", "gpt-3-175b=0,llama-3.1-405b=0", "--weight", "deepseek-v3=0", "--weight", "dit-xl-2=0",
        "--area", "500", "--power", "450", "--cost", "4300", "--samples", "40",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("show", "h1000"), 2, "is neither a chip nor a file"),
        (("show", "gaudi3"), 2, "no blueprint of gaudi3 is known"),
        (("show", "a100", "--precision", "fp8"), 2, "has no fp8"),
        (("show", "h100", "--workload", "llama-5"), 2, "is no preset"),
        (("show", "no.toml"), 2, "does not exist"),
        (("compare",), 2, "Missing argument"),
        (("compare", "h100", "--mix", "tomorrow"), 2, "'tomorrow' is none"),
        (("search", "--baseline", "h1000"), 2, "is in no row of accelerators"),
        (("search", "--node", "n33,n2"), 2, "is in no row of processes"),
        (("search", "--boundary", "moon"), 2, "--boundary: 'moon' is none"),
        (("search", "--baseline-precision", "fp64"), 2, "has no fp64"),
        (("search", "--weight", "gpt-3-175b"), 2, "is no model with a weight"),
        (("search", "--weight", "gpt-9=2"), 2, "is not in the mix"),
        (("search", "--vmin", "3"), 2, "is no supply of logic"),
        (("search", "--factor", "nan"), 2, "factor"),
        (("search", "--power", "0"), 2, "power"),
        (("search", "--json", "--csv"), 2, "choose one"),
        (("serch",), 2, "did you mean search?"),
    ],
)
def test_bad_input_is_said(arguments: tuple[str, ...], code: int, said: str) -> None:
    done = run("chip", *arguments)
    assert done.returncode == code
    assert said in done.stderr
    assert done.stdout == ""


def test_every_mistake_of_a_question_is_listed() -> None:
    done = run("chip", "search", "--node", "n33", "--memory", "hbm9", "--mix", "none", "--precision", "fp7")
    assert "4 mistakes in chip search" in done.stderr
