"""What people see of a search for a layout."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from thirdwatt.report import layouts
from thirdwatt.report.layout_page import page
from thirdwatt.search.layout import Answer, search
from thirdwatt.search.layout.offers import least_count, offers, small
from thirdwatt.search.layout.why import Reasons, reasons

TUNE: dict[str, Any] = {
    "workload": {"model": "llama-3.1-8b", "method": "sft", "adapter": "lora", "tokens": 1e8},
    "cluster": {"accelerator": "l4", "count": 1},
    "software": {"stack": "transformers", "year": 2026},
}
TOO_LARGE = {
    **TUNE,
    "workload": {**TUNE["workload"], "model": "llama-3.1-405b"},
    "software": {"stack": "megatron-core", "year": 2026},
}
ASKED: dict[str, tuple[Any, str]] = {
    "campaign": ("llama-3.1-405b", "energy"),
    "small": (TUNE, "time"),
    "nothing": (TOO_LARGE, "time"),
}


@cache
def found(name: str) -> tuple[Answer, Reasons | None, tuple[Any, ...], int | None]:
    source, goal = ASKED[name]
    answer = search(source, goal)
    ways = tuple(offers(answer)) if small(answer) else ()
    return answer, reasons(answer, samples=100), ways, least_count(answer) if answer.best is None else None


@pytest.mark.parametrize("name", ASKED)
def test_a_screen(name: str, snapshot: SnapshotAssertion) -> None:
    assert layouts.text(*found(name)) == snapshot


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("width", [60, 80, 100])
def test_lines_keep_to_the_screen(name: str, width: int) -> None:
    for front in (False, True):
        lines = layouts.text(*found(name), width, front=front).splitlines()
        assert max(map(len, lines)) <= width
        assert width < 100 or len(lines) <= 50


def test_nothing_to_start_where_nothing_fits() -> None:
    answer, why, ways, count = found("nothing")
    assert answer.best is None
    assert why is None
    assert all(way.best is None for way in ways)
    assert count is not None
    assert layouts.started(answer) == {}
    document = layouts.document(answer, why, ways, count)
    assert document["best"] is None
    assert document["launch"] == {}
    assert f"it fits from {count:,} accelerators on" in layouts.text(answer, why, ways, count)


@pytest.mark.parametrize("name", ASKED)
def test_a_page_shows_what_the_screen_shows(name: str) -> None:
    answer, why, ways, count = found(name)
    said = page(answer, why, ways, count)
    for line in layouts.answer_lines(answer, why):
        assert line.replace("'", "&#39;") in said
    assert said.count("<svg") == (2 if name == "campaign" else said.count("<svg"))
    assert "undefined" not in said.lower()


def test_terms_of_a_table_add_up_as_printed() -> None:
    answer, why, *_ = found("campaign")
    assert why is not None
    assert sum(why.best.parts.values()) == pytest.approx(why.best.step_s)
    assert layouts.thinned(answer.found.spreads, 5)[0] == answer.found.spreads[0]
    assert layouts.thinned(answer.found.spreads, 5)[-1] == answer.found.spreads[-1]
