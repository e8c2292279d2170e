"""The shortest path to a third, on a page."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.report.plans import COOLING, DEDUP, FILTER, SLOWER, WORSE, planned
from tests.report.test_language import said as forbidden
from tests.report.test_plan import CASES
from thirdwatt.report.plan_charts import curve
from thirdwatt.report.plan_page import page


@pytest.mark.parametrize("name", list(CASES))
def test_the_page_is_whole(name: str) -> None:
    found = planned(**CASES[name])
    said = page(found)
    assert said.count('class="chart"') == said.count("The table behind it")
    assert ("From today to what is left" in said) == bool(found.path.steps)
    assert ("What a tonne of CO2e less costs" in said) == bool(curve(found))
    assert not re.search(r"<script|https?://(?!www\.w3\.org)|\bnan\b|\binf\b|\bNone\b", said)
    assert len(said) < 1_000_000
    assert not forbidden(re.sub(r"<[^>]*>", " ", said))
    assert ("What stops it" in said) == (not found.reached)
    for step in found.path.steps:
        for change in step.changes:
            assert change.way.words in said
            assert all(each.source in said for each in change.lever.evidence)
    for each in found.refused:
        assert each.why in said


def test_the_waterfall_ends_where_the_path_does() -> None:
    said = page(planned(30.0))
    assert "become" in said
    assert "do not reach 1/30 of the energy" in said
    assert "the changes reach half of the energy" in page(planned(2.0))


def test_the_curve_is_by_the_price_of_a_tonne() -> None:
    found = curve(planned(30.0))
    prices = [price for _, price in found]
    assert prices == sorted(prices)
    assert {each.lever.id for each, _ in found} >= {DEDUP.id, FILTER.id, COOLING.id}
    assert WORSE.id not in {each.lever.id for each, _ in found}
    said = page(planned(30.0))
    assert "people&#39;s time is not in it" in said
    apart = said.split('id="apart"')[1].split("</section>")[0]
    assert WORSE.title in apart


def test_the_front_marks_today_and_the_path_without_colour() -> None:
    said = page(planned(3.0, levers=(DEDUP, SLOWER), refused=()))
    chart = said.split('id="front"')[1].split("</section>")[0]
    assert ">today</text>" in chart
    assert ">this path</text>" in chart


def test_places_stand_in_their_slot() -> None:
    fragment = '<section aria-labelledby="places"><h2 id="places">Where to run it</h2></section>'
    assert fragment in page(planned(2.0), fragment)
    assert "Where to run it" not in page(planned(2.0))


@pytest.mark.parametrize("more", [{"factor": 2.0}, {"factor": 2.0, "goal": "carbon"}])
def test_the_same_plan_gives_the_same_bytes(more: dict[str, Any]) -> None:
    assert page(planned(**more)) == page(planned.__wrapped__(**more))
