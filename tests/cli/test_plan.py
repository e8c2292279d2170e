"""``thirdwatt plan``."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import thirdwatt
from tests.cli.test_cli import document, run
from thirdwatt.cli.plan import ratio_of
from thirdwatt.report.schemas import schema

FEW = ("--forbid", "machine,model,data", "--forbid", "place", "--forbid", "lifecycle", "--samples", "20")
"""Two groups are enough for most of what a command does."""
BRIEF = ("plan", "startup-lora-8xh100", *FEW)
PRESETS = ("startup-lora-8xh100", "pretrain-7b-256xa100", "gpt-3-175b", "llama-3.1-405b")


def check(found: dict[str, Any], tmp_path: Path) -> None:
    """Every run of a plan goes through ``estimate`` and gives the same numbers."""
    drawn = ("--samples", str(found["samples"]), "--seed", str(found["seed"]))
    for number, stage in enumerate([found["today"], *found["path"]["steps"], found["path"]]):
        file = tmp_path / f"stage-{number}.json"
        file.write_text(json.dumps(stage["scenario"]))
        assert document("estimate", str(file), *drawn, "--json")["totals"] == stage["totals"], number


def test_the_answer_comes_first_on_one_screen() -> None:
    done = run(*BRIEF)
    assert done.stderr == ""
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].endswith("the shortest path to a third of the energy")
    assert lines[1].startswith(("No path reaches a third of the energy", "A third of the energy in"))
    assert len(lines) <= 45
    assert max(map(len, lines)) <= 100
    whole = run(*BRIEF, "--all").stdout
    assert whole.splitlines()[:2] == lines[:2]
    assert len(whole) > len(done.stdout)
    assert "may go wrong" in whole


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["gpt-2-355m", "gemma-2-2b"])
def test_many_steps_with_ties_are_a_screen_too(preset: str) -> None:
    for columns in (80, 100):
        lines = run("plan", preset, "--samples", "20", columns=str(columns)).stdout.splitlines()
        assert len(lines) <= 45
        assert max(map(len, lines)) <= columns


@pytest.mark.parametrize("columns", ["40", "80"])
def test_a_narrow_terminal_is_enough(columns: str) -> None:
    done = run(*BRIEF, columns=columns)
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= int(columns)


def test_each_step_goes_through_estimate(tmp_path: Path) -> None:
    found = document(*BRIEF, "--factor", "1.3", "--json")
    jsonschema.validate(found, schema("plan"))
    assert found["path"]["steps"]
    check(found, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("source", PRESETS)
def test_a_third_is_reached_or_what_stops_it_is_said(source: str, tmp_path: Path) -> None:
    found = document("plan", source, "--samples", "50", "--json")
    jsonschema.validate(found, schema("plan"))
    assert 0 <= found["probability"] <= 1
    check(found, tmp_path)
    said = run("plan", source, "--samples", "50").stdout
    assert ("What stops it" in said) == (not found["reached"])


def test_the_same_seed_gives_the_same_bytes() -> None:
    asked = (*BRIEF, "--factor", "1.3", "--json")
    assert run(*asked, "--seed", "7").stdout == run(*asked, "--seed", "7").stdout
    assert run(*asked, "--seed", "7").stdout != run(*asked, "--seed", "8").stdout


def test_what_is_forbidden_and_what_is_allowed() -> None:
    found = document(*BRIEF, "--json")
    how = {each["id"]: each["how"] for each in found["refused"]}
    assert how["clock"] == "forbidden"
    groups = {each["group"] for each in found["alone"]}
    assert groups <= {"arithmetic", "run"}
    none = document("plan", "startup-lora-8xh100", *FEW, "--forbid", "arithmetic,run", "--json")
    assert none["path"]["steps"] == []
    assert not none["reached"]


def test_limits_hold(tmp_path: Path) -> None:
    asked = ("plan", "startup-lora-8xh100", "--samples", "20", "--forbid", "arithmetic,model,data,place,lifecycle")
    free = document(*asked, "--json")
    held = document(*asked, "--max-time", "-0%", "--max-cost", "1.0", "--json")
    assert held["limits"] == {"cost_ratio": 1.0, "time_ratio": 1.0}
    assert free["limits"] == {"cost_ratio": None, "time_ratio": 2.0}
    assert held["path"]["ratios"]["wall_time_h"]["value"] <= 1.0 + 1e-9
    assert held["path"]["factor"]["value"] <= free["path"]["factor"]["value"] + 1e-12
    check(held, tmp_path)


def test_changes_as_people_write_them() -> None:
    said = ("+10%", "-5 %", "1.1", " +20% ", "+1e1%", "10%", "lots", "nan", "")
    assert [ratio_of(each) for each in said] == [1.1, 0.95, 1.1, 1.2, None, None, None, None, None]


@pytest.mark.parametrize(
    "by", ["market", *(pytest.param(each, marks=pytest.mark.slow) for each in ("energy", "carbon", "cost"))]
)
def test_every_goal(by: str) -> None:
    found = document(*BRIEF, "--by", by, "--factor", "1.2", "--cap-kwh", "8", "--json")
    jsonschema.validate(found, schema("plan"))
    assert found["goal"] == by
    assert found["banked"]["cap_kwh"] == 8.0
    assert "Banked by a cap of 8 kWh that is kept" in " ".join(
        run(*BRIEF, "--by", by, "--factor", "1.2", "--cap-kwh", "8").stdout.split()
    )


def test_development_and_settings_count(tmp_path: Path) -> None:
    found = document(*BRIEF, "--development", "--set", "site.pue=1.5", "--json")
    assert found["counted"]["factors"] == ["development_multiplier_ratio"]
    assert found["today"]["scenario"]["site"]["pue"]["value"] == 1.5
    assert found["today"]["goal"]["value"] > found["today"]["totals"]["energy_kwh"]["value"]
    check(found, tmp_path)


def test_what_was_observed_counts(tmp_path: Path) -> None:
    file = tmp_path / "seen.json"
    row = {"quantity": "pue", "value": 1.33, "low": 1.3, "high": 1.36, "unit": "1", "kind": "measured",
           "source": "a meter", "scope": "rate"}  # fmt: skip
    file.write_text(json.dumps({"schema": "thirdwatt/observations/1", "observations": [row]}))
    found = document(*BRIEF, "--observed", str(file), "--json")
    plain = document(*BRIEF, "--json")
    assert found["today"]["totals"]["energy_kwh"]["value"] > plain["today"]["totals"]["energy_kwh"]["value"]
    check(found, tmp_path)


def test_a_layout_left_to_the_search() -> None:
    found = document(*BRIEF, "--set", "layout='auto'", "--json")
    jsonschema.validate(found, schema("plan"))
    assert isinstance(found["today"]["scenario"]["layout"], dict)


def test_steps_as_rows() -> None:
    found = document(*BRIEF, "--json")
    lines = list(csv.DictReader(io.StringIO(run(*BRIEF, "--csv").stdout)))
    assert [line["words"] for line in lines] == [step["words"] for step in found["path"]["steps"]]
    assert [float(line["saving"]) for line in lines] == [step["saving"]["value"] for step in found["path"]["steps"]]


@pytest.mark.slow
def test_a_page(tmp_path: Path) -> None:
    file = tmp_path / "plan.html"
    done = run(*BRIEF, "--html", str(file))
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert done.stderr == f"{file} written\n"
    said = file.read_text(encoding="utf-8")
    assert "The shortest path to a third of the energy" in said
    assert "Where to run it" in said


def test_a_budget_can_be_checked_as_the_plan_says(tmp_path: Path) -> None:
    said = " ".join(run(*BRIEF).stdout.replace("\\\n", "").split())
    asked = " ".join(BRIEF[1:])
    assert f"thirdwatt plan {asked} --json | jq .path.scenario | thirdwatt check - --max-kwh" in said
    most = said.split("--max-kwh ")[1].split()[0]
    file = tmp_path / "after.json"
    file.write_text(json.dumps(document(*BRIEF, "--json")["path"]["scenario"]))
    assert run("check", str(file), "--max-kwh", most, "--samples", "20").returncode == 0
    assert run("check", str(file), "--max-kwh", f"{0.98 * float(most)}", "--samples", "20").returncode == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--factor", "1", "--cap-kwh", "0", "--max-cost", "0"), ("--factor", "--cap-kwh", "--max-cost")),
        (("--factor", "nan"), ("--factor: nan times less",)),
        (
            ("--max-cost", "10%", "--max-time", "soon"),
            ("2 mistakes", "--max-cost: '10%'", "--max-time: 'soon'", "+10%"),
        ),
        (("--allow", "fp9,nobody"), ("2 mistakes", "there is no lever 'fp9'", "did you mean fp8")),
        (("--forbid", "machin"), ("there is no lever 'machin'", "machine")),
        (("--by", "time"), ("'time' is not one of",)),
        (("--allow", "fp8,lora", "--forbid", "fp8"), ("1 mistake", "--allow: 'fp8' is forbidden too")),
        (
            ("--html", "/nowhere/plan.html", "--max-cost", "soon"),
            ("2 mistakes", "/nowhere/plan.html: cannot be written", "--max-cost: 'soon'"),
        ),
        (("--json", "--csv"), ("choose one",)),
        (("--all", "--json"), ("--all is for text",)),
        (("--most", "0"), ("--most",)),
        (("--set", "site.pue=x"), ("site.pue",)),
        (("--observed", "none.json"), ("none.json",)),
    ],
)
def test_every_mistake_is_listed(arguments: tuple[str, ...], said: tuple[str, ...]) -> None:
    done = run("plan", "startup-lora-8xh100", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    for each in said:
        assert each in done.stderr


def test_too_little_known_is_said(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text('[cluster]\naccelerator = "h100-sxm-80gb"\ncount = 8\n')
    done = run("plan", str(file))
    assert done.returncode == 4
    assert "too little is known to say how much energy this takes" in done.stderr


def test_the_same_from_python() -> None:
    found = document(*BRIEF, "--json")
    forbidden = ("machine", "model", "data", "place", "lifecycle")
    answer = thirdwatt.plan("startup-lora-8xh100", samples=20, forbid=forbidden)
    assert [step.words for step in answer.path.steps] == [step["words"] for step in found["path"]["steps"]]
    assert answer.path.factor.value == found["path"]["factor"]["value"]
