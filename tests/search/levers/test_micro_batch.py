"""Larger micro-batches: whole ones, where a layout is stated."""

from __future__ import annotations

from typing import Any

import pytest

from tests.search.levers.priced import ratio, reason, today, ways
from thirdwatt.search.levers.micro_batch import LEVER


def test_small_products_gain_and_memory_grows() -> None:
    layout = {"layout.tensor": 1, "layout.pipeline": 1, "layout.micro_batch": 1, "layout.zero_stage": 1}
    run = today("pretrain-7b-256xa100", {**layout, "workload.transformer.hidden": 1024})
    found = ways(LEVER, run)
    assert [way.sets["layout.micro_batch"] for way in found] == [2, 4]
    assert ratio(run, found[1]) < 1
    assert ratio(run, found[1], "memory_byte") > 1


def test_in_a_pipeline_bubbles_take_more_than_products_gain() -> None:
    run = today("llama-3.1-405b")
    assert all(ratio(run, way) > 1 for way in ways(LEVER, run))


@pytest.mark.parametrize(
    ("preset", "change", "why"),
    [
        ("pretrain-7b-256xa100", {}, "not stated"),
        ("gpt-4o", {}, "architecture"),
        ("pretrain-7b-256xa100", {"layout.micro_batch": 4}, "no larger whole"),
    ],
)
def test_it_says_why_not(preset: str, change: dict[str, Any], why: str) -> None:
    assert why in reason(LEVER, today(preset, change))
