"""``thirdwatt outlook``."""

from __future__ import annotations

import csv
import io
import tomllib
from pathlib import Path

import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion

from tests.cli.test_cli import document, run
from thirdwatt.report.schemas import schema

FEW = ("--samples", "500")


def test_the_world_on_one_screen(snapshot: SnapshotAssertion) -> None:
    done = run("outlook", *FEW, "--site-mw", "500", "--region", "us-va")
    assert done.stderr == ""
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "Outlook: the world, 2026 to 2035, 500 paths; median and 80 % of each year"
    assert max(map(len, lines)) <= 100
    assert len(lines) <= 54
    assert done.stdout == snapshot


@pytest.mark.parametrize("columns", ["40", "72"])
def test_a_narrow_terminal_is_enough(columns: str) -> None:
    done = run("outlook", *FEW, columns=columns)
    assert max(map(len, done.stdout.splitlines())) <= int(columns)


@pytest.mark.parametrize("scope", ["frontier", "world", "us", "eu", "china"])
def test_the_document_keeps_to_its_schema(scope: str) -> None:
    found = document("outlook", "--scope", scope, *FEW, "--until", "2028", "--json")
    jsonschema.validate(found, schema("outlook"))
    assert found["schema"] == "thirdwatt/outlook/1"
    assert found["years"] == [2026, 2027, 2028]
    assert {each["source"] for each in found["inputs"]}
    assert len(found["refused"]) == 4


def test_no_year_is_one_number() -> None:
    """Every fan is percentiles, and they differ wherever anything is unsure."""
    found = document("outlook", *FEW, "--until", "2027", "--json")
    for name, fan in found["fans"].items():
        for row in fan["percentiles"]:
            assert len(row) == len(found["percentiles"]), name
            assert row[0] < row[-1], name


def test_rows_for_a_spreadsheet() -> None:
    done = run("outlook", *FEW, "--until", "2027", "--csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {row["year"] for row in rows} == {"2026", "2027"}
    flop = next(row for row in rows if row["quantity"] == "frontier_flop")
    assert float(flop["p5"]) < float(flop["p50"]) < float(flop["p95"])
    assert flop["unit"] == "FLOP"


def test_a_file_and_a_setting(tmp_path: Path) -> None:
    path = tmp_path / "slow.toml"
    path.write_text('name = "Slow grids"\n[growth]\nefficiency = "chips"\n[caps]\ngrid_power_kw = 1e6\n')
    found = document("outlook", str(path), *FEW, "--until", "2027", "--set", "split.fleet_load_share=0.55", "--json")
    assert (found["scenario"], found["efficiency"]) == ("Slow grids", "chips")
    stated = {each["quantity"]: each for each in found["inputs"] if each["kind"] == "stated"}
    assert {name: each["value"] for name, each in stated.items()} == {"grid_power_kw": 1e6, "fleet_load_share": 0.55}
    assert run("outlook", str(path), *FEW).stdout.startswith("Outlook by Slow grids: the world")


def test_the_example() -> None:
    path = Path(__file__).parents[2] / "examples" / "outlook-tight-grids.toml"
    found = document("outlook", str(path), *FEW, "--until", "2030", "--json")
    assert (found["scenario"], found["efficiency"]) == ("Tight grids", "chips")
    shares = found["binding"][-1]["shares"]
    assert shares["sites"] + shares["grids"] > 0.5


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ('name = "Mine"\n[growth]\nefficiency = "fast"\n[split]\nfleet_pue_ratio = {2026 = 1.3, 2030 = 1.2}', True),
        ('[caps]\ngrid_power_kw = {value = 5e6, low = 2e6, high = 1e7, kind = "published", source = "mine"}', True),
        ("[split]\nfleet_pue_ratio = 0.9", False),
        ("[split]\nfleet_pue_ratio = {26 = 1.3}", False),
        ("[split]\nbase_ai_share = {2026 = 0.2}", False),
        ('[growth]\nefficiency = "magic"', False),
        ("[caps]\nsites = 3", False),
        ("[hopes]\nsites = 3", False),
    ],
)
def test_a_file_and_its_schema_agree(tmp_path: Path, text: str, valid: bool) -> None:
    path = tmp_path / "some.toml"
    path.write_text(text)
    errors = list(jsonschema.Draft202012Validator(schema("outlook-file")).iter_errors(tomllib.loads(text)))
    assert (not errors) == valid
    assert (run("outlook", str(path), *FEW, "--until", "2026").returncode == 0) == valid


def test_the_example_keeps_to_the_schema_of_files() -> None:
    path = Path(__file__).parents[2] / "examples" / "outlook-tight-grids.toml"
    jsonschema.validate(tomllib.loads(path.read_text(encoding="utf-8")), schema("outlook-file"))


def test_mistakes_are_listed(tmp_path: Path) -> None:
    done = run("outlook", "--until", "2050", "--rebound", "3", "--efficiency-gain", "0.5")
    assert done.returncode == 2
    assert "3 mistakes" in done.stderr
    path = tmp_path / "wrong.toml"
    path.write_text("[caps]\nrun_cap_h = 1e9\nsites = 3\n")
    done = run("outlook", str(path), *FEW)
    assert done.returncode == 2
    assert "growth without bounds is no outlook that evidence supports" in done.stderr
    assert "caps.sites: is no field of this section" in done.stderr
    assert not done.stdout


def test_one_form_at_a_time() -> None:
    done = run("outlook", "--json", "--csv")
    assert done.returncode == 2
    assert "choose one of" in done.stderr


def test_a_page(tmp_path: Path) -> None:
    path = tmp_path / "outlook.html"
    done = run("outlook", *FEW, "--until", "2030", "--html", str(path))
    assert done.returncode == 0, done.stderr
    assert "<svg" in path.read_text(encoding="utf-8")
