"""The question and the whole answer, on real runs with all levers there are."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import thirdwatt
from thirdwatt.scenario import InputError, InsufficientError
from thirdwatt.search.plan import plan
from thirdwatt.search.plan.answer import Plan
from thirdwatt.search.plan.offered import FORBIDDEN, OFF, USELESS


@pytest.fixture(scope="module")
def answer() -> Plan:
    return plan("gpt-4o", 1.3, samples=200)


def test_it_reaches_what_it_is_asked_for_or_says_how_far_it_goes(answer: Plan) -> None:
    assert answer.reached
    assert answer.path.factor.value >= 1.3
    far = plan("gpt-4o", 1e6, samples=50)
    assert not far.reached
    assert far.path.factor.value > answer.path.factor.value * 0.99
    assert far.probability == 0
    assert far.found.most is not None
    # it leaves out what hardly adds to the farthest
    assert 1 / far.path.factor.value == pytest.approx(far.found.most.ratios["energy"], rel=0.1)


def test_steps_go_through_estimate_and_give_the_same_numbers(answer: Plan) -> None:
    assert len(answer.documents) == len(answer.path.steps)
    for step, document in zip(answer.path.steps, answer.documents, strict=True):
        again = thirdwatt.estimate(json.loads(json.dumps(document)), samples=200)
        assert again.totals == step.ledger.totals


@pytest.mark.slow
def test_the_same_seed_gives_the_same_plan() -> None:
    one, other = (plan("gpt-4o", 1.3, samples=100, seed=3) for _ in range(2))
    assert one.documents == other.documents
    assert [step.saving for step in one.path.steps] == [step.saving for step in other.path.steps]
    assert [step.share for step in one.path.steps] == [step.share for step in other.path.steps]
    assert one.probability == other.probability
    assert one.found.front == other.found.front


def test_it_never_goes_below_its_floor(answer: Plan) -> None:
    assert answer.floor_kwh is not None
    assert answer.drawn_kwh is not None
    assert answer.drawn_kwh.value >= answer.floor_kwh.value > 0
    far = plan("gpt-4o", 1e6, samples=1)
    assert far.drawn_kwh is not None
    assert far.floor_kwh is not None
    assert far.drawn_kwh.value >= far.floor_kwh.value


def test_rebound_leaves_what_is_not_spent_again(answer: Plan) -> None:
    saved = answer.saving.value
    assert [each.share for each in answer.rebounds] == [0, 0.3, 0.6, 1]
    assert [each.net for each in answer.rebounds] == pytest.approx([saved, 0.7 * saved, 0.4 * saved, 0])


def test_a_saving_is_banked_only_where_a_cap_is_kept(answer: Plan) -> None:
    assert answer.banked_kwh is None
    before, after = (float(each[0]) for each in (answer.path.drawn_before, answer.path.drawn_after))
    for cap, banked in ((after / 2, before - after), ((before + after) / 2, (before - after) / 2), (2 * before, 0.0)):
        assert replace(answer, cap_kwh=cap).banked_kwh == pytest.approx(banked)


def test_what_is_forbidden_is_in_no_path_and_told() -> None:
    found = plan("gpt-4o", 1.2, forbid=["fp8", "run"], samples=1)
    assert {each.lever.id for each in found.refused if each.how == FORBIDDEN} >= {"fp8", "async-checkpoints"}
    assert not {each.lever.group for each in found.levers} & {"run"}


@pytest.mark.slow
def test_what_is_off_can_be_allowed() -> None:
    before = plan("gpt-4o", 3.0, samples=1)
    off = [each.lever.id for each in before.refused if each.how == OFF]
    assert off
    after = plan("gpt-4o", 3.0, samples=1, allow=off)
    assert not [each for each in after.refused if each.how == OFF]


def test_what_changes_nothing_that_is_looked_at_is_told() -> None:
    found = plan("gpt-4o", 1.2, samples=1)
    contracts = [each for each in found.refused if each.lever.id == "contracted-power"]
    assert [each.how for each in contracts] == [USELESS]
    market = plan("gpt-4o", 1.2, by="market", samples=1)
    assert "contracted-power" in {each.lever.id for each in market.levers}


@pytest.mark.slow
def test_limits_hold_in_the_ledger_too() -> None:
    found = plan("gpt-4o", 1.3, max_time=1.0, max_cost=1.0, samples=1)
    for name in ("wall_time_h", "cost_usd"):
        one, other = found.path.before.totals[name], found.path.after.totals[name]
        assert one is not None
        assert other is not None
        assert other.value <= one.value * (1 + 1e-9)


@pytest.mark.slow
def test_development_counts_where_it_is_asked_for() -> None:
    document = {
        "workload": {"parameters": 8e9, "tokens": 1e11},
        "cluster": {"accelerator": "h100-sxm-80gb", "count": 64},
        "development": {"search": "grid", "trials": 30, "trial_share": 0.1},
    }
    whole, alone = (plan(document, 1.5, development=asked, samples=1) for asked in (True, False))
    assert whole.path.drawn_before[0] > 3 * alone.path.drawn_before[0]
    assert "halving" in {each.lever.id for each in whole.levers}
    assert "halving" not in {each.lever.id for each in alone.levers}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"factor": 1.0}, "no saving"),
        ({"factor": float("nan")}, "no saving"),
        ({"by": "time"}, "nothing to save"),
        ({"max_cost": 0.0}, "leaves nothing"),
        ({"max_time": float("nan")}, "leaves nothing"),
        ({"allow": ["fp88"]}, "no lever 'fp88'"),
        ({"forbid": ["machin"]}, "machine"),
        ({"cap_kwh": -1.0}, "no cap"),
    ],
)
def test_a_wrong_question_is_refused(asked: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        plan("startup-lora-8xh100", **asked)  # type: ignore[arg-type]


def test_all_mistakes_at_once() -> None:
    with pytest.raises(InputError) as caught:
        plan("startup-lora-8xh100", 0.5, by="joy", max_cost=-1)
    assert len(caught.value.mistakes) == 3


def test_without_energy_there_is_no_plan() -> None:
    with pytest.raises(InsufficientError):
        plan({"workload": {"transformer": {"layers": 2, "hidden": 128, "heads": 2, "ffn": 512, "vocab": 1000}}})


@pytest.mark.parametrize(
    "preset",
    [
        "gpt-4o",
        "resnet-50",
        *(pytest.param(each, marks=pytest.mark.slow) for each in ("pretrain-7b-256xa100", "dit-xl-2", "deepseek-v3")),
    ],
)
def test_any_run_has_a_plan(preset: str) -> None:
    found = plan(preset, samples=20)
    assert found.path.factor.value >= 1
    assert np.isfinite(found.path.factor.value)
    assert found.reached == (found.path.factor.value >= 3 * (1 - 1e-9))


def test_there_is_no_less_of_nothing() -> None:
    clean = {
        "workload": {"model": "llama-3.1-8b", "tokens": 1e11},
        "cluster": {"accelerator": "h100-sxm-80gb", "count": 64},
        "site": {"intensity_kg_per_kwh": 0},
    }
    with pytest.raises(InputError, match=r"--by: there is nothing to save: the run today takes 0 kg"):
        plan(clean, by="carbon", samples=10)


def test_what_a_better_layout_saves_is_not_known_where_the_one_that_runs_is_not() -> None:
    found = plan("startup-lora-8xh100", samples=10, forbid=["machine", "model", "data", "lifecycle"])
    whys = {each.lever.id: each.why for each in found.refused}
    assert "not stated" in whys["layout"]
    assert "not stated" in whys["micro-batch"]
    lacking = {each.lever.id for each in found.refused if each.lacking}
    assert {"layout", "micro-batch", "idle"} <= lacking
    assert not lacking & {each.lever.id for each in found.refused if each.how == FORBIDDEN}
    assert "recompute" not in lacking  # nothing is recomputed


def test_a_number_of_accelerators_that_is_a_range_leaves_the_factor_as_sure() -> None:
    found = plan("olmo-2-7b", samples=200, forbid=["model", "data", "place", "lifecycle", "run", "arithmetic"])
    assert found.path.factor.low > found.path.factor.value / 2.5


def test_what_hardly_adds_stays_where_a_limit_needs_it() -> None:
    fast = {
        "workload": {"model": "llama-3.1-70b", "tokens": 1e12},
        "cluster": {"accelerator": "h100-sxm-80gb", "count": 512},
        "layout": {"tensor": 8, "pipeline": 4, "micro_batch": 1},
        "known": {"mfu": 0.3, "goodput": 0.6},
        "site": {"region": "us"},
    }
    found = plan(fast, 10.0, max_time=0.5, samples=1, forbid=["data", "place", "lifecycle"])
    assert not found.reached
    assert found.path.drawn_after[0] < found.path.drawn_before[0]
    before, after = (found.counted.drawn(each, "time") for each in (found.path.before, found.path.after))
    assert before is not None
    assert after is not None
    assert after[0] <= 0.5 * before[0] * (1 + 1e-9)


@pytest.mark.parametrize("chip", ["dojo-d1", "board"])
def test_a_cost_that_is_known_only_after_a_change_is_no_saving(chip: str) -> None:
    """Nobody tells the price of the chip, and a path leads to one that is priced."""
    from thirdwatt.cli.options import dumped
    from thirdwatt.report.plan_document import document

    own = {"based_on": "a100-sxm-80gb", "peak_flop_per_s": {"bf16": 200e12}, "tdp_w": 600, "name": "board"}
    peaks = dict.fromkeys(("memory_byte", "link_byte_per_s"), 100000000000.0) | {"memory_byte_per_s": 1e12}
    listed = {"datasheet": {**own, **peaks}} | {"cluster": {"accelerator": "a100-sxm-80gb", "count": 64}}
    del listed["datasheet"]["based_on"]
    cluster = {"cluster": {"accelerator": chip, "count": 64}} if chip != "board" else listed
    found = plan({"workload": {"model": "llama-3.1-8b"}, "site": {"tenure": "own"}, **cluster}, 3.0, samples=20)
    assert found.path.steps
    assert all("cost" not in each.changes for each in found.alone)
    assert "nan" not in dumped(document(found)).lower()
    taken = {change.lever.id: number for number, step in enumerate(found.path.steps) for change in step.changes}
    moved = taken["newer-accelerator"]
    assert all(("datasheet" in each) == (chip == "board") for each in found.documents[:moved])
    assert not any("datasheet" in each for each in found.documents[moved:])
