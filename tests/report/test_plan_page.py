"""The shortest path to a third, on a page."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest

from tests.report.plans import COOLING, DEDUP, FILTER, SLOWER, WORSE, lever, planned
from tests.report.test_language import said as forbidden
from tests.report.test_plan import CASES
from thirdwatt.ledger.ledger import ACCOUNTED, TOTALS
from thirdwatt.report.plan_charts import curve, front, numbered, price_axis
from thirdwatt.report.plan_page import NAMES, page
from thirdwatt.report.plan_sentences import cap_pipe


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


def test_figures_of_a_table_share_the_unit_over_them() -> None:
    said = page(planned(30.0))
    rows = said.split('id="steps"')[1].split("</section>")[0]
    assert '<th scope="col">takes off, MWh</th>' in rows
    assert "t CO2e</th>" in rows
    totals = said.split('id="beside"')[1].split("</section>")[0]
    assert re.search(r"carbon, location-based</th><td[^>]*>[\d.,]+ k?t CO2e</td>", totals)
    spent = said.split('id="rebound"')[1].split("</section>")[0]
    assert len(set(re.findall(r"<td[^>]*>[\d.]+ (\w+)</td>", spent))) == 1


def test_every_total_has_a_name() -> None:
    for name in TOTALS:
        assert name in ACCOUNTED or name in NAMES or "_" not in name.removesuffix("_hours"), name


def test_the_way_to_keep_a_saving_stands_by_itself() -> None:
    found = planned(2.0)
    asked = "run.toml --factor 2"
    assert f"<pre>{' | '.join(cap_pipe(found, asked))}</pre>" in page(found, asked=asked)
    assert "<pre>" not in page(planned(2.0, cap_kwh=1e4))


def test_one_price_does_not_hide_the_others() -> None:
    assert "scale" not in price_axis([-700.0, -300.0, 900.0]).to_dict() or (
        price_axis([-700.0, -300.0, 900.0]).to_dict()["scale"].get("type") is None
    )
    axis = price_axis([-7_660.0, -6_000.0, -744.0, -215.0, -114.0, 30_500.0]).to_dict()
    assert axis["scale"]["type"] == "symlog"
    assert "powers of ten" in axis["title"]
    low, high = axis["scale"]["domain"]
    assert low < -7_660 < 30_500 < high
    marks = axis["axis"]["values"]
    assert marks == sorted(marks)
    assert 0.0 in marks
    assert {-100.0, -1_000.0, 10_000.0} <= set(marks)
    assert price_axis([0.0]).to_dict()["title"] == "USD per t CO2e"


def test_numbers_of_bars_stand_clear_of_each_other() -> None:
    widths = (0.001, 5.0, 0.5, 0.4, 30.0, 2.0)
    data: list[dict[str, Any]] = []
    at = 0.0
    for number, wide in enumerate(widths, 1):
        data.append({"from": at, "to": at + wide, "middle": at + wide / 2, "label": str(number)})
        at += wide
    numbered(data, at)
    named = [row for row in data if row["label"]]
    assert [row["label"] for row in named][:1] == ["2"]
    assert {"2", "5", "6"} <= {row["label"] for row in named}
    for one, other in itertools.pairwise(named):
        assert other["middle"] - one["middle"] >= 0.03 * at


def test_the_front_says_once_what_all_of_it_takes() -> None:
    every = lever("always", scales={"token_count": (0.9, 0.85, 0.95)})
    found = planned(3.0, levers=(DEDUP, SLOWER, every), refused=())
    chart = front(found)
    assert chart is not None
    assert "All take " in chart.says
    common = chart.says.split("All take ")[1].rstrip(".").split(" + ")
    assert not any(name in row[-1] for name in common for row in chart.rows)
    assert chart.head[0].startswith("energy, ")
