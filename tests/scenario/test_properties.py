"""What holds of every scenario: it can be written out and read again, however its numbers are stated."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import thirdwatt
from thirdwatt.facts import table
from thirdwatt.ledger.book import book
from thirdwatt.scenario import InputError, InsufficientError, Scenario
from thirdwatt.scenario.parse import parse
from thirdwatt.scenario.read import put, value_of

NUMBERS = {
    "workload.tokens": (1e6, 1e13), "workload.epochs": (1, 5), "workload.adapter_rank": (1, 256),
    "workload.transformer.layers": (1, 100), "workload.transformer.seq_len": (16, 131072),
    "cluster.count": (1, 30_000), "site.pue": (1, 3), "site.wue_l_per_kwh": (0, 5),
    "site.intensity_kg_per_kwh": (0, 1.5), "site.contracted_share": (0, 1), "site.electricity_usd_per_kwh": (0, 1),
    "storage.copies": (1, 5), "storage.retention_years": (0, 10), "known.mfu": (0.01, 0.9), "known.goodput": (0.1, 1),
    "known.accelerator_power_w": (1, 2000), "layout.global_batch": (1, 10_000),
}  # fmt: skip
WORDS = {
    "workload.model": sorted(table("models").rows), "cluster.accelerator": sorted(table("accelerators").rows),
    "site.region": sorted(table("grids").rows), "site.facility": sorted(table("facilities").rows),
    "workload.method": ["pretrain", "sft", "dpo"], "workload.adapter": ["none", "lora", "qlora"],
    "site.tenure": ["own", "colo"], "boundary": ["accelerators", "accelerators+facility", "it", "facility"],
}  # fmt: skip


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for path in draw(st.lists(st.sampled_from(sorted(NUMBERS)), unique=True, max_size=8)):
        put(document, path, draw(st.floats(*NUMBERS[path])))
    for path in draw(st.lists(st.sampled_from(sorted(WORDS)), unique=True, max_size=6)):
        put(document, path, draw(st.sampled_from(WORDS[path])))
    return document


def sound(document: dict[str, Any]) -> Scenario | None:
    try:
        return parse(document, book().names)
    except InputError:
        return None


@example({"site": {"region": "aws:us-east-1"}, "workload": {"model": "llama-3.1-8b"}})
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents())
def test_a_ledger_written_out_is_the_same_scenario(document: dict[str, Any]) -> None:
    first = sound(document)
    if first is None:
        return
    try:
        ledger = thirdwatt.estimate(first, samples=1)
    except (InputError, InsufficientError):
        return
    again = json.loads(json.dumps(ledger.to_dict(), allow_nan=False))["scenario"]
    read = sound(again)
    assert read is not None
    assert read.choices == first.choices
    assert {name: figure.value for name, figure in read.given.items()} == {
        name: figure.value for name, figure in first.given.items()
    }
    assert thirdwatt.estimate(again, samples=1).totals == ledger.totals


@settings(max_examples=100, deadline=None)
@given(documents())
def test_a_number_and_a_table_that_holds_it_say_the_same(document: dict[str, Any]) -> None:
    first = sound(document)
    wrapped: dict[str, Any] = json.loads(json.dumps(document))
    for path in NUMBERS:
        section, _, field = path.rpartition(".")
        here = wrapped
        for part in section.split("."):
            here = here.get(part, {})
        if field in here:
            here[field] = {"value": here[field]}
    second = sound(wrapped)
    assert (first is None) == (second is None)
    if first is not None and second is not None:
        assert {k: v.value for k, v in first.given.items()} == {k: v.value for k, v in second.given.items()}


@settings(max_examples=200)
@given(st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(10**15), 10**15), st.booleans()))
def test_values_of_the_command_line_are_those_of_a_file(value: float) -> None:
    assert value_of(str(value).lower() if isinstance(value, bool) else repr(value)) == value
