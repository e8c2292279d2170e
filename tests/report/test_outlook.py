"""The outlook as a page: fans with tables, no line, no forbidden word."""

from __future__ import annotations

import re

import pytest

from tests.report.test_language import said
from thirdwatt.outlook.answer import REFUSED, Outlook, outlook
from thirdwatt.report import outlook as report
from thirdwatt.report.outlook_page import binding, fan, page


@pytest.fixture(scope="module")
def found() -> Outlook:
    return outlook(samples=500, site_mw=500, region="us")


@pytest.fixture(scope="module")
def html(found: Outlook) -> str:
    return page(found)


def test_a_table_stands_behind_every_chart(html: str) -> None:
    assert html.count("<svg") == html.count("The table behind it") == 9


def test_nothing_is_fetched_and_nothing_runs(html: str) -> None:
    assert "<script" not in html
    assert not re.search(r'(?:src|href)="http', html)


def test_charts_of_the_future_are_bands_and_never_lines(found: Outlook) -> None:
    chart = fan(found, "frontier_energy_kwh", "Energy", "", 1.0)
    marks = re.findall(r"'mark': \{'type': '(\w+)'", str(chart.specification))
    assert marks == ["area"]
    assert "no path runs along one" in chart.says
    assert len(chart.rows) == len(found.years)


def test_a_single_year_is_drawn_too() -> None:
    chart = fan(outlook("frontier", until=2026, samples=100), "frontier_energy_kwh", "Energy", "", 1.0)
    assert re.findall(r"'mark': \{'type': '(\w+)'", str(chart.specification)) == ["bar"]
    assert len(re.findall(r'<path d="M\S*h40v', chart.svg())) == 3


def test_a_page_tells_every_quantity_and_every_unit(html: str) -> None:
    for label in (
        "AI: training",
        "AI: inference",
        "data centres: installed IT",
        "FLOP/J",
        "kWh/year",
        "campus load share",
    ):
        assert label in html, label


def test_a_stated_growth_is_not_called_by_the_name_of_a_regime() -> None:
    own = outlook("frontier", {"growth": {"efficiency_growth_factor": 1.35}}, until=2026, samples=100)
    assert report.efficiency_name(own) == "its growth as it is stated"


def test_one_forecast_is_no_range() -> None:
    (only, *_) = report.foreseen_says(outlook("us", samples=100))
    assert only.startswith("A forecast of 2026 for 2028: 464 TWh (lbnl-2026, as quoted); ")


@pytest.mark.parametrize("width", [80, 100])
def test_the_last_year_and_what_is_saved_always_have_room(found: Outlook, width: int) -> None:
    lines = report.text(found, width).splitlines()
    for start in ("a frontier run", "the world, a year", "what limits it"):
        assert next(line for line in lines if line.startswith((f"{start} ", f"{start},"))).endswith("2035")
    assert any(line.startswith("rebound to") and "AI saved" in line for line in lines)


def test_shares_of_what_binds_fill_the_years(found: Outlook) -> None:
    chart = binding(found)
    assert len(chart.rows) == len(found.years)
    for row in chart.rows:
        assert sum(float(cell.replace("<0.1", "0.05")) for cell in row[1:]) == pytest.approx(100, abs=2)


def test_what_a_gain_buys_is_told_at_the_rebound_that_is_stated() -> None:
    free, some, all_of_it = (" ".join(report.third_says(outlook(samples=500, rebound=each))) for each in (None, 0.6, 1))
    assert "from 2028 by chip: a run's energy on its trend outgrows it in 10 months" in free
    assert "at a rebound of 60 %" in some
    saved = outlook(samples=500).third.banked[2].energy_kwh
    assert saved is not None
    assert report.cell("kwh", saved) in some
    assert all_of_it.endswith("saves nothing at a rebound of 100 %: all of it is spent on more.")


def test_what_never_grows_never_uses_a_gain_up() -> None:
    found = outlook("frontier", {"growth": {"trend_growth_factor": 1.1}}, samples=500)
    assert "a run's energy on its trend never outgrows it" in " ".join(report.third_says(found))


def test_runs_alone_have_no_empty_columns() -> None:
    found = outlook("frontier", until=2028, samples=100)
    heads, *rows = report.third_rows(found)
    assert all(len(row) == len(heads) and all(row) for row in rows)


def test_areas_that_differ_are_told_apart() -> None:
    """Data centres of Europe stand beside generation of the Union."""
    lead = " ".join(report.lead(outlook("eu", samples=100)))
    assert "Data centres are those of Europe; generation, its carbon and what is added are those of the" in lead
    own = outlook("eu", {"growth": {"base_data_centre_kwh_per_year": 7e10}}, samples=100)
    assert not report.of_europe(own)


def test_a_stated_grid_is_not_called_that_of_the_united_states() -> None:
    own: dict[str, dict[str, float]] = {"supply": {"base_intensity_kg_per_kwh": 0.05}}
    alone, eu = (outlook(scope, own, until=2026, samples=100) for scope in ("frontier", "eu"))
    named = [report.fan_rows(each, report.FRONTIER_ROWS, "")[6][0] for each in (alone, eu)]
    assert named == ["CO2e, grid stated", "CO2e, US grid"]
    assert "by the grid that is stated" in page(alone)
    mean = outlook("eu", until=2026, samples=100).at("frontier_carbon_kg", 2026)[3]
    assert eu.at("frontier_carbon_kg", 2026)[3] == mean
    assert alone.at("frontier_carbon_kg", 2026)[3] < mean / 4


def test_what_is_refused_is_said(html: str) -> None:
    for what, why in REFUSED:
        assert what in html
        assert why in html


def test_words(found: Outlook, html: str) -> None:
    assert not said(html)
    assert not said(report.text(found, 100))


def test_every_cell_has_its_interval(found: Outlook) -> None:
    for rows in (report.FRONTIER_ROWS, report.DEMAND_ROWS):
        for name, _ in rows:
            assert re.search(r"\(.+ to .+\)", report.cell(name, found.at(name, 2030))), name


def test_negative_growth_reads() -> None:
    assert report.cell("data_centre_growth_share", outlook(samples=500).at("data_centre_growth_share", 2030)).count("-")
