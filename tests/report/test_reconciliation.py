"""Two numbers: the steps make up the whole difference, whatever is told."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thirdwatt
from thirdwatt.report.reconciliation import STEPS, Reconciliation, largest, reconcile
from thirdwatt.report.sides import DIVISORS, Side, of_account, of_ledger
from thirdwatt.report.waterfall import document, sentence, text
from thirdwatt.scenario import InputError, InsufficientError
from thirdwatt.scenario.accounts import Account, account, codecarbon, model_card
from thirdwatt.scenario.read import presets

FACTORS = ("accelerator_hours", "accelerator_power_w", "machines_ratio", "building_ratio", "grid_intensity_kg_per_kwh")


def side(name: str, factors: dict[str, float], value: float | None = None) -> Side:
    product = 1.0
    for each in factors.values():
        product *= each
    return Side(name, "test", "facility", {"carbon_kg": product if value is None else value}, factors)


CHAINS = st.fixed_dictionaries({name: st.floats(1e-3, 1e6) for name in FACTORS})


@given(CHAINS, CHAINS)
def test_steps_make_up_the_difference_and_nothing_remains(one: dict[str, float], two: dict[str, float]) -> None:
    first, second = side("a", one), side("b", two)
    found = reconcile(first, second, "carbon_kg")
    difference = second.values["carbon_kg"] - first.values["carbon_kg"]
    largest = max(first.values["carbon_kg"], second.values["carbon_kg"])
    assert sum(step.difference for step in found.steps) == pytest.approx(difference, abs=1e-7 * largest)
    assert "not_told" not in [step.quantity for step in found.steps]
    back = reconcile(second, first, "carbon_kg")
    for there, again in zip(found.steps, back.steps, strict=True):
        assert there.difference == pytest.approx(-again.difference, rel=1e-9, abs=1e-9 * largest)


@given(CHAINS, st.floats(1e-3, 1e6))
def test_what_one_side_does_not_tell_is_printed_as_that(one: dict[str, float], value: float) -> None:
    found = reconcile(side("a", one), Side("b", "card", "not told", {"carbon_kg": value}, {}), "carbon_kg")
    told = [step for step in found.steps if step.quantity == "not_told"]
    assert sum(step.difference for step in told) == pytest.approx(
        found.second.values["carbon_kg"] - found.first.values["carbon_kg"]
    )


@pytest.mark.parametrize(
    ("one", "two"), [("gpt-4o", "gpt-3-175b"), ("llama-3.1-405b", "deepseek-v3"), ("resnet-50", "vit-l-16")]
)
@pytest.mark.parametrize("quantity", ["carbon_kg", "energy_kwh"])
def test_ledgers_are_explained_without_a_rest(one: str, two: str, quantity: str) -> None:
    first, second = (of_ledger(thirdwatt.estimate(name, samples=1)) for name in (one, two))
    found = reconcile(first, second, quantity)
    assert "not_told" not in [step.quantity for step in found.steps]
    assert abs(found.residual) < 1e-9 * max(first.values[quantity], second.values[quantity])


def test_boundaries_are_steps_of_their_own() -> None:
    essay = of_ledger(thirdwatt.estimate("gpt-4o", {"boundary": "accelerators+facility"}, samples=1))
    facility = of_ledger(thirdwatt.estimate("gpt-4o", samples=1))
    steps = {step.quantity: step.difference for step in reconcile(essay, facility, "carbon_kg").steps}
    whole = facility.values["carbon_kg"] - essay.values["carbon_kg"]
    assert steps.pop("machines_ratio") == pytest.approx(whole, rel=0.001)
    assert all(abs(change) < 1 for change in steps.values())


def test_more_utilisation_is_less_carbon() -> None:
    low, high = (of_ledger(thirdwatt.estimate("llama-3.1-8b", {"known.mfu": mfu}, samples=1)) for mfu in (0.3, 0.5))
    steps = {step.quantity: step.difference for step in reconcile(low, high, "energy_kwh").steps}
    assert steps["mfu"] < 0
    assert set(DIVISORS) <= STEPS.keys()


COLUMNS = (
    "timestamp,run_id,duration,emissions,energy_consumed,gpu_energy,cpu_energy,ram_energy,gpu_count,tracking_mode,pue"
)
CSV = f"""{COLUMNS}
t0,a,1800,1.0,3.0,2.5,0.3,0.2,8,machine,1.0
t1,a,3600,2.0,6.0,5.0,0.6,0.4,8,machine,1.0
t1,b,3600,1.0,3.0,2.5,0.3,0.2,8,machine,1.0
"""


def test_rows_of_codecarbon_are_running_sums() -> None:
    found = codecarbon("emissions.csv", CSV)
    assert found is not None
    assert found.factors["carbon_kg"] == 3.0
    assert found.factors["accelerator_hours"] == 16
    assert found.factors["accelerators_energy_kwh"] == 7.5
    assert found.factors["it_energy_kwh"] == 9.0
    assert found.factors["grid_intensity_kg_per_kwh"] == pytest.approx(1 / 3)
    assert codecarbon("other.csv", "a,b\n1,2\n") is None


@pytest.mark.parametrize("stated", ["co2_eq_emissions: 1500", "co2_eq_emissions:\n  emissions: 1500\n  source: x"])
def test_model_cards_are_in_grams(stated: str, tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text(f"---\nlicense: mit\n{stated}\n---\n# A model\n")
    found = account(str(path))
    assert found is not None
    assert found.factors == {"carbon_kg": 1.5}
    said = text(reconcile(of_ledger(thirdwatt.estimate("laptop-cpu", samples=1)), of_account(found), "carbon_kg"))
    assert "not told by both" in said
    assert "residual" in said


@pytest.mark.parametrize(
    "card", ["# no front matter", "---\nlicense: mit\n---\n", "---\na: [\n---\n", "---\nco2_eq_emissions: many\n---\n"]
)
def test_cards_that_say_nothing_are_refused(card: str) -> None:
    with pytest.raises(InputError):
        model_card("README.md", card)


def test_a_figure_that_a_side_lacks_is_named() -> None:
    with pytest.raises(ValueError, match="b tells no energy_kwh"):
        reconcile(
            of_ledger(thirdwatt.estimate("gpt-4o", samples=1)),
            Side("b", "card", "not told", {"carbon_kg": 1.0}, {}),
            "energy_kwh",
        )


# --- any two scenarios --------------------------------------------------------------------------------------------

SETTINGS = {
    "boundary": st.sampled_from(["accelerators", "accelerators+facility", "it", "facility"]),
    "site.pue": st.floats(1.01, 2.5),
    "site.intensity_kg_per_kwh": st.one_of(st.just(0.0), st.floats(0.001, 1.5)),
    "site.region": st.sampled_from(["us", "fr", "cn", "de", "in"]),
    "cluster.count": st.integers(1, 30_000),
    "known.mfu": st.floats(0.05, 0.9),
    "known.accelerator_hours": st.floats(1, 1e7),
    "known.accelerators_energy_kwh": st.floats(1, 1e7),
    "known.facility_energy_kwh": st.floats(1, 1e8),
    "known.it_energy_kwh": st.floats(1, 1e7),
    "known.carbon_kg": st.floats(1, 1e8),
}


@st.composite
def sides(draw: st.DrawFn) -> Side | None:
    names = draw(st.lists(st.sampled_from(sorted(SETTINGS)), unique=True, max_size=4))
    stated: dict[str, Any] = {name: draw(SETTINGS[name]) for name in names}
    try:
        return of_ledger(thirdwatt.estimate(draw(st.sampled_from(presets())), stated, samples=1))
    except (InputError, InsufficientError):
        return None


@settings(max_examples=80, deadline=None)
@given(sides(), sides(), st.sampled_from(["carbon_kg", "energy_kwh"]))
def test_steps_of_any_two_scenarios_sum_to_the_difference(one: Side | None, two: Side | None, quantity: str) -> None:
    if one is None or two is None:
        return
    found = reconcile(one, two, quantity)
    larger = max(one.values[quantity], two.values[quantity])
    whole = two.values[quantity] - one.values[quantity]
    assert abs(math.fsum(step.difference for step in found.steps) - whole) <= max(1e-9 * abs(whole), 1e-12 * larger)
    assert not {"not_told", "off_product"} & {step.quantity for step in found.steps}
    assert tidy(found)


def tidy(found: Reconciliation) -> str:
    """The text, which has no signed zero and no residual of floats."""
    said = text(found)
    assert not re.search(r"(?<![\w.])[+-]0(?![.\d])", said), said
    assert "-<" not in said
    assert not [line for line in said.splitlines() if line.startswith("residual") and line.split() != ["residual", "0"]]
    return said


def scenario(name: str, stated: dict[str, Any] | None = None) -> Side:
    return of_ledger(thirdwatt.estimate(name, stated or {}, samples=1))


@pytest.mark.parametrize("known", ["facility_energy_kwh", "it_energy_kwh", "accelerators_energy_kwh"])
def test_a_known_energy_is_a_step_of_its_own(known: str) -> None:
    plain_ledger = thirdwatt.estimate("startup-lora-8xh100", samples=1)
    other = thirdwatt.estimate("startup-lora-8xh100", {f"known.{known}": 50}, samples=1)
    steps = {step.quantity: step for step in reconcile(of_ledger(plain_ledger), of_ledger(other), "carbon_kg").steps}
    assert steps["calibration_ratio"].meaning == "known energy against the product"
    assert steps["calibration_ratio"].second == pytest.approx(other.formula["calibration"])
    assert steps["calibration_ratio"].difference > 0
    assert steps["accelerator_power_w"].second == pytest.approx(1000 * other.formula["power_kw"])
    assert steps["accelerator_power_w"].difference == 0


def test_a_known_carbon_is_a_step_of_its_own() -> None:
    found = reconcile(scenario("laptop-cpu"), scenario("laptop-cpu", {"known.carbon_kg": 50}), "carbon_kg")
    assert [step.quantity for step in found.steps if step.difference] == ["carbon_calibration_ratio"]
    energy = reconcile(scenario("laptop-cpu"), scenario("laptop-cpu", {"known.carbon_kg": 50}), "energy_kwh")
    assert all(step.difference == 0 for step in energy.steps)


def test_hours_stated_beside_a_utilisation_are_hours() -> None:
    found = reconcile(
        scenario("startup-lora-8xh100"), scenario("startup-lora-8xh100", {"known.accelerator_hours": 3}), "energy_kwh"
    )
    assert largest(found) == next(step for step in found.steps if step.quantity == "accelerator_hours")


# --- nothing, and less than nothing -------------------------------------------------------------------------------


def test_a_factor_of_nothing_takes_the_whole_difference() -> None:
    clean = scenario("laptop-cpu", {"site.intensity_kg_per_kwh": 0.0})
    for one, two in ((scenario("gpt-4o"), clean), (clean, scenario("gpt-4o"))):
        found = reconcile(one, two, "carbon_kg")
        changes = {step.quantity: step.difference for step in found.steps}
        assert changes.pop("grid_intensity_kg_per_kwh") == found.difference
        assert set(changes.values()) == {0.0}
        assert found.residual == 0
    assert "both come to 0" in sentence(reconcile(clean, clean, "carbon_kg"))


@given(CHAINS, CHAINS, st.sets(st.sampled_from(FACTORS), min_size=1))
def test_nothing_is_the_limit_of_little(one: dict[str, float], two: dict[str, float], gone: set[str]) -> None:
    few = {name: value * (1e-250 ** (1 / len(gone)) if name in gone else 1) for name, value in two.items()}
    none = {name: 0.0 if name in gone else value for name, value in two.items()}
    near, at = (reconcile(side("a", one), side("b", each), "carbon_kg") for each in (few, none))
    whole = side("a", one).values["carbon_kg"]
    for little, nothing in zip(near.steps, at.steps, strict=True):
        assert little.difference == pytest.approx(nothing.difference, abs=0.15 * whole)


def test_accelerators_that_draw_nothing_leave_a_rest_that_is_named() -> None:
    idle = scenario("startup-lora-8xh100", {"known.accelerators_energy_kwh": 0})
    found = reconcile(idle, scenario("gpt-4o"), "energy_kwh")
    assert math.fsum(step.difference for step in found.steps) == pytest.approx(found.difference, rel=1e-9)
    assert "startup-lora-8xh100 says nothing of power of an accelerator" in " ".join(tidy(found).split())


def test_zero_and_negative_factors_are_refused_by_name() -> None:
    good = side("a", dict.fromkeys(FACTORS, 2.0))
    for value, problem in ((-1.0, "is -1"), (0.0, "is 0, but carbon_kg is"), (math.nan, "is nan")):
        bad = replace(good, name="b", factors={**good.factors, "machines_ratio": value}, where="b.csv")
        for pair in ((good, bad), (bad, good)):
            with pytest.raises(InputError, match=rf"b\.csv: machines_ratio: {problem}"):
                reconcile(*pair, "carbon_kg")
    with pytest.raises(InputError, match="a: carbon_kg: is -5"):
        reconcile(replace(good, values={"carbon_kg": -5.0}), good, "carbon_kg")


def test_negative_accounts_are_refused_by_file_and_field() -> None:
    bad = Account("emissions", "CodeCarbon", "facility", {"it_energy_kwh": -2.0, "carbon_kg": 1.0})
    with pytest.raises(InputError, match=r"runs/emissions\.csv: it_energy_kwh: is -2"):
        of_account(bad, "runs/emissions.csv")


# --- printing -----------------------------------------------------------------------------------------------------


def test_equal_numbers_take_one_sentence() -> None:
    found = reconcile(scenario("laptop-cpu"), replace(scenario("laptop-cpu"), name="again"), "energy_kwh")
    said = tidy(found)
    assert "laptop-cpu and again both come to" in said
    assert len(said.splitlines()) == 3
    assert largest(found) is None
    assert sentence(found).endswith("Wh.")
    assert all(math.copysign(1, step["difference"]) == 1 for step in document(found)["steps"])


def test_factors_that_make_up_for_each_other_are_shown() -> None:
    one = side("a", {**dict.fromkeys(FACTORS, 1.0), "machines_ratio": 2.0})
    two = side("b", {**dict.fromkeys(FACTORS, 1.0), "building_ratio": 2.0})
    found = reconcile(one, two, "carbon_kg")
    assert sentence(found) == "a and b both come to 2 kg: their factors differ and make up for each other."
    assert "-1.386 kg" in tidy(found)
    assert "+1.386 kg" in tidy(found)
    assert "%" not in tidy(found)


def test_every_figure_has_the_unit_that_suits_it() -> None:
    said = tidy(reconcile(scenario("gpt-4o"), scenario("laptop-cpu"), "carbon_kg"))
    assert re.search(r"laptop-cpu \(facility\) +\d+(\.\d+)? g\n", said)
    assert "e-0" not in said
    assert re.search(r"\+[\d.]+ kt", said)


def test_shares_above_100_percent_are_explained_where_there_are_any() -> None:
    one = side("a", dict.fromkeys(FACTORS, 1.0))
    more = side("b", {**dict.fromkeys(FACTORS, 1.0), "machines_ratio": 2.0})
    both = side("b", {**dict.fromkeys(FACTORS, 1.0), "machines_ratio": 4.0, "building_ratio": 0.5})
    tiny = side("b", {**dict.fromkeys(FACTORS, 1.0), "machines_ratio": 4.0, "building_ratio": 0.9999})
    assert "more than 100 %" not in tidy(reconcile(one, more, "carbon_kg"))
    assert "more than 100 %" in tidy(reconcile(one, both, "carbon_kg"))
    assert "more than 100 %" not in tidy(reconcile(one, tiny, "carbon_kg"))
    assert sentence(reconcile(one, more, "carbon_kg")) == (
        "1 kg (a) become 2 kg (b). Most of the difference is hosts, network, storage, spares counted."
    )


@pytest.mark.parametrize("columns", [40, 64, 100])
def test_a_waterfall_keeps_to_its_columns(columns: int) -> None:
    found = reconcile(scenario("gpt-4o"), scenario("bloom-176b"), "carbon_kg")
    lines = text(found, columns).splitlines()
    assert max(map(len, lines)) <= columns
    assert any("grid intensity" in line for line in lines)
    assert "0.385 kg/kWh -> 0.057 kg/kWh" in " ".join(text(found, columns).split())
