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
        assert row.totals == thirdwatt.estimate(name, change, samples=samples).totals


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
