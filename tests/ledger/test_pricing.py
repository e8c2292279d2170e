"""Many scenarios at once give what each gives alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import thirdwatt
from thirdwatt.ledger import estimate_table, scenario_of, sweep
from thirdwatt.ledger.book import book
from thirdwatt.scenario import InputError
from thirdwatt.scenario.rows import rows

CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("llama-3.1-8b", {}),
    ("gpt-4o", {"site.pue": 1.2}),
    ("llama-3.1-8b", {"known.accelerator_hours": 1e6}),
    ("llama-3.1-405b", {"boundary": "it"}),
    ("llama-3.1-8b", {"known.facility_energy_kwh": 1e6, "known.accelerator_hours": 1e6}),
    ("laptop-cpu", {}),
    ("llama-3.1-8b", {"cluster.count": 64}),
]


@pytest.mark.parametrize("samples", [1, 200])
def test_a_row_has_the_same_bits_as_alone(samples: int) -> None:
    scenarios = [(str(number), scenario_of(name, change)) for number, (name, change) in enumerate(CHANGES)]
    batch = estimate_table([*scenarios, ("bad", "site.pue: no number")], samples=samples)
    assert [row.id for row in batch] == [*(row_id for row_id, _ in scenarios), "bad"]
    assert batch[-1].totals is None
    assert batch[-1].error == "site.pue: no number"
    for row, (name, change) in zip(batch, CHANGES, strict=False):
        assert row.error is None
        alone = thirdwatt.estimate(name, change, samples=samples)
        assert row.totals == alone.totals
        assert row.warnings == alone.warnings


def test_some_totals_alone_are_those_of_all() -> None:
    scenarios = [(str(number), scenario_of(name, change)) for number, (name, change) in enumerate(CHANGES)]
    some = ("cost_usd", "wall_time_h")
    for row, whole in zip(estimate_table(scenarios, samples=50, only=some), estimate_table(scenarios, samples=50),
                          strict=True):  # fmt: skip
        assert row.totals is not None
        assert whole.totals is not None
        assert row.totals == {name: whole.totals[name] for name in some}
        assert not row.warnings


def test_too_little_and_too_much_spoil_their_own_rows_alone() -> None:
    good = scenario_of("llama-3.1-8b")
    empty = scenario_of({})
    huge = scenario_of("llama-3.1-8b", {"workload.tokens": 1e39, "workload.epochs": 1e39, "known.mfu": 1e-300})
    first, second, third = estimate_table([("a", good), ("b", empty), ("c", huge)], samples=1)
    assert first.totals == thirdwatt.estimate(good, samples=1).totals
    assert second.error
    assert "too little is known" in second.error
    assert third.totals is None
    assert third.error


def test_a_row_that_contradicts_itself_is_refused_as_alone() -> None:
    less = {"known.facility_energy_kwh": 1e4, "known.accelerators_energy_kwh": 1e6}
    (row,) = estimate_table([("less", scenario_of("llama-3.1-8b", less))], samples=1)
    with pytest.raises(InputError) as found:
        thirdwatt.estimate("llama-3.1-8b", less, samples=1)
    assert row.totals is None
    assert row.error == str(found.value)
    assert row.warnings == ()


def test_a_sweep_agrees_with_one_at_a_time() -> None:
    pue = np.linspace(1.1, 1.9, 5)
    swept = sweep("llama-3.1-8b", {"pue": pue}, ("facility_energy_kwh", "cost_usd", "component_energy_kwh"))
    assert swept["component_energy_kwh"].shape == (10, 5)
    for number, each in enumerate(pue):
        alone = thirdwatt.estimate("llama-3.1-8b", {"site.pue": float(each)}, samples=1)
        total = alone.of("facility_energy_kwh")
        assert total is not None
        assert swept["facility_energy_kwh"][number] == total.value


def test_rows_of_a_file(tmp_path: object) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "rows.csv"
    path.write_text("id,workload.model,cluster.count,known.mfu\na,llama-3.1-8b,64,\n,llama-3.1-8b,-1,2\n")
    (first, fine), (second, wrong) = list(rows(str(path), {}, book().names))
    assert (first, second) == ("a", "2")
    assert not isinstance(fine, str)
    assert fine.given["accelerator_count"].value == 64
    assert isinstance(wrong, str)
    assert "cluster.count: -1 is below 0" in wrong
    assert "known.mfu: 2 is above 1" in wrong
    path.write_text("id,cluster.cuont,cluster.count,cluster.count\n")
    with pytest.raises(InputError, match=r"did you mean cluster\.count") as found:
        rows(str(path), {}, book().names)
    assert len(found.value.mistakes) == 2


@pytest.mark.parametrize("samples", [1, 2, 3, 4])
def test_any_number_of_samples_will_do(samples: int) -> None:
    ledger = thirdwatt.estimate("llama-3.1-8b", samples=samples)
    assert ledger.totals["energy_kwh"] is not None
    ledger.to_dict()


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ({}, "over: names no quantity; name one with its values"),
        ({"puee": [1.1]}, "over.puee: no such quantity; did you mean pue?"),
        ({"method_code": [0, 1]}, "over.method_code: is a choice between formulas"),
        ({"w_per_kw": [1000.0]}, "over.w_per_kw: is a definition and cannot be changed"),
        ({"component_energy_kwh": [1.0]}, "over.component_energy_kwh: has a value for each of accelerators"),
        ({"pue": [1.1, -5.0]}, "over.pue: -5 is below 1, the least pue can be"),
        ({"pue": [1.1, 11.0]}, "over.pue: 11 is above 10, the most pue can be"),
        ({"mfu": [0.4, 0.0]}, "over.mfu: mfu must be more than 0"),
        ({"pue": [1.1, float("nan")]}, "over.pue: nan is no finite number; mend value number 2"),
        ({"token_count": [float("inf"), 1e9]}, "over.token_count: inf is no finite number; mend value number 1"),
        ({"pue": []}, "over.pue: is no list of numbers"),
        ({"pue": 1.2}, "over.pue: is no list of numbers"),
        ({"pue": [[1.1], [1.2]]}, "over.pue: is no list of numbers"),
        ({"pue": ["low", "high"]}, "over.pue: is no list of numbers"),
        ({"pue": [1.1, 1.2], "token_count": [1e9, 2e9, 3e9]}, "over: numbers of values differ: pue 2, token_count 3"),
        ({"pue": [1.1, 1.2], "token_count": [1e9]}, "over: numbers of values differ: pue 2, token_count 1"),
        ({"cooling_share": [0.1, 1.0]}, "over.cooling_share: cooling cannot be the whole facility"),
        (
            {"pue": [1.5, 1.2], "cooling_share": [0.3, 0.3]},
            "over.cooling_share: cooling of 30% of the facility contradicts a PUE of 1.2 (value number 2)",
        ),
    ],
)
def test_a_sweep_takes_what_a_scenario_may_state(over: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as found:
        sweep("llama-3.1-8b", over)
    (mistake,) = found.value.mistakes
    assert str(mistake).startswith(said)


def test_every_mistake_of_a_sweep_is_listed() -> None:
    with pytest.raises(InputError) as found:
        sweep("llama-3.1-8b", {"puee": [1.1], "pue": [-5.0, 1.2], "mfu": [float("nan"), 0.4]}, ["cost_us", "cost_usd"])
    assert [mistake.path for mistake in found.value.mistakes] == [
        "targets.cost_us", "over.puee", "over.pue", "over.mfu", "over",
    ]  # fmt: skip


def test_a_sweep_is_held_against_what_its_scenario_states() -> None:
    stated = scenario_of("llama-3.1-8b", {"site.pue": 1.4, "site.cooling_share": 0.2})
    with pytest.raises(InputError, match=r"over\.pue: cooling of 20% .* PUE of 1\.1 \(value number 2\)"):
        sweep(stated, {"pue": [1.4, 1.1]})
    with pytest.raises(InputError, match=r"over\.cooling_share: cooling of 30% .* PUE of 1\.4 \(value number 1\)"):
        sweep(stated, {"cooling_share": [0.3, 0.1]})
    assert np.isfinite(sweep(stated, {"pue": [1.3, 1.4]}, ["facility_energy_kwh"])["facility_energy_kwh"]).all()


def test_a_sweep_over_one_value() -> None:
    swept = sweep("llama-3.1-8b", {"pue": [1.2]}, ["facility_energy_kwh"])
    alone = thirdwatt.estimate("llama-3.1-8b", {"site.pue": 1.2}, samples=1).of("facility_energy_kwh")
    assert alone is not None
    assert swept["facility_energy_kwh"].tolist() == [alone.value]
