"""What levers save beside what was published: some ratios by hand, every lever with a row or a reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache

import pytest

from thirdwatt.facts import sources, table
from thirdwatt.ledger import Ledger, Total, estimate
from thirdwatt.ledger.book import book
from thirdwatt.ledger.ledger import TOTALS
from thirdwatt.search.levers import levers
from thirdwatt.validation.lever_scores import (
    BOUND,
    FITTED,
    KINDS,
    NOT_COMPARED,
    NOT_HELD,
    PREDICTED,
    Held,
    Row,
    documents,
    lever_answers,
    predicted,
    rows,
)
from thirdwatt.validation.score import lever_scores
from thirdwatt.validation.steps import steps

ROWS = {row.id: row for row in rows()}


@cache
def held(name: str) -> Held:
    """One row with what the ledger gives for it."""
    return Held(ROWS[name], predicted(ROWS[name], 50))


def value(name: str) -> float:
    return held(name).predicted.value


def figure(ledger: Ledger, quantity: str) -> float:
    found = ledger.of(quantity)
    assert found is not None
    return found.value


# --- the table ----------------------------------------------------------------------------------------------------


def test_every_lever_has_a_row_or_a_reason() -> None:
    taken = {lever for row in rows() for lever in row.lever.split("+")}
    assert taken.isdisjoint(NOT_HELD)
    assert taken | set(NOT_HELD) == {lever.id for lever in levers()}


def test_rows_have_sources_kinds_and_ranges() -> None:
    assert max(Counter(row.id for row in rows()).values()) == 1
    for row in rows():
        assert row.source in sources(), row.id
        assert row.kind in KINDS, row.id
        assert row.low <= row.published <= row.high, row.id
        assert TOTALS.get(row.quantity, row.quantity) in {*book().formulas, *book().names}, row.id
        assert row.boundary, row.id
        assert row.note, row.id


def test_what_lent_the_tables_a_figure_is_no_prediction() -> None:
    lent = (row.figures.values() for name in ("constants", "hosts") for row in table(name))
    lenders = {figure.source for figures in lent for figure in figures}
    for row in rows():
        if row.source in lenders - {"definition", "thirdwatt"} and row.lever in ("clock", "mutransfer"):
            assert row.kind == FITTED, row.id
    fitted = {step.id for step in steps() if not step.unfitted}
    for row in rows():
        if row.on.startswith("step:"):
            assert (row.kind == FITTED) is (row.on.removeprefix("step:") in fitted), row.id


def test_what_is_not_compared_has_a_reason() -> None:
    assert all(NOT_COMPARED.values())
    assert all(NOT_HELD.values())


def test_evidence_that_is_second_hand_says_so_in_levers_as_in_rows() -> None:
    """A row that rests on another's account of a source has no lever that calls the same source measured."""
    marked = [row for row in rows() if "second-hand" in row.note or "quoted" in row.note]
    assert len(marked) >= 10
    evidence = {lever.id: lever.evidence for lever in levers()}
    for row in marked:
        for each in (each for name in row.lever.split("+") for each in evidence[name]):
            if sources()[row.source]["locator"] in each.source:
                assert each.strength == "second-hand", row.id


def test_experts_in_8_bit_are_as_unsure_beside_16_bit_as_published_steps_are_apart() -> None:
    """Twins of one layout are 22 % apart about the model, which draws of one factor for both hid."""
    assert held("megatron-bridge-fp8-093").covered
    assert held("megatron-bridge-fp8-094").covered
    for name in ("megatron-bridge-fp8-093", "megatron-bridge-fp8-094", "megatron-bridge-fp8-237"):
        found = held(name).predicted
        assert found.high / found.low > 1.8
        assert found.high < 1  # some of it is surely saved


# --- ratios by hand -----------------------------------------------------------------------------------------------


def test_packing_leaves_two_in_a_thousand() -> None:
    assert value("bert-phase-2-packing") == pytest.approx((1 - 0.5) / (1 - 0.002), rel=1e-3)
    assert held("bert-phase-2-packing").inside


def test_27_trials_cost_four() -> None:
    assert value("halving-27-trials") == pytest.approx(4 / 27)


def test_dclm_is_six_times_parameters_times_tokens() -> None:
    assert value("dclm-llama-3-8b") == pytest.approx(6.89 * 2.6 / (8.03 * 15), rel=1e-3)


def test_carbon_of_two_places_is_that_of_their_grids_and_halls() -> None:
    name, places = "grid_intensity_kg_per_kwh@direct", ("gcp:us-west1", "gcp:us-central1")
    oregon, iowa = (table("grids").rows[place].figures for place in places)
    pue = "typical_pue_ratio"
    by_hand = oregon[name].value * oregon[pue].value / (iowa[name].value * iowa[pue].value)
    assert value("google-one-country") == pytest.approx(by_hand, rel=1e-3)


def test_a_cap_leaves_the_cube_root_of_what_switching_may_draw() -> None:
    before, after = (estimate(document, samples=1, also=("clock_ratio", "work_power_w"))
                     for document in documents(ROWS["zeus-v100-150w-energy"]))  # fmt: skip
    static, work = before.figures["static_power_ratio"].value, figure(before, "work_power_w")
    assert figure(before, "clock_ratio") == 1
    assert figure(after, "clock_ratio") == pytest.approx(((150 / work - static) / (1 - static)) ** (1 / 3))


def test_warm_water_saves_the_building_and_fans() -> None:
    of_pue = 1.08 / 1.54
    assert 0.85 * of_pue < value("warm-water-halls") < of_pue


def test_a_lever_on_a_step_is_the_step_with_it() -> None:
    """In fp4 it is the very scenario whose time was published too."""
    by_id = {step.id: step for step in steps()}
    wide, narrow = (figure(estimate(by_id[name].scenario, samples=1, also=("modelled_step_s",)), "modelled_step_s")
                    for name in ("mbridge-131", "mbridge-129"))  # fmt: skip
    assert value("megatron-bridge-fp4-eight-parts") == pytest.approx(narrow / wide)


def test_experts_of_glam_take_half_of_the_work() -> None:
    assert held("glam-flop").inside
    assert value("glam-flop-by-lever") == pytest.approx(0.545, abs=0.005)


def test_adapters_in_the_same_layout_keep_it() -> None:
    before, after = documents(ROWS["lora-gpt-3-speed"])
    assert after["layout"] == before["layout"]
    assert after["workload"]["adapter"] == "lora"


def test_one_clock_for_all_is_no_clock_by_stage() -> None:
    """What is said of Perseus: 6 % less for 4 % more time."""
    row = Row(
        id="clock", lever="clock", way="95%", on="", before="workload.model=gpt-3-175b; "
        "cluster.accelerator=v100-sxm-32gb; cluster.count=10000", after="", quantity="accelerators_energy_kwh",
        published=0.7, low=0.7, high=1, boundary="", source="", kind=BOUND, note="",
    )  # fmt: skip
    assert predicted(row, 1).value == pytest.approx(0.94, abs=0.005)
    assert predicted(replace(row, quantity="accelerator_hours"), 1).value == pytest.approx(1.04, abs=0.005)


# --- how it is made -----------------------------------------------------------------------------------------------


def test_draws_are_shared_so_that_nothing_done_is_one() -> None:
    row = replace(ROWS["zeus-v100-150w-time"], after="cluster.clock=1.0")
    assert predicted(row, 50) == Total(1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"way": "12%"}, "has no way '12%', but ''"),
        ({"before": "workload.model=bert-large"}, "thirdwatt data scan"),
    ],
)
def test_a_lever_that_cannot_be_taken_says_why(changes: dict[str, str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        predicted(replace(ROWS["bert-phase-2-packing"], **changes), 1)  # type: ignore[arg-type]


def test_inside_and_held_are_two_questions() -> None:
    row = replace(ROWS["halving-27-trials"], published=0.5, low=0.4, high=0.6)
    assert not Held(row, Total(0.61, 0.4, 0.8)).inside
    assert Held(row, Total(0.61, 0.4, 0.8)).covered
    assert Held(row, Total(0.55, 0.51, 0.8)).inside
    assert not Held(row, Total(0.55, 0.51, 0.8)).covered
    assert Held(row, Total(0.55, 0.51, 0.8)).error == pytest.approx(0.1)


# --- scores -------------------------------------------------------------------------------------------------------


def test_bounds_are_no_errors() -> None:
    found = [Held(row, Total(0.9, 0.8, 1.0)) for row in rows()]
    asked = {case.run for case, _, _ in lever_answers(found)}
    assert asked == {row.id for row in rows() if row.kind != BOUND}
    assert all(baseline == 1 for _, _, baseline in lever_answers(found))


def test_scores_are_by_kind_and_the_worst_is_named() -> None:
    names = ("zeus-v100-150w-time", "mcdonald-150w-time", "megatron-micro-batch")
    scored = {each.family: each for each in lever_scores(map(held, names))}
    assert (scored[PREDICTED].n, scored[FITTED].n) == (2, 1)
    assert scored[PREDICTED].worst[0] == ("megatron-micro-batch", held("megatron-micro-batch").error)


@pytest.mark.parametrize("name", ["megatron-micro-batch", "zeus-a40-150w-energy", "vertiv-three-quarters-liquid"])
def test_what_is_not_reached_is_not_hidden(name: str) -> None:
    assert not held(name).inside
    assert not held(name).covered
