"""Two numbers: the steps make up the whole difference, whatever is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import thirdwatt
from thirdwatt.report.reconciliation import DIVISORS, STEPS, Side, of_account, of_ledger, reconcile, text
from thirdwatt.scenario import InputError
from thirdwatt.scenario.accounts import account, codecarbon, model_card

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
    assert steps.pop("machines_ratio") == pytest.approx(14_938_000 - 7_546_000, rel=0.001)
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
