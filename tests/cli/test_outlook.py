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
from thirdwatt.facts.table import content
from thirdwatt.report.schemas import schema

FEW = ("--samples", "500")


def test_the_world_on_one_screen(snapshot: SnapshotAssertion) -> None:
    done = run("outlook", *FEW, "--site-mw", "500", "--region", "us-va")
    assert done.stderr == ""
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "Outlook: the world, 2026 to 2035, 500 possible paths; medians and, in brackets, 80 % of paths"
    assert max(map(len, lines)) <= 100
    assert len(lines) <= 54
    assert done.stdout == snapshot


@pytest.mark.parametrize("scope", ["world", "eu", "frontier"])
@pytest.mark.parametrize("columns", ["40", "72"])
def test_a_narrow_terminal_is_enough(columns: str, scope: str) -> None:
    done = run("outlook", *FEW, "--scope", scope, columns=columns)
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


RUN = """id,field,value,low,high,kind,source,retrieved,confidence,note
next,name,Next,,,text,,,,
next,date,2026-05-01,,,text,,,,
next,basis,reported,,,text,,,,
next,training_flop,{flop},,,published,our-report,2026-11,high,
"""


def test_a_run_added_refits_and_scores_anew_with_one_command(tmp_path: Path) -> None:
    path = tmp_path / "my-runs.csv"
    path.write_text(RUN.format(flop="9e27"))
    before, after = (
        document("outlook", *FEW, "--until", "2027", *more, "--json") for more in ((), ("--runs", str(path)))
    )
    assert (before["fits"]["own_runs"], after["fits"]["own_runs"]) == ([], ["Next"])
    assert after["fits"]["runs"] == before["fits"]["runs"] + 1
    for one, two in zip(before["fits"]["members"], after["fits"]["members"], strict=True):
        assert (two["n"], two["growth"] > one["growth"]) == (one["n"] + 1, True)
    assert sum(after["track"]["pit"]) == sum(before["track"]["pit"]) + 8
    median = before["percentiles"].index(50)
    flop = [each["fans"]["frontier_flop"]["percentiles"][0][median] for each in (before, after)]
    assert flop[1] > 1.2 * flop[0]
    told = run("outlook", *FEW, "--scope", "frontier", "--runs", str(path))
    assert "the same fits, with Next of your own, made at the end of 2021" in " ".join(told.stdout.split())
    html = tmp_path / "outlook.html"
    assert run("outlook", *FEW, "--until", "2027", "--runs", str(path), "--html", str(html)).returncode == 0
    assert "with Next of your own" in html.read_text(encoding="utf-8")


def test_the_run_of_the_guide_is_read(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "outlook.md").read_text(encoding="utf-8").splitlines()
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(line[4:] for line in guide if line.startswith(("    id,field", "    mine,"))))
    assert document("outlook", *FEW, "--until", "2027", "--runs", str(path), "--json")["fits"]["own_runs"] == ["Mine"]


def test_a_run_of_the_table_may_be_told_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(RUN.format(flop="1e27").replace("next,", "grok-4,").replace("2026-05-01", "2025-07-09"))
    told = document("outlook", *FEW, "--until", "2026", "--runs", str(path), "--json")["fits"]
    assert (told["runs"], told["own_runs"]) == (document("outlook", *FEW, "--json")["fits"]["runs"], ["Next"])


def test_a_copy_of_the_table_is_no_run_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "copy.csv"
    path.write_bytes(content("frontier"))
    own = document("outlook", *FEW, "--until", "2027", "--runs", str(path), "--json")
    assert own == document("outlook", *FEW, "--until", "2027", "--json")


def test_many_runs_of_ones_own_are_counted(tmp_path: Path) -> None:
    head, _, body = RUN.format(flop="1e26").strip().partition("\n")
    path = tmp_path / "many.csv"
    path.write_text("\n".join([head, *(body.replace("next,", f"next-{number},") for number in range(4))]))
    told = " ".join(run("outlook", *FEW, "--until", "2027", "--runs", str(path)).stdout.split())
    assert "the same fits, with 4 runs of your own, made" in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (RUN.format(flop="much"), "value, low and high must be numbers"),
        (RUN.format(flop="0"), "next: tells no training_flop"),
        (RUN.format(flop="1e27").replace("2026-05-01", "May"), "next: date 'May' is no day; write 2026-05-31"),
        (RUN.format(flop="1e27").replace("2026-05-01", "2036-05-01"), "next: 2036-05-01 is yet to come"),
        (RUN.format(flop="1e27").replace("reported", "felt"), "next: basis 'felt' says not what it is known by"),
        (RUN.format(flop="1e27").replace("our-report", ""), "source '' is not in sources.csv"),
        (RUN.partition("next")[0], "holds no run"),
        ("name,flop\n", "the header must be id,field,value"),
    ],
)
def test_what_is_wrong_with_runs_of_ones_own_is_said(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(text)
    done = run("outlook", *FEW, "--runs", str(path))
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    missing = run("outlook", "--runs", str(tmp_path / "none.csv"), "--until", "2050")
    assert "2 mistakes" in missing.stderr
    assert "cannot be read" in missing.stderr


def test_what_a_file_states_in_vain_is_said() -> None:
    own = ("--set", "split.fleet_load_share=0.5", "--set", "split.adoption_count=1", "--set", "split.rebound_share=0.5")
    assert document("outlook", *FEW, *own, "--json")["unread"] == ["split.adoption_count"]
    assert document("outlook", *FEW, *own, "--gain-by", "method", "--json")["unread"] == []
    told = run("outlook", *FEW, *own, "--scope", "frontier").stdout
    assert "not read, of scope frontier and a gain by chip: split.fleet_load_share, split.adoption_count." in told


def test_every_figure_that_is_read_stands_among_the_inputs() -> None:
    """Carbon of runs is by their own grid, and a site's part by what its nation and state generated."""
    found = document("outlook", *FEW, "--scope", "eu", "--site-mw", "500", "--region", "us-va", "--json")["inputs"]
    grids = {each["of"]: each["value"] for each in found if each["quantity"] == "base_intensity_kg_per_kwh"}
    assert grids == {"": 0.2099, "the grid of frontier runs": 0.3844}
    around = [each["source"] for each in found if each["of"] == "around the site"]
    assert around == ["owid-energy-2026", "eia-923-2022"]


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
