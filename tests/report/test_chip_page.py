"""A search for a blueprint, on a page."""

from __future__ import annotations

import re
from functools import cache

import pytest

from tests.report.chips import NAMES, answered
from tests.report.test_language import said as forbidden
from thirdwatt.report.chip_page import page

TITLES = ("Where it comes from", "Where a joule goes, before and after", "Energy, time and cost", "What it hangs on")


@cache
def paged(name: str) -> str:
    return page(answered(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_page_is_whole(name: str) -> None:
    said = paged(name)
    assert said.count('class="chart"') == said.count("The table behind it")
    assert not re.search(r"<script|https?://(?!www\.w3\.org)|\bnan\b|\binf\b|\bNone\b|TOPS", said)
    assert len(said) < 1_000_000
    assert not forbidden(re.sub(r"<[^>]*>", " ", said))
    drawn = {"found": TITLES, "short": TITLES[:3]}.get(name, ())
    assert [title for title in TITLES if f">{title}</h2>" in said] == list(drawn)


def test_what_is_speculative_stands_apart() -> None:
    said = paged("found").split('id="beyond"')[1].split("</section>")[0]
    for each in answered().beyond:
        assert each.what in said
    assert said.count("<td>speculative</td>") == 2


def test_the_waterfall_ends_at_the_factor() -> None:
    factor = answered().factor
    assert factor is not None
    assert f"becomes {100 / factor.value:.0f} % of it" in paged("found")


def test_the_same_answer_gives_the_same_bytes() -> None:
    assert page(answered()) == paged("found")
