"""A better layout: only where the one that runs is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.search.levers.priced import ratio, reason, today, ways
from thirdwatt.search.levers.layout import LEVER


def test_a_stated_layout_is_bettered() -> None:
    run = today("llama-3.1-405b")
    (way,) = ways(LEVER, run)
    assert way.sets == {"layout": "auto"}
    assert 0.5 < ratio(run, way) < 1


@pytest.mark.parametrize(
    ("preset", "why"),
    [("pretrain-7b-256xa100", "not stated"), ("startup-lora-8xh100", "not stated"), ("gpt-4o", "architecture")],
)
def test_it_says_why_not(preset: str, why: str) -> None:
    assert why in reason(LEVER, today(preset))


def test_one_that_is_searched_already_is_left() -> None:
    run = replace(today("llama-3.1-405b"), stated=frozenset({"layout"}))
    assert "already" in reason(LEVER, run)
