"""The ledger of a scenario: the essay, sums, cuts, traps and honesty about what is not known."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thirdwatt
from thirdwatt.ledger.book import book
from thirdwatt.ledger.graph import program
from thirdwatt.ledger.pricing import ACCOUNTS
from thirdwatt.quantity import BOUNDARIES, LOSSES
from thirdwatt.scenario import InputError, InsufficientError
from thirdwatt.scenario.read import presets

HOURS = {"cluster.accelerator": "h100-sxm-80gb", "known.accelerator_hours": 1e6, "cluster.count": 1000}


def document(**changes: Any) -> dict[str, Any]:
    return thirdwatt.estimate("gpt-4o", {key.replace("__", "."): value for key, value in changes.items()}).to_dict()


def value(ledger: thirdwatt.Ledger, name: str) -> float:
    total = ledger.of(name)
    assert total is not None, name
    return total.value


def codes(ledger: thirdwatt.Ledger) -> set[str]:
    return {warning.code for warning in ledger.warnings}


# --- published ----------------------------------------------------------------------------------------------------


def test_the_essay() -> None:
    block = thirdwatt.estimate("gpt-4o").formula
    assert (block["power_kw"], block["count"], block["hours"], block["pue"]) == (0.4, 25_000, 1_400, 1.4)
    assert block["energy_kwh"] == pytest.approx(19.6e6, rel=1e-12)
    assert block["carbon_kg"] == pytest.approx(7_546_000, rel=1e-12)
    assert block["boundary"] == "accelerators+facility"
    assert "calibration" not in block


def test_bloom_as_its_authors_count() -> None:
    """arXiv:2211.02001, table 3: 433,196 kWh are 1,082,990 hours at 400 W."""
    ledger = thirdwatt.estimate("bloom-176b", {"known.accelerator_power_w": 400, "boundary": "accelerators"})
    energy = ledger.totals["energy_kwh"]
    assert energy is not None
    assert energy.value == pytest.approx(433_196)
    assert energy.low == energy.high == energy.value


@pytest.mark.parametrize(
    ("preset", "published", "tolerance"),
    [
        ("gpt-3-175b", 1.746e11, 1e-3),
        ("llama-3.1-8b", 8_030_261_248, 0),
        ("llama-3.1-405b", 405_853_388_800, 0),
        ("bloom-176b", 176_247_271_424, 0),
    ],
)
def test_parameters_as_published(preset: str, published: float, tolerance: float) -> None:
    assert value(thirdwatt.estimate(preset, samples=1), "parameter_count") == pytest.approx(published, rel=tolerance)


def test_work_of_gpt_3_is_near_what_was_published() -> None:
    """arXiv:2005.14165, appendix D: 3.14e23 FLOP, attention left out."""
    assert value(thirdwatt.estimate("gpt-3-175b", samples=1), "training_flop") == pytest.approx(3.14e23, rel=0.03)


# --- sums ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", presets())
def test_parts_make_up_their_totals_in_value_and_in_every_sample(preset: str) -> None:
    ledger = thirdwatt.estimate(preset, samples=50)
    for parts, whole in (
        ("component_energy_kwh", "facility_energy_kwh"),
        ("component_cost_usd", "cost_usd"),
        ("component_carbon_kg", "carbon_kg"),
        ("component_carbon_market_kg", "carbon_market_kg"),
        ("component_embodied_kg", "embodied_kg"),
        ("component_water_l", "water_l"),
        ("phase_energy_kwh", "facility_energy_kwh"),
    ):
        if parts == "component_cost_usd" and "accelerator_price_usd" not in ledger.figures:
            assert all(row.cost_usd is None for row in ledger.components)  # nobody sells the chip
            continue
        np.testing.assert_allclose(ledger.values[parts].sum(axis=0), ledger.values[whole], rtol=1e-12, err_msg=parts)
    for number, name in enumerate(("carbon_kg", "carbon_market_kg", "water_l")):
        boundary = ledger.values[f"boundary_{name}"][BOUNDARIES.index("facility")]
        np.testing.assert_allclose(boundary, ledger.values[name], rtol=1e-12, err_msg=str(number))
    assert (ledger.values["component_energy_kwh"] >= 0).all()


@pytest.mark.parametrize("preset", presets())
def test_the_centre_has_the_same_bits_with_and_without_samples(preset: str) -> None:
    alone, drawn = (thirdwatt.estimate(preset, samples=samples).values for samples in (1, 7))
    for name, values in alone.items():
        assert np.array_equal(values[..., 0], drawn[name][..., 0]), name


def test_boundaries_widen() -> None:
    energy = [account["energy_kwh"] for account in thirdwatt.estimate("llama-3.1-8b").boundaries.values()]
    values = [each.value for each in energy if each is not None]
    assert values[0] < values[1] < values[3]
    assert values[0] < values[2] < values[3]


@settings(max_examples=30, deadline=None)
@given(st.floats(1.0, 3.0), st.floats(1.01, 2.0), st.floats(1e2, 1e8))
def test_more_pue_never_costs_less_and_twice_the_hours_take_twice_the_energy(
    pue: float, more: float, hours: float
) -> None:
    changes = {**HOURS, "known.accelerator_hours": hours, "site.pue": pue, "site.tenure": "own"}
    base = thirdwatt.estimate({}, changes, samples=1)
    worse = thirdwatt.estimate({}, {**changes, "site.pue": pue * more}, samples=1)
    longer = thirdwatt.estimate({}, {**changes, "known.accelerator_hours": 2 * hours}, samples=1)
    for name in ("facility_energy_kwh", "carbon_kg", "water_l", "cost_usd"):
        assert value(worse, name) >= value(base, name) * (1 - 1e-12)
    assert value(longer, "accelerators_energy_kwh") == pytest.approx(2 * value(base, "accelerators_energy_kwh"))


# --- what is known ------------------------------------------------------------------------------------------------


def test_known_energy_scales_its_parts() -> None:
    ledger = thirdwatt.estimate("gpt-4o", {"known.facility_energy_kwh": {"value": 3e7, "low": 2.8e7, "high": 3.3e7}})
    np.testing.assert_allclose(
        ledger.values["component_energy_kwh"].sum(axis=0), ledger.values["facility_energy_kwh"], rtol=1e-12
    )
    assert ledger.values["facility_energy_kwh"][0] == 3e7
    assert "scaled_to_known" in codes(ledger)
    assert ledger.formula["calibration"] == pytest.approx(float(ledger.factors["facility_energy_kwh"][0]))


def test_both_meters_give_the_pue() -> None:
    ledger = thirdwatt.estimate({}, {**HOURS, "known.it_energy_kwh": 1e6, "known.facility_energy_kwh": 1.3e6})
    assert value(ledger, "pue") == pytest.approx(1.3)
    assert ledger.values["component_energy_kwh"][:7].sum(axis=0) == pytest.approx(1e6)


def test_a_part_that_exceeds_its_total_is_refused() -> None:
    with pytest.raises(InputError, match="less than those of its parts"):
        thirdwatt.estimate({}, {**HOURS, "known.it_energy_kwh": 1e5, "known.accelerators_energy_kwh": 1e6})


def test_contradictions_carry_both_figures() -> None:
    ledger = thirdwatt.estimate("llama-3.1-8b", {"known.accelerator_hours": 1.46e6, "known.mfu": 0.4})
    (said,) = [warning.text for warning in ledger.warnings if warning.code == "contradiction"]
    assert "0.4" in said
    assert "0.159" in said


def test_what_agrees_is_no_contradiction() -> None:
    first = thirdwatt.estimate("llama-3.1-8b", samples=1)
    changes = {"known.accelerator_hours": value(first, "accelerator_hours"), "known.mfu": value(first, "mfu")}
    assert "contradiction" not in codes(thirdwatt.estimate("llama-3.1-8b", changes, samples=1))


def test_impossible_hours_are_said_to_be() -> None:
    assert "impossible" in codes(thirdwatt.estimate("llama-3.1-8b", {"known.accelerator_hours": 1e5}, samples=1))


def test_unread_knowledge_is_not_silent() -> None:
    assert "unread" in codes(thirdwatt.estimate("gpt-4o", {"known.typical_pue_ratio": 1.3}, samples=1))


def test_hours_alone_are_enough_and_nothing_is_not() -> None:
    ledger = thirdwatt.estimate({}, HOURS)
    assert "undescribed" in codes(ledger)
    assert ledger.totals["tokens_per_s_per_accelerator"] is None
    with pytest.raises(InsufficientError, match=r"workload\.model"):
        thirdwatt.estimate({})
    of_a_step = thirdwatt.estimate("llama-3.1-8b", {"workload.method": "rl"})
    assert of_a_step.totals["energy_kwh"] is None
    assert of_a_step.totals["step_time_s"] is not None
    assert "rates_only" in codes(of_a_step)


def test_observed_rates_replace_models_and_runs_do_not() -> None:
    from thirdwatt.quantity import Observation

    rate = Observation("accelerator_power_w", 500, 490, 510, "W", "measured", "run 1")
    run = Observation("accelerators_energy_kwh", 3, 3, 3, "kWh", "measured", "run 1", "run")
    ledger = thirdwatt.estimate("llama-3.1-8b", observed=[rate, run])
    assert value(ledger, "accelerator_power_w") == 500
    assert value(ledger, "accelerators_energy_kwh") > 1e5
    assert "run_not_used" in {warning.code for warning in ledger.warnings}


# --- traps --------------------------------------------------------------------------------------------------------


def test_pue_multiplies_energy_and_never_embodied_carbon() -> None:
    low, high = (thirdwatt.estimate("gpt-4o", {"site.pue": pue}, samples=1) for pue in (1.1, 1.9))
    assert value(low, "embodied_kg") == value(high, "embodied_kg")
    assert value(low, "it_energy_kwh") == value(high, "it_energy_kwh")
    assert value(high, "facility_energy_kwh") == pytest.approx(value(low, "facility_energy_kwh") * 1.9 / 1.1)


def test_water_on_site_goes_by_it_energy_and_of_the_grid_by_facility_energy() -> None:
    ledger = thirdwatt.estimate("gpt-4o", {"site.wue_l_per_kwh": 2.0, "known.grid_water_l_per_kwh": 3.0}, samples=1)
    expected = 2 * value(ledger, "it_energy_kwh") + 3 * value(ledger, "facility_energy_kwh")
    assert value(ledger, "water_l") == pytest.approx(expected)


def test_contracts_move_the_market_account_alone() -> None:
    plain = thirdwatt.estimate("gpt-4o", samples=1)
    bought = thirdwatt.estimate("gpt-4o", {"site.contracted_share": 1.0}, samples=1)
    assert value(plain, "carbon_market_kg") == value(plain, "carbon_kg")
    assert value(bought, "carbon_market_kg") == 0
    assert value(bought, "carbon_kg") == value(plain, "carbon_kg")


def test_cost_follows_tenure_and_term() -> None:
    cost = {
        tenure: value(thirdwatt.estimate("llama-3.1-8b", {"site.tenure": tenure}, samples=1), "cost_usd")
        for tenure in ("own", "colo", "rented")
    }
    assert len(set(cost.values())) == 3
    rented = thirdwatt.estimate("llama-3.1-8b", {"site.tenure": "rented"}, samples=1)
    assert cost["rented"] == value(rented, "rent_usd_per_accelerator_h") * value(rented, "accelerator_hours")
    spot = thirdwatt.estimate("llama-3.1-8b", {"site.tenure": "rented", "site.term": "spot"}, samples=1)
    work = value(spot, "rent_usd_per_accelerator_h") * value(spot, "accelerator_hours")
    assert value(spot, "cost_usd") == pytest.approx(work)
    scopes = {row.scope for row in rented.components}
    assert scopes == {"scope 3, category 1 (purchased services)"}


# --- figures and their spread -------------------------------------------------------------------------------------


def test_one_sample_is_the_centre_alone() -> None:
    one, many = (thirdwatt.estimate("llama-3.1-8b", samples=samples) for samples in (1, 300))
    for name, total in one.totals.items():
        other = many.totals[name]
        if total is None or other is None:
            assert total is other is None
        else:
            assert total.low == total.high == total.value == other.value
            assert other.low <= other.high


def test_same_seed_same_bytes() -> None:
    first, again, other = (json.dumps(thirdwatt.estimate("gpt-4o", seed=seed).to_dict()) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_shares_of_variance() -> None:
    ledger = thirdwatt.estimate("llama-3.1-8b", samples=4000)
    shares = list(ledger.spread_shares.values())
    assert all(0 <= share <= 1 for share in shares)
    assert ledger.interaction is not None
    assert sum(shares) + ledger.interaction == pytest.approx(1, abs=0.05)
    assert ledger.assumed_share is not None
    assert 0 < ledger.assumed_share < 1
    stated = thirdwatt.estimate("gpt-4o", {"boundary": "accelerators+facility"})
    assert stated.assumed_share == 0


def test_a_scenario_reads_back_from_its_own_ledger() -> None:
    first = thirdwatt.estimate("startup-lora-8xh100")
    again = thirdwatt.estimate(first.to_dict()["scenario"])
    assert again.totals == first.totals


def test_every_input_has_kind_and_source() -> None:
    for row in document()["inputs"]:
        assert row["source"]
        assert row["low"] <= row["value"] <= row["high"]
        assert row["kind"] != "assumed" or row["low"] < row["high"]


# --- nothing, stated ----------------------------------------------------------------------------------------------


def test_no_losses_no_interest_and_checkpoints_that_cost_no_time() -> None:
    lossless = {f"known.{name}_ratio": 0 for name in LOSSES}
    shares = {phase.name: phase.time_share for phase in thirdwatt.estimate("gpt-4o", lossless, samples=1).phases}
    assert sum(shares[name] or 0.0 for name in ("compute", "communication", "bubble")) == pytest.approx(1)
    idle = {
        phase.name: phase.time_share
        for phase in thirdwatt.estimate("gpt-4o", {**lossless, "known.goodput": 0.9}).phases
    }
    assert idle["idle"] == pytest.approx(0.1)
    free = thirdwatt.estimate("gpt-4o", {"known.checkpoint_time_s": 0, "known.interest_share_per_year": 0}, samples=1)
    assert value(free, "checkpoint_ratio") == 0
    assert value(free, "it_recovery_share_per_year") == pytest.approx(1 / value(free, "it_life_year"))


def test_a_parameter_count_without_a_model() -> None:
    stated = {"known": {"parameter_count": 7e9, "accelerator_hours": 1e5}, "cluster": {"count": 64}}
    assert "undescribed" in codes(thirdwatt.estimate(stated, samples=1))


def test_parts_that_cannot_make_up_their_total() -> None:
    with pytest.raises(InputError, match="facility_energy_kwh"):
        thirdwatt.estimate("gpt-4o", {"known.facility_energy_kwh": 1.0, "known.it_energy_kwh": 2.0}, samples=1)


def test_shares_that_chance_alone_gives_are_none() -> None:
    shares = thirdwatt.estimate("llama-3.1-8b").spread_shares
    assert shares["adapter_rank"] == 0
    assert max(shares, key=lambda name: shares[name]) == "typical_mfu_share"


def test_what_is_missing_is_said_where_a_scenario_states_it() -> None:
    ledger = thirdwatt.estimate({"known": {"accelerator_hours": 1e3}}, samples=1)
    assert ledger.lacking("boundary_energy_kwh") == ()
    assert "workload.tokens" in ledger.lacking("trained_token_count")
    bare = replace(ledger, values={}, program=program(book(), {}, ACCOUNTS))
    assert "unknown" not in repr(bare)
    assert "no energy without " in repr(bare)


def test_another_boundary_is_the_same_ledger() -> None:
    facility = thirdwatt.estimate("llama-3.1-8b", samples=50)
    within = facility.within("it")
    assert within.totals == thirdwatt.estimate("llama-3.1-8b", {"boundary": "it"}, samples=50).totals
    assert within.within("facility").totals == facility.totals
    assert facility.within("facility") is facility
    assert within.assumed_share is None
