"""``thirdwatt chip``: what is asked, what is answered, what is refused."""

from __future__ import annotations

import csv
import io
import os
import pty
import re
import sys
import tomllib
from collections import Counter
from pathlib import Path

import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion

from tests.cli.test_cli import document, run

SMALL = (
    "--weight", "gpt-3-175b=0,llama-3.1-405b=0", "--weight", "deepseek-v3=0", "--weight", "dit-xl-2=0",
    "--samples", "40", "--power", "450", "--cost", "4300", "--area", "500",
)  # fmt: skip
BOARD = """like = "h200-sxm-141gb"
[datasheet]
name = "Board X"
peak_flop_per_s = {bf16 = 1.5e15, fp8 = 3e15}
tdp_w = 800
memory_byte = 192e9
memory_byte_per_s = 6e12
link_byte_per_s = 600e9
"""
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


def test_the_headline_is_bold_also_where_the_title_takes_two_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    told = document("chip", "show", "h100", "--samples", "2", "--json")["training"]["j_per_flop"]["value"]
    parts: list[bytes] = []

    def read(fd: int) -> bytes:
        parts.append(os.read(fd, 4096))
        return parts[-1]

    pty.spawn([sys.executable, "-m", "thirdwatt", "chip", "show", "h100", "--samples", "2"], read)
    (bold,) = re.findall(r"\x1b\[1m(.*?)\x1b\[0m", b"".join(parts).decode())
    assert bold.startswith(f"{told * 1e12:.3g} (90 %: ")
    assert "J per TFLOP of the model" in bold


def test_a_chip_fits_a_screen_and_all_of_it_tells_the_rest() -> None:
    short, whole = (
        run("chip", "show", "h100", "--samples", "20", *more, columns="80").stdout for more in ((), ("--all",))
    )
    assert len(short.splitlines()) <= 50
    assert len(whole.splitlines()) > len(short.splitlines())
    fields = document("chip", "show", "h100", "--samples", "20", "--json")["fields"]
    counts = Counter(each["known_by"] for each in fields)
    told = re.search(r"Fields and constants: (.*?)\.", " ".join(short.split()))
    assert told is not None
    assert {kind: int(count) for count, kind in re.findall(r"(\d+) (\w+)", told[1])} == counts
    said = " ".join(whole.split())
    for each in fields:
        assert each["name"].replace("_", " ") in said


def test_a_chip_that_only_a_datasheet_tells_of_is_shown_and_compared(
    tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    done = run("chip", "show", "gaudi3", "--samples", "20")
    assert done.stdout == snapshot
    file = tmp_path / "board.toml"
    file.write_text(BOARD)
    asked = ("chip", "compare", "h100", str(file), "--samples", "20")
    both = run(*asked, columns="80").stdout
    assert "Of board.toml only a datasheet is known" in " ".join(both.split())
    assert max(map(len, both.splitlines())) <= 80
    found = document(*asked, "--json")
    jsonschema.validate(found, document("schema", "chip-compare"))
    assert found["chips"][1]["product"] is None
    assert {each["known_by"] for each in found["chips"][1]["fields"]} == {"datasheet", "assumed"}


def test_a_file_with_a_chip_on_sale_is_no_baseline_of_a_search(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[blueprint]\nbased_on = "h100"\n')
    of_file, of_chip = (
        " ".join(run("chip", "show", each, "--samples", "2").stdout.split()) for each in (str(file), "h100")
    )
    assert f"next: thirdwatt chip compare {file} h100-sxm-80gb" in of_file
    assert "next: thirdwatt chip search --baseline h100-sxm-80gb" in of_chip
    assert run("chip", "search", "--baseline", str(file)).returncode == 2


def test_a_datasheet_without_what_it_is_like_cannot_be_shown(tmp_path: Path) -> None:
    file = tmp_path / "board.toml"
    file.write_text(BOARD.replace("like", "#"))
    done = run("chip", "show", str(file))
    assert done.returncode == 2
    assert "name the chip on sale whose kernels, software, host, network and rents it is used with" in done.stderr


def test_pages_are_written(tmp_path: Path) -> None:
    shown, side = tmp_path / "show.html", tmp_path / "compare.html"
    asked = ("--samples", "20", "--html")
    assert run("chip", "show", "h100", *asked, str(shown)).stderr == f"{shown} written\n"
    assert "Where a joule goes in training llama-3.1-405b" in shown.read_text()
    assert run("chip", "compare", "h100", "b200", *asked, str(side)).stderr == f"{side} written\n"
    assert "How many times less energy" in side.read_text()


def test_figures_side_by_side_are_a_sheet() -> None:
    asked = ("chip", "compare", "h100", "b200", "--samples", "20")
    rows = list(csv.DictReader(io.StringIO(run(*asked, "--csv").stdout)))
    found = document(*asked, "--json")["chips"][1]
    area = {row["quantity"]: float(row["value"]) for row in rows if (row["chip"], row["of"]) == (found["id"], "area")}
    assert area == {name: each["value"] for name, each in found["area_mm2"].items()}
    (factor,) = (row for row in rows if row["quantity"] == "facility" and row["chip"] == found["id"])
    assert (float(factor["value"]), factor["unit"]) == (found["times_less"]["facility"]["value"], "1")


def test_a_design_beyond_a_limit_is_told_what_mends_it(tmp_path: Path) -> None:
    """By as much as the model may be off it is warned of, by more it is refused."""
    file, beyond = tmp_path / "large.toml", tmp_path / "beyond.toml"
    for each, units in ((file, 160), (beyond, 300)):
        each.write_text(f'[blueprint]\nbased_on = "h100-sxm-80gb"\nname = "large"\nunits = {units}\n')
    said = " ".join(run("chip", "show", str(file), "--samples", "1").stdout.split())
    assert re.search(r"warning: large can hardly be built: a die is [\d.]+ % larger than can be exposed", said)
    assert "take fewer units" in said
    estimate = ("estimate", "llama-3.1-405b", "--samples", "1", "--json", "--set")
    assert '"blueprint_limit"' in run(*estimate, f"cluster.accelerator={file}").stdout
    for asked in (("chip", "show", str(beyond)), (*estimate, f"cluster.accelerator={beyond}")):
        done = run(*asked)
        assert done.returncode == 2
        assert "blueprint: large cannot be built: a die is" in done.stderr
        assert "take fewer units" in done.stderr


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
    short, whole = (run("chip", "fit", *more, columns="80").stdout for more in ((), ("--all",)))
    for said in (short, whole):
        assert max(map(len, said.splitlines())) <= 80
        assert all(each["name"].rpartition("/")[2] in said for each in found["constants"])
    assert "mi300x-gemm-bf16" not in short
    assert all(each["id"] in whole for each in found["points"])
    assert re.search(r"area of dies +\d+ +[\d.]+ % +\d+ +[\d.]+ %", short)
    assert re.search(r"b200-training +880 +\d+ +[-+][\d.]+ %", whole)
    assert re.search(r"b200-sxm-180gb +1,640 +[\d,]+ +-[\d.]+ % +left out, a guess", whole)
    ratios = {each["name"]: each["left_log_sigma"] / each["prior_log_sigma"] for each in found["constants"]}
    for line in short.splitlines():
        name, _, rest = line.partition(" ")
        if name in ratios:
            assert float(rest.split()[-2]) / 100 == pytest.approx(ratios[name], abs=0.006), (
                "left is a share of the prior"
            )


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
        shown = run(*shlex.split(each.removeprefix("thirdwatt ")))
        assert shown.returncode == 0
        if "chip show" in each:  # in what it was found to train in
            assert f" in {done.stdout.split()[3].rstrip(',')}:" in shown.stdout
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
        (("show", "gaudi3", "--precision", "fp16"), 2, "gaudi3 has no fp16; allowed: fp8, bf16, tf32, fp32"),
        (("search", "--baseline", "gaudi3"), 2, "gaudi3"),
        (("show", "h100", "--json", "--html", "f.html"), 2, "choose one of --html and --json"),
        (("compare", "h100", "--json", "--csv"), 2, "choose one of --csv and --json"),
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
