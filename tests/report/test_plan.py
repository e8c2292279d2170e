"""The shortest path to a third, in words and as data."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion

import thirdwatt
from tests.report.plans import ALL, AWAY, COOLING, DEDUP, FILTER, HALF, LESS, SLOWER, WORSE, lever, planned
from tests.report.test_language import said as forbidden
from thirdwatt.cli.options import dumped
from thirdwatt.ledger.document import three
from thirdwatt.report.plan import SCREEN, text
from thirdwatt.report.plan_document import HEAD, document, rows
from thirdwatt.report.plan_sentences import by_boundary, cap_pipe, ceiling, headline, stops
from thirdwatt.report.plan_steps import columns as steps_columns
from thirdwatt.report.plan_steps import steps, table
from thirdwatt.report.plan_words import less, spread_out, strength, times, warnings
from thirdwatt.report.schemas import schema
from thirdwatt.report.sheets import written
from thirdwatt.search.plan.answer import Plan
from thirdwatt.search.plan.search import Limits

CASES: dict[str, dict[str, Any]] = {
    "reached": {"factor": 2.0},
    "far": {"factor": 30.0},
    "cost": {"factor": 3.0, "goal": "cost"},
    "carbon": {"factor": 2.0, "goal": "carbon"},
    "market": {"factor": 2.0, "goal": "market"},
    "limited": {"factor": 3.0, "limits": Limits(cost=0.5)},
    "no way": {"factor": 3.0, "limits": Limits(cost=0.01)},
    "capped": {"factor": 2.0, "cap_kwh": 1e4},
    "nothing": {"factor": 3.0, "levers": (WORSE,)},
    "none on offer": {"factor": 3.0, "levers": ()},
    "nothing away": {"factor": 2.0, "refused": ()},
    "not drawn": {"factor": 2.0, "samples": 1},
    "with development": {"factor": 2.0, "development": True},
    "cut short": {"factor": 3.0, "most": 6},
    "preset": {"factor": 2.0, "source": "gpt-4o", "levers": (COOLING, WORSE)},
}


@pytest.fixture(params=list(CASES))
def plan(request: pytest.FixtureRequest) -> Plan:
    return planned(**CASES[request.param])


def words(plan: Plan, width: int = 100, *, whole: bool = False) -> str:
    return " ".join(text(plan, width, "run.toml", whole=whole).split())


# --- a screen -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["reached", "far", "limited"])
def test_the_text(name: str, snapshot: SnapshotAssertion) -> None:
    assert text(planned(**CASES[name]), 100, "run.toml") == snapshot


def test_all_of_it(snapshot: SnapshotAssertion) -> None:
    assert text(planned(**CASES["far"]), 80, "run.toml", whole=True) == snapshot


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_words_keep_to_the_columns_there_are(plan: Plan, width: int) -> None:
    for whole in (False, True):
        lines = text(plan, width, "run.toml", whole=whole).splitlines()
        assert max(map(len, lines)) <= width
        assert not any(re.search(r"\b(nan|inf|None)\b", line) for line in lines)
    if width >= 80:
        assert len(text(plan, width, "run.toml").splitlines()) <= SCREEN
        assert not forbidden(text(plan, width, whole=True))


def test_twenty_steps_are_a_screen_too() -> None:
    many = tuple(
        lever(f"change number {number}", scales={"token_count": (0.95, 0.9, 0.99)}, days=(1.0 + number, 0.5, 40.0))
        for number in range(9)
    )
    found = planned(30.0, levers=many, refused=AWAY * 8, samples=10)
    lines = text(found, 100, "run.toml").splitlines()
    assert len(found.path.steps) == 9
    assert len(lines) <= SCREEN
    assert len(text(found, 100, "run.toml", whole=True).splitlines()) > SCREEN


def test_a_narrow_screen_has_what_counts_most() -> None:
    found = planned(2.0)
    told = [each.name for each in steps_columns(found, 80)]
    assert told[:5] == ["takes off", "of what", "share of", "days of", "cost"]
    assert "2 times or more: 60 % probable" in words(found, 80)
    assert "Risk: low." in words(found, 80)


def test_a_column_is_in_one_unit_that_stands_over_it() -> None:
    for plan in (planned(30.0), planned(3.0, goal="cost"), planned(2.0, goal="carbon")):
        assert len({len(each.cells) for each in table(plan)}) == 1
        for each in table(plan):
            if each.name in ("takes off", "cost", "energy", "run time"):
                assert each.of
                assert all(re.fullmatch(r"[+-]?[\d,.]+", cell) for cell in each.cells), each
    assert table(planned(2.0, goal="carbon"))[0].of.endswith(" CO2e")
    few = lever("a little", scales={"token_count": (0.9999, 0.9998, 1.0)})
    away = table(planned(3.0, levers=(DEDUP, few)))[0]
    assert away.of or all(" " in cell for cell in away.cells)


def test_names_that_take_two_lines_stay_in_their_column() -> None:
    two = lever("two lines", words="take what needs two lines of it", scales={"token_count": HALF})
    found = planned(3.0, levers=(two, COOLING), refused=())
    lines = steps(found, 66)
    assert [line[:24].strip() for line in lines] == [
        "change", "", "1  take what needs two", "lines of it", "2  cool by water that is", "and not by air", "",
        "all of it",
    ]  # fmt: skip
    assert all(len(line) <= 66 for line in lines)
    assert any(line.startswith("2  cooler halls ") for line in steps(found, 66, cut=True))


def test_evidence_is_named_where_there_is_no_room_for_it() -> None:
    found = planned(30.0)
    assert [strength(step) for step in found.path.steps] == ["measured"] * len(found.path.steps)
    assert "Evidence: measured." in words(found, 80)


def test_what_is_alike_is_told_once() -> None:
    some = tuple(lever(name, scales={"token_count": (0.9, 0.85, 0.95)}, days=(4.0, 2.0, 8.0)) for name in "abcd")
    found = planned(1.2, levers=some, refused=())
    said = words(found)
    alike = {step.instead for step in found.path.steps if step.instead}
    assert len(alike) == 1
    assert said.count("As good in the place of") == 1
    assert said.count(" no surer first than ") <= 1


def test_the_cap_is_checked_for_the_plan_that_was_asked_for() -> None:
    found = planned(2.0)
    first, second, third = cap_pipe(found, "run.toml --forbid place --factor 2")
    assert first == "thirdwatt plan run.toml --forbid place --factor 2 --json"
    assert second == "jq .path.scenario"
    assert third.startswith("thirdwatt check - --max-kwh ")
    assert cap_pipe(found)[0] == "thirdwatt plan small-run --factor 2 --json"
    tight = planned(3.0, goal="cost", limits=Limits(cost=1.1, time=1.5))
    assert cap_pipe(tight)[0] == "thirdwatt plan small-run --by cost --max-cost 1.1 --max-time 1.5 --json"
    assert cap_pipe(planned(**CASES["capped"])) == ()
    assert cap_pipe(planned(**CASES["nothing"])) == ()


# --- what is said -------------------------------------------------------------------------------------------------


def test_the_answer_comes_first() -> None:
    found = planned(2.0)
    assert headline(found).startswith("Half of the energy in 2 changes, 9 days of work: 2.1")
    assert text(found, 100).splitlines()[1].startswith(headline(found)[:60])
    assert stops(found) == []
    assert headline(found).endswith(f"; 2 times or more: {100 * found.probability:.0f} % probable.")


def test_a_factor_that_is_not_reached_says_what_stops_it() -> None:
    found = planned(30.0)
    assert not found.reached
    said = words(found)
    assert "No path reaches 1/30 of the energy" in said
    assert "all that goes together of what is on offer comes to" in said
    assert "1 change cannot be priced until something is known (padding)" in said
    assert "1 change of unknown quality is off (--allow something-odd)" in said
    assert "1 change is forbidden (not this)" in said


def test_limits_that_stop_it_are_named() -> None:
    said = " ".join(stops(planned(**CASES["no way"])))
    assert "nothing stays within the limits; without them it goes to" in said
    slow = planned(3.0, levers=(SLOWER,), refused=(), limits=Limits(time=1.07))
    assert headline(slow).endswith("within 107 % of today's time: nothing on offer saves any of it.")
    assert "the limits: without them it goes to" in stops(slow)[0]
    assert "within the limits" in words(slow)
    both = planned(5.0, levers=(DEDUP, SLOWER), refused=(), limits=Limits(cost=0.51))
    assert headline(both).startswith(
        "No path reaches a fifth of the energy within 51 % of today's cost: the farthest, 1 change, "
    )
    assert "the limits: without them it goes to" in stops(both)[0]
    assert "limits" not in " ".join(stops(planned(5.0, levers=(DEDUP, SLOWER), refused=())))


def test_the_front_is_told_by_some_of_its_points() -> None:
    found = planned(3.0, levers=(DEDUP, SLOWER), refused=())
    assert len(found.found.front) > 1
    said = text(found, 100, whole=True)
    assert sum(line.startswith("  energy ") for line in said.splitlines()) == len(found.found.front)
    few = [line for line in text(found, 100).splitlines() if line.startswith("  energy ")]
    assert 0 < len(few) <= 5
    assert "leaner and slower" in few[0]


def test_nothing_on_offer_is_told() -> None:
    for name in ("nothing", "none on offer"):
        found = planned(**CASES[name])
        assert headline(found) == "No path leads toward a third of the energy: nothing on offer saves any of it."
        assert "then draw" not in words(found)


def test_every_boundary_has_its_factor() -> None:
    found = planned(30.0)
    said = by_boundary(found)
    for name, value in found.path.boundaries.items():
        assert times(value) in said, name
    assert "at the accelerators is" in said
    assert "boundary facility" in words(found).lower()


def test_draws_that_were_not_made_give_no_probability() -> None:
    found = planned(**CASES["not drawn"])
    assert "draws" not in headline(found)
    assert "90 %" not in headline(found)
    assert document(found)["probability"] is None


def test_what_a_cap_banks() -> None:
    assert "possibly re-spent: thirdwatt plan run.toml --json | jq .path.scenario | thirdwatt check - --max-kwh" in (
        words(planned(2.0))
    )
    found = planned(**CASES["capped"])
    assert found.banked_kwh is not None
    assert "Banked by a cap of 10 MWh that is kept" in words(found)
    assert "--max-usd" in words(planned(**CASES["cost"]))
    assert "--max-kg" in words(planned(**CASES["carbon"]))


def test_a_limit_on_what_is_not_known_is_told() -> None:
    found = planned(2.0, source="gpt-4o", levers=(COOLING,), limits=Limits(cost=1.1))
    unknown = found.path.before.totals["cost_usd"] is None
    assert ("no_limit" in [each.code for each in warnings(found)]) == unknown


def test_a_search_that_was_cut_short_says_so() -> None:
    found = planned(**CASES["cut short"])
    assert "combinations, all up to" in words(found)
    assert document(found)["search"]["complete_to_days"] is not None
    assert "all there are" in words(planned(3.0))


def test_what_steps_rule_out_and_what_ties_is_told() -> None:
    found = planned(30.0)
    taken = {change.lever.id for step in found.path.steps for change in step.changes}
    assert FILTER.id in taken
    assert LESS.id not in taken
    assert "rules out less text" in words(found)
    two = (DEDUP, lever("as good", scales={"token_count": (0.5, 0.4, 0.65)}, days=(4.0, 2.0, 10.0)))
    tied = planned(4.0, levers=two)
    assert tied.path.steps[0].tied
    assert f"1 is no surer first than {tied.path.steps[0].tied[0]}." in words(tied)


@pytest.mark.parametrize(("value", "said"), [(0.5, "50 %"), (-0.02, "-2.0 %"), (0.0, "0 %"), (-1e-5, "<0.1 %")])
def test_parts_below_nothing(value: float, said: str) -> None:
    assert less(value) == said


def test_small_words() -> None:
    assert times(2.9996, 3.0) == "2.9996"
    assert ceiling(12_512_345.6) == "12600000"
    assert float(ceiling(3.4999)) >= 3.4999
    assert spread_out([], 3) == []


# --- as data ------------------------------------------------------------------------------------------------------


def test_the_document_keeps_to_its_schema(plan: Plan) -> None:
    found = json.loads(dumped(document(plan)))
    jsonschema.validate(found, schema("plan"))
    assert found["reached"] == (found["path"]["factor"]["value"] >= found["factor"] * (1 - 1e-9))
    ratio = 1.0
    for step in found["path"]["steps"]:
        ratio *= step["ratio"]
    assert 1 / ratio == pytest.approx(found["path"]["factor"]["value"])
    assert sum(step["share"] for step in found["path"]["steps"]) == pytest.approx(float(bool(found["path"]["steps"])))
    assert found["today"]["goal"]["value"] - found["path"]["saving"]["value"] == pytest.approx(
        found["path"]["goal"]["value"]
    )


def test_each_step_goes_through_estimate_and_gives_the_same_numbers(plan: Plan) -> None:
    found = json.loads(dumped(document(plan)))
    runs = [found["today"], *found["path"]["steps"], found["path"]]
    for run in runs:
        ledger = thirdwatt.estimate(run["scenario"], samples=found["samples"], seed=found["seed"])
        assert {name: three(each) for name, each in ledger.totals.items()} == run["totals"]


def test_the_same_question_gives_the_same_bytes() -> None:
    one = dumped(document(planned(2.0)))
    again = dumped(document(planned.__wrapped__(2.0)))
    assert one == again


def test_what_a_tonne_costs_is_its_cost_over_its_carbon() -> None:
    for each in document(planned(30.0))["alone"]:
        saves = each["saves"]
        if each["usd_per_t"] is not None:
            assert each["usd_per_t"] == pytest.approx(-saves["cost_usd"] / saves["carbon_kg"] * 1e3)


def test_the_front_and_the_runners_name_their_levers() -> None:
    found = document(planned(2.0))
    ids = {each.id for each in ALL}
    assert found["front"]
    for point in found["front"]:
        assert {each["id"] for each in point["levers"]} <= ids
        today = found["today"]["totals"]["energy_kwh"]["value"]
        assert point["values"]["energy_kwh"] == pytest.approx(today * point["ratios"]["energy_kwh"])
        assert set(point["ratios"]) == set(point["values"]) <= set(found["path"]["ratios"])
    first = {change["id"] for step in found["path"]["steps"] for change in step["changes"]}
    for runner in found["runners"]:
        assert not first <= {each for step in runner["steps"] for each in step["ids"]}
        assert runner["factor"]["value"] >= 2.0


def test_steps_as_rows(plan: Plan) -> None:
    found = list(csv.DictReader(io.StringIO(written(rows(plan)))))
    assert len(found) == len(plan.path.steps)
    for row, step in zip(found, plan.path.steps, strict=True):
        assert tuple(row) == HEAD
        assert float(row["saving"]) == step.saving.value
        assert float(row["effort_d"]) == step.effort_d[0]
