"""Where to run it: every row is the ledger of the scenario so changed, in order, and nothing is dropped unsaid."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from tests.search.plan import made
from thirdwatt.facts import table
from thirdwatt.facts.prices import offers
from thirdwatt.ledger import estimate, scenario_of
from thirdwatt.ledger.fit import fit
from thirdwatt.scenario import InputError, InsufficientError
from thirdwatt.search.layout import Limits
from thirdwatt.search.machines import without_machine
from thirdwatt.search.places import BREAK_EVEN, ORDERS, OWN, SPOT, TOLD, Place, Places, places
from thirdwatt.search.plan.bench import Bench
from thirdwatt.search.plan.goals import Counted
from thirdwatt.search.today import start

LORA, LLAMA = "startup-lora-8xh100", "llama-3.1-405b"
FEW: dict[str, tuple[str, ...]] = {
    LORA: ("h100-sxm-80gb", "a100-sxm-80gb", "l40s", "tpu-v6e"),
    LLAMA: ("h100-sxm-80gb", "b200-sxm-180gb", "t4"),
}
HOURS_ALONE: dict[str, Any] = {
    "cluster": {"accelerator": "h100-sxm-80gb", "count": 64},
    "known": {"accelerator_hours": 10_000, "facility_energy_kwh": 9_000},
}
SAMPLES = 20


@cache
def found(source: str, by: str = "cost") -> Places:
    return places(source, by=by, accelerators=FEW[source], samples=SAMPLES)


def at(answer: Places, chip: str, vendor: str | None, term: str | None) -> Place:
    return next(each for each in answer.places if (each.accelerator, each.vendor, each.term) == (chip, vendor, term))


# --- a row is a ledger --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", FEW)
def test_a_row_is_the_ledger_of_its_document(source: str) -> None:
    answer = found(source)
    for place in (answer.standing, *answer.places):
        ledger = estimate(json.loads(json.dumps(place.document)), samples=SAMPLES)
        assert {name: ledger.totals[name] for name in TOLD} == place.totals
        assert ledger.scenario.choices["accelerator"] == place.accelerator
        share = ledger.of(BREAK_EVEN)
        assert place.break_even == (None if share is None else pytest.approx(share.value, rel=1e-12))
    for place in answer.places:
        ledger = estimate(place.document, samples=1)
        choices = ledger.scenario.choices
        assert (choices["tenure"], choices.get("vendor")) == (place.tenure, place.vendor)
        assert place.tenure == OWN or choices["term"] == place.term
        assert place.rent == (None if place.tenure == OWN else ledger.figures["rent_usd_per_accelerator_h"])
        assert place.price == (ledger.figures["accelerator_price_usd"] if place.tenure == OWN else None)
        held = fit(ledger)
        assert held is not None
        assert held.fits == place.fits


def test_a_row_is_what_estimate_says_of_that_chip_vendor_term_and_layout() -> None:
    """A scenario of which nothing is known as a whole is changed in what makes the place alone."""
    answer = found(LLAMA)
    assert {each.accelerator for each in answer.places} == {"h100-sxm-80gb", "b200-sxm-180gb"}
    for place in answer.places:
        changes = {f"layout.{name}": value for name, value in place.document["layout"].items()}
        changes |= {"cluster.accelerator": place.accelerator, "site.tenure": place.tenure}
        if place.accelerator != "h100-sxm-80gb":
            changes |= {"cluster.network": None}
        if place.tenure != OWN:
            changes |= {"site.vendor": place.vendor, "site.term": place.term}
        ledger = estimate(LLAMA, changes, samples=1)
        for name in TOLD:
            total, other = place.totals[name], ledger.totals[name]
            assert total is not None
            assert other is not None
            assert total.value == pytest.approx(other.value, rel=1e-9)


def test_a_run_in_rates_is_not_restated() -> None:
    begun = start(scenario_of(LORA), samples=SAMPLES, seed=0)
    again = places(begun, accelerators=FEW[LORA])
    assert again == found(LORA)


def test_the_scenario_stands_in_the_table_as_it_is() -> None:
    answer = found(LORA)
    ledger = estimate(LORA, samples=SAMPLES)
    assert answer.standing.totals == {name: ledger.totals[name] for name in TOLD}
    cost = ledger.totals["cost_usd"]
    assert cost is not None
    less = [each for each in answer.places if each.totals["cost_usd"].value < cost.value]  # type: ignore[union-attr]
    assert answer.better == len(less) > 0
    assert (answer.standing.tenure, answer.standing.vendor, answer.standing.term) == ("rented", None, "on-demand")


def test_the_run_itself_takes_no_less_than_it_takes() -> None:
    """Rates are rounded, and a place that takes as much is no better for it."""
    for by in ("energy", "time"):
        answer = places(LORA, by=by, accelerators=("h100-sxm-80gb",), samples=1)
        assert answer.better == 0


def test_figures_for_a_million_tokens() -> None:
    place = found(LORA).places[0]
    cost = place.totals["cost_usd"]
    assert cost is not None
    assert place.tokens == 300e6
    assert place.per_million("cost_usd") == pytest.approx(cost.value / 300)


def test_all_vendors_and_terms_of_a_chip_are_told_once() -> None:
    answer = found(LORA)
    for chip in FEW[LORA]:
        told = [(each.vendor, each.term) for each in answer.places if each.accelerator == chip]
        asked = {
            (each.vendor, each.term)
            for term in ("on-demand", "reserved-1y", "reserved-3y", "spot")
            for each in offers(chip, None, term)
        }
        assert len(told) == len(set(told))
        left = {(each.vendor, each.term) for each in answer.left_out if each.accelerator == chip}
        of_table = {tuple(row.split("/")[1:3]) for row in table("prices").rows if row.startswith(f"{chip}/")}
        assert {*told, *left} - {(None, None), (None, OWN)} == of_table
        assert {each for each in told if each[0] is not None} == {each for each in asked if each[0] != "market-index"}
        layouts = {tuple(sorted(each.document["layout"].items())) for each in answer.places if each.accelerator == chip}
        assert len(layouts) == 1


# --- order --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ORDERS)
def test_rows_are_in_order(by: str) -> None:
    values = [each.totals[ORDERS[by]].value for each in found(LORA, by).places]  # type: ignore[union-attr]
    assert values == sorted(values)
    assert found(LORA, by).best is found(LORA, by).places[0]


def test_places_that_take_as_long_are_in_the_order_of_their_cost() -> None:
    alike = [each for each in found(LORA, "time").places if each.accelerator == "l40s" and each.term == "on-demand"]
    costs = [each.totals["cost_usd"].value for each in alike]  # type: ignore[union-attr]
    assert len({each.totals["wall_time_h"].value for each in alike}) == 1  # type: ignore[union-attr]
    assert costs == sorted(costs)
    assert len(costs) > 5


def test_a_layout_is_for_what_is_asked() -> None:
    for by in ("energy", "time"):
        best = {each.accelerator: each.totals[ORDERS[by]].value for each in reversed(found(LLAMA, by).places)}  # type: ignore[union-attr]
        for each in found(LLAMA, "energy" if by == "time" else "time").places:
            other = each.totals[ORDERS[by]]
            assert other is not None
            assert best[each.accelerator] <= other.value * (1 + 1e-9)


# --- spot ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", FEW)
def test_spot_takes_longer_by_what_is_redone(source: str) -> None:
    answer = found(source)
    spots = [each for each in answer.places if each.term == SPOT]
    assert spots
    for spot in spots:
        steady = next(
            each.totals["wall_time_h"]
            for each in answer.places
            if each.accelerator == spot.accelerator and each.term == "on-demand"
        )
        hours, cost, redone = spot.totals["wall_time_h"], spot.totals["cost_usd"], spot.redone
        assert hours is not None
        assert steady is not None
        assert cost is not None
        assert redone is not None
        assert hours.value > steady.value
        assert redone.wall_time_h == pytest.approx(hours.value - steady.value)
        assert spot.rent is not None
        assert redone.cost_usd == pytest.approx(spot.rent.value * redone.wall_time_h * spot.count)
    assert all(each.redone is None for each in answer.places if each.term != SPOT)


# --- what is known ------------------------------------------------------------------------------------------------


def test_the_run_itself_is_among_its_places() -> None:
    """Where a chip has the layout that it has today, the run there takes what its owner says."""
    answer = found(LORA)
    there = at(answer, "h100-sxm-80gb", "lambda", "on-demand")
    for name in ("wall_time_h", "energy_kwh", "carbon_kg"):
        here, same = answer.standing.totals[name], there.totals[name]
        assert here is not None
        assert same is not None
        assert same.value == pytest.approx(here.value, rel=1e-6)
    assert "turned_into_rates" in {note.code for note in answer.notes}


@pytest.mark.parametrize("known", [{"accelerator_hours": 25.0}, {"mfu": 0.2}, {"tokens_per_s_per_accelerator": 4000.0}])
def test_what_is_known_of_the_hours_goes_along_in_proportion(known: dict[str, float]) -> None:
    chips = ("h100-sxm-80gb", "l40s")
    plain = places(LORA, set={"known.mfu": None}, accelerators=chips, samples=1)
    stated = places(LORA, set={"known": known}, accelerators=chips, samples=1)
    ratios = [
        at(stated, chip, "runpod", "on-demand").totals["wall_time_h"].value  # type: ignore[union-attr]
        / at(plain, chip, "runpod", "on-demand").totals["wall_time_h"].value  # type: ignore[union-attr]
        for chip in chips
    ]
    assert ratios[0] == pytest.approx(ratios[1])
    assert abs(ratios[0] - 1) > 0.05


def test_what_is_known_of_the_draw_goes_along_in_proportion() -> None:
    answer = places(LORA, set={"known.accelerator_power_w": 400.0}, accelerators=("l40s",), samples=1)
    begun = start(scenario_of(LORA, {"known.accelerator_power_w": 400.0}), samples=1, seed=0)
    usual = table("generations").rows["ada"].figures["accelerator_load_ratio"]
    stated = at(answer, "l40s", "runpod", "on-demand").document["known"]["accelerator_load_ratio"]
    assert stated["value"] == pytest.approx(usual.value * begun.of_machine["accelerator_load_ratio"])
    assert stated["low"] == pytest.approx(usual.low * begun.of_machine["accelerator_load_ratio"])


def test_a_plan_puts_the_same_machines_in() -> None:
    """A place by energy has the cluster, the layout and the draw of a plan's move to that chip."""
    begun = start(scenario_of(LORA), samples=1, seed=0)
    answer = places(begun, by="energy", accelerators=("a100-sxm-80gb", "l40s"))
    chips = ("l40s", "a100-sxm-80gb")
    moves = [made.sets(chip, {**without_machine(begun.ledger), "cluster.accelerator": chip}) for chip in chips]
    bench = Bench(begun, (made.lever("chip", *moves),), Counted(begun.ledger.boundary))
    for way, chip in enumerate(chips, start=1):
        document = bench.document((way,))
        assert not isinstance(document, str)
        place = at(answer, chip, "runpod", "on-demand").document
        assert {name: place[name] for name in ("workload", "cluster", "layout", "known")} == {
            name: document[name] for name in ("workload", "cluster", "layout", "known")
        }


def test_a_stated_rent_is_that_of_the_scenario_alone() -> None:
    answer = places(LORA, set={"site.rent_usd_per_h": 0.01}, accelerators=("h100-sxm-80gb",), samples=SAMPLES)
    stated = answer.standing.totals["cost_usd"]
    assert stated is not None
    assert answer.standing.month is None
    assert answer.better == 0
    before = {(each.vendor, each.term): each.totals for each in found(LORA).places if each.accelerator.startswith("h")}
    assert {(each.vendor, each.term): each.totals for each in answer.places} == before


def test_what_is_known_of_a_chip_stays_with_it() -> None:
    kept = {"known.accelerator_price_usd": 1.0, "cluster.power_cap_w": 350, "known.matmul_share": 0.5}
    answer = places(LORA, set=kept, accelerators=("h100-sxm-80gb", "l40s"), samples=SAMPLES)
    own, other = at(answer, "h100-sxm-80gb", None, None), at(answer, "l40s", None, None)
    assert own.price is not None
    assert own.price.value == 1.0
    assert own.document["cluster"]["power_cap_w"] == 350
    assert own.document["known"]["matmul_share"] == {"value": 0.5}
    assert other.price == table("accelerators").rows["l40s"].figures["accelerator_price_usd"]
    assert "power_cap_w" not in other.document["cluster"]
    assert "matmul_share" not in other.document["known"]
    said = next(note.text for note in answer.notes if note.code == "set_aside")
    assert all(path in said for path in ("known.accelerator_price_usd", "cluster.power_cap_w", "known.matmul_share"))


def test_hours_alone_are_carried_by_what_is_usual_on_each_chip() -> None:
    chips = ("h100-sxm-80gb", "a100-sxm-80gb")
    answer = places(HOURS_ALONE, accelerators=chips, samples=SAMPLES)
    assert "not_laid_out" in {note.code for note in answer.notes}
    assert all(each.fits is None for each in answer.places)
    assert len({each.vendor for each in answer.places}) > 10
    ledger = estimate(HOURS_ALONE, samples=1)
    goodput = ledger.of("goodput")
    assert goodput is not None
    for place in answer.places:
        hours, energy = place.totals["accelerator_hours"], place.totals["energy_kwh"]
        assert hours is not None
        assert energy is not None
        more = 1 + 0.1 * goodput.value if place.term == SPOT else 1.0
        if place.accelerator == "a100-sxm-80gb":
            there, here = (
                table("accelerators").rows[chip].figures["accelerator_peak_flop_per_s@bf16"] for chip in chips[::-1]
            )
            usual, own = (
                table("generations").rows[each].figures["typical_mfu_share@bf16"] for each in ("ampere", "hopper")
            )
            more *= here.value * own.value / (there.value * usual.value)
        elif place.tenure == "rented":
            assert energy.value == pytest.approx(9_000 * more, rel=2e-3)
        assert hours.value == pytest.approx(10_000 * more)


def test_work_without_an_architecture_is_told_at_usual_utilisation() -> None:
    work = {"workload": {"flop": 1e21}, "cluster": {"accelerator": "a100-sxm-80gb", "count": 8}}
    answer = places(work, accelerators=("a100-sxm-80gb", "h100-sxm-80gb"), samples=SAMPLES)
    assert "not_laid_out" in {note.code for note in answer.notes}
    place = at(answer, "h100-sxm-80gb", "lambda", "on-demand")
    assert place.fits is None
    assert "layout" not in place.document


def test_an_instance_gives_way_to_another_chip_and_its_number_stays() -> None:
    rented = {
        "workload": {"model": "llama-3.1-8b", "method": "sft", "adapter": "lora", "tokens": 1e8},
        "cluster": {"instance": "aws:p5.48xlarge"},
    }
    answer = places(rented, accelerators=("h100-sxm-80gb", "l40s"), samples=SAMPLES)
    same = answer.standing
    assert (same.count, same.vendor) == (8, "aws")
    assert {each.count for each in answer.places} == {8}
    for place in answer.places:
        cluster = place.document["cluster"]
        assert ("instance" in cluster) == (place.accelerator == "h100-sxm-80gb")
        assert place.accelerator == "h100-sxm-80gb" or cluster["count"] == 8


def test_a_number_that_nobody_states_grows_until_the_job_fits() -> None:
    tune = {"workload": {"model": "llama-3.1-70b", "method": "sft", "tokens": 1e8}}
    answer = places(tune, accelerators=("h100-sxm-80gb", "l4"), samples=SAMPLES)
    counts = {each.accelerator: each.count for each in answer.places}
    assert 8 <= counts["h100-sxm-80gb"] < counts["l4"]
    ledger = estimate(at(answer, "l4", "aws", "on-demand").document, samples=1)
    count, used = ledger.of("accelerator_count"), ledger.of("memory_used_ratio")
    assert count is not None
    assert count.value == counts["l4"]
    assert used is not None
    assert used.value <= 1


def test_machines_that_are_larger_than_the_run_are_said() -> None:
    one = places(LORA, set={"cluster.count": 1}, accelerators=("h200-sxm-141gb",), samples=SAMPLES)
    assert at(one, "h200-sxm-141gb", "aws", "on-demand").sold_by == 8
    assert at(one, "h200-sxm-141gb", "vast", "on-demand").sold_by is None
    assert all(each.sold_by is None for each in found(LORA).places)


# --- what is left out ---------------------------------------------------------------------------------------------


def why(answer: Places, chip: str, vendor: str | None = None, term: str | None = None) -> tuple[str, str]:
    return next(
        (each.kind, each.reason)
        for each in answer.left_out
        if (each.accelerator, each.vendor, each.term) == (chip, vendor, term)
    )


def test_reasons_for_what_is_left_out() -> None:
    kind, reason = why(found(LLAMA), "t4")
    assert kind == "unable"
    assert "no bf16" in reason
    kind, reason = why(found(LLAMA), "h100-sxm-80gb", "fluidstack", "on-demand")
    assert kind == "gone"
    assert "2023-10" in reason
    assert why(found(LLAMA), "h100-sxm-80gb", "market-index", "reserved-1y")[0] == "average"
    few = places(LLAMA, set={"cluster.count": 8, "layout": {}}, accelerators=("l4", "trainium3"), samples=SAMPLES)
    assert not few.places
    assert few.best is None
    kind, reason = why(few, "l4")
    assert kind == "no_fit"
    assert "on 8 of them: does not fit into the memory" in reason
    assert why(few, "trainium3")[0] == "no_price"


def test_a_limit_that_no_layout_keeps_is_a_reason() -> None:
    answer = places(LORA, accelerators=("l40s",), limits=Limits(wall_time_h=1e-3), samples=SAMPLES)
    kind, reason = why(answer, "l40s")
    assert kind == "no_fit"
    assert "on 8 of them" in reason


def test_a_price_to_buy_at_that_nobody_knows() -> None:
    answer = places(LORA, accelerators=("tpu-v7",), samples=SAMPLES)
    assert all(each.tenure == "rented" for each in answer.places)
    assert why(answer, "tpu-v7", None, OWN)[0] == "no_price"


def test_wrong_questions_are_refused_with_every_mistake() -> None:
    with pytest.raises(InputError) as caught:
        places(LORA, by="wisdom", accelerators=("h100-sxm-80gb", "h1000"))
    assert [each.path for each in caught.value.mistakes] == ["accelerators", "by"]
    step = {
        "workload": {"transformer": {"layers": 2, "hidden": 64, "heads": 4, "ffn": 256, "vocab": 100, "seq_len": 64}}
    }
    with pytest.raises(InsufficientError, match="state workload"):
        places(step)


def test_progress_ends_with_all_chips() -> None:
    seen: list[tuple[int, int]] = []
    places(LORA, accelerators=FEW[LORA], samples=1, progress=lambda done, whole: seen.append((done, whole)))
    assert seen[-1] == (4, 4)
    assert all(done <= whole == 4 for done, whole in seen)


def test_what_is_stated_of_lost_work_is_of_spot_machines_alone() -> None:
    lost = {"site.term": SPOT, "known": {"lost_work_ratio": 0.5}}
    answer = places(LORA, set=lost, accelerators=("h100-sxm-80gb",), samples=SAMPLES)
    spot = at(answer, "h100-sxm-80gb", "crusoe", SPOT)
    steady = at(answer, "h100-sxm-80gb", "crusoe", "on-demand")
    goodput = estimate(steady.document, samples=1).of("goodput")
    assert goodput is not None
    hours, least = spot.totals["wall_time_h"], steady.totals["wall_time_h"]
    assert hours is not None
    assert least is not None
    assert "lost_work_ratio" not in steady.document["known"]
    assert hours.value / least.value == pytest.approx(1 + 0.5 * goodput.value)


# --- chips that are in no table -----------------------------------------------------------------------------------


@pytest.mark.parametrize("section", ["blueprint", "datasheet"])
def test_a_chip_of_ones_own_is_no_row_of_the_one_it_is_used_like(section: str) -> None:
    own = {section: {"based_on": "h100-sxm-80gb", "name": "mine"}}
    run: dict[str, Any] = {"workload": {"model": "llama-3.1-8b"}, "site": {"tenure": "own"}, "cluster": {"count": 64}}
    answer = places({**run, **own}, accelerators=["h100-sxm-80gb", "a100-sxm-80gb"], samples=SAMPLES)
    assert answer.standing.accelerator == "mine"
    assert {each.accelerator for each in answer.places} == {"h100-sxm-80gb", "a100-sxm-80gb"}
    for each in answer.places:
        assert section not in each.document
        assert scenario_of(dict(each.document)).on_sale
