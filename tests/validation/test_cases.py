"""Cases: a layout that is stated is the published one, makes up its accelerators and gives nothing else away."""

from __future__ import annotations

import math
import tomllib
from importlib import resources

import pytest

from thirdwatt.facts import table
from thirdwatt.ledger import estimate
from thirdwatt.ledger.book import book
from thirdwatt.scenario.parse import parse
from thirdwatt.validation.cases import DEGREES, LAYOUT, Case, LeftOut, cases

FOUND, LEFT = cases()
LAID_OUT: dict[str, Case] = {case.run: case for case in FOUND if case.question == "time_layout"}
SPREAD = ("tensor", "pipeline", "context", "data")
WORDS = (*LAYOUT, "recompute")
PRESETS = resources.files("thirdwatt.scenario.presets")


def published(run: str) -> dict[str, object]:
    text = table("runs").rows[run].text
    return {name: text[name] if name == "recompute" else int(text[name]) for name in WORDS if name in text}


def test_there_are_layouts_enough_to_mean_something() -> None:
    assert len(LAID_OUT) >= 20
    assert sum(case.unfitted for case in LAID_OUT.values()) >= 6


@pytest.mark.parametrize("run", LAID_OUT)
def test_a_stated_layout_is_sound_and_the_runs_own(run: str) -> None:
    scenario = LAID_OUT[run].scenario
    parse(scenario, book().names, name=run)
    stated = {name: value for name, value in scenario["layout"].items() if name in WORDS}
    assert stated == published(run)
    assert scenario["software"].get("stack") == table("runs").rows[run].text.get("stack")
    assert "known" not in scenario


@pytest.mark.parametrize("run", [row.id for row in table("runs") if "data" in row.text])
def test_published_degrees_make_up_the_accelerators(run: str) -> None:
    row = table("runs").rows[run]
    product = math.prod(int(row.text.get(name, 1)) for name in SPREAD)
    assert product == row.figures["accelerator_count"].value


@pytest.mark.parametrize("run", [run for run, case in LAID_OUT.items() if "micro_batch" in case.scenario["layout"]])
def test_whole_micro_batches_make_up_the_batch(run: str) -> None:
    layout = LAID_OUT[run].scenario["layout"]
    of_model = table("models").rows[LAID_OUT[run].scenario["workload"]["model"]].figures
    batch = layout.get("global_batch") or of_model["global_batch_count"].value
    assert batch % (layout["micro_batch"] * layout["data"]) == 0


@pytest.mark.parametrize(
    ("run", "layout"),
    [
        ("bloom-176b", {"tensor": 4, "pipeline": 12, "data": 8, "zero_stage": 1, "micro_batch": 2}),
        ("gpt-neox-20b", {"tensor": 2, "pipeline": 4, "data": 12, "zero_stage": 1, "micro_batch": 4}),
        ("llama-3.1-405b", {"tensor": 8, "pipeline": 16, "context": 1, "data": 128, "recompute": "none"}),
        ("deepseek-v3", {"tensor": 1, "pipeline": 16, "expert": 64, "zero_stage": 1}),
        ("palm-540b", {"tensor": 12, "pipeline": 1, "data": 512}),
    ],
)
def test_published_layouts(run: str, layout: dict[str, object]) -> None:
    assert layout.items() <= LAID_OUT[run].scenario["layout"].items()


@pytest.mark.parametrize("run", [row.id for row in table("runs") if "architecture" in row.text])
def test_a_model_repeated_on_other_data_sees_those_tokens(run: str) -> None:
    trained = estimate(LAID_OUT[run].scenario, samples=1).of("trained_token_count")
    assert trained is not None
    assert trained.value == pytest.approx(table("runs").rows[run].figures["token_count"].value)


@pytest.mark.parametrize(
    ("run", "why"),
    [
        ("glm-130b", "its hours hold other work"),
        ("nemotron-4-15b", "its architecture is not in the table of models"),
        ("deepseek-v2", "how many accelerators its layout spans is not told"),
    ],
)
def test_why_a_layout_is_not_asked_about(run: str, why: str) -> None:
    assert LeftOut(run, "time_layout", why) in LEFT


def test_a_run_without_a_layout_is_not_asked_about_one() -> None:
    asked = {*LAID_OUT, *(each.run for each in LEFT if each.question == "time_layout")}
    assert all(any(name in table("runs").rows[run].text for name in DEGREES) for run in asked)
    assert "llama-65b" not in asked


def test_the_year_is_stated_and_the_software_is_not_unless_it_is_asked_with() -> None:
    for case in FOUND:
        if case.question in ("time", "energy_free"):
            assert case.scenario["software"] == {"year": int(table("runs").rows[case.run].text["year"])}
            assert set(case.scenario.get("layout", {})) <= {"precision"}
        elif case.question != "time_layout":
            assert "software" not in case.scenario


def presets() -> dict[str, dict[str, object]]:
    """Layouts of presets that are of a laid-out run's model and cluster, by run."""
    found = {}
    for run, case in LAID_OUT.items():
        file = PRESETS.joinpath(f"{case.scenario['workload']['model']}.toml")
        preset = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {"cluster": {}}
        count = preset["cluster"].get("count")
        count = count["value"] if isinstance(count, dict) else count
        if (preset["cluster"].get("accelerator"), count) == tuple(case.scenario["cluster"].values()):
            found[run] = preset.get("layout", {})
    return found


def test_presets_have_the_layouts_of_their_runs() -> None:
    assert len(presets()) >= 15
    for run, layout in presets().items():
        assert {name: value for name, value in layout.items() if name in WORDS} == published(run), run
