"""Every figure can be followed to a formula or a source."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import thirdwatt
from thirdwatt.ledger.provenance import Node, explain
from thirdwatt.report.explanation import LINES, tree
from thirdwatt.report.text import WIDTH
from thirdwatt.scenario import InputError
from thirdwatt.scenario.read import presets


def nodes(node: Node) -> Iterator[Node]:
    yield node
    for each in node.inputs:
        yield from nodes(each)


@pytest.mark.parametrize("preset", presets())
def test_every_branch_ends_in_a_source(preset: str) -> None:
    ledger = thirdwatt.estimate(preset, samples=1)
    for name, total in ledger.totals.items():
        if total is None:
            continue
        for node in nodes(explain(ledger, name)):
            assert node.formula or node.source, node.quantity
            assert node.formula is None or node.meaning
            assert node.inputs or node.told or node.formula is None
            assert node.formula is None or node.formula.expression


def test_the_number_at_the_root_is_the_total() -> None:
    ledger = thirdwatt.estimate("gpt-4o", {"boundary": "accelerators+facility"})
    root = explain(ledger, "energy_kwh")
    assert root.quantity == "accelerators_facility_energy_kwh"
    assert root.total == ledger.totals["energy_kwh"]
    assert [each.quantity for each in root.inputs] == ["accelerators_energy_kwh", "pue"]
    assert root.inputs[1].source == "reconstructed from 7,546 t"


def test_a_screen_by_default_and_all_on_demand() -> None:
    root = explain(thirdwatt.estimate("gpt-4o"), "cost_usd")
    short, whole = tree(root), tree(root, whole=True)
    assert len(short.splitlines()) <= LINES + 4 < len(whole.splitlines())
    assert max(map(len, (short + whole).splitlines())) <= WIDTH
    assert "more quantities behind these: --all" in short
    assert "--all" not in whole


def test_unknown_names_get_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean energy_kwh"):
        explain(thirdwatt.estimate("gpt-4o", samples=1), "enrgy_kwh")
