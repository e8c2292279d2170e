"""The page: self-contained, the same bytes, every chart with its words and its table, hostile names escaped."""

from __future__ import annotations

import re
from functools import cache

import pytest

import thirdwatt
from thirdwatt.report.charts import BUILDING, INK, MACHINES, WHOLE, between, charts
from thirdwatt.report.html import page
from thirdwatt.report.pdf import printed


@pytest.fixture
def pango() -> None:
    try:
        import weasyprint  # type: ignore[import-untyped]  # noqa: F401
    except (OSError, DeprecationWarning) as error:
        if not isinstance(error, OSError) and "HarfBuzz-Subset" not in str(error):
            raise
        pytest.skip(f"Debian's libpango-1.0-0, libpangoft2-1.0-0 and libharfbuzz-subset0 are not all there: {error}")


PRESETS = ("gpt-4o", "startup-lora-8xh100", "palm-540b", "laptop-cpu")


@cache
def html(preset: str) -> str:
    return page(thirdwatt.estimate(preset, samples=200))


@pytest.mark.parametrize("preset", PRESETS)
def test_a_page_stands_alone(preset: str) -> None:
    said = html(preset)
    assert len(said.encode()) < 1_000_000
    assert "<script" not in said
    assert not re.search(r'(?:src|href)="(?!#)', said.replace('xlink:href="#', ""))
    assert "url(" not in said
    assert "default-src 'none'" in said


@pytest.mark.parametrize("preset", PRESETS)
def test_every_chart_has_words_and_a_table(preset: str) -> None:
    said = html(preset)
    drawn = charts(thirdwatt.estimate(preset, samples=200))
    assert len(drawn) >= 4
    assert said.count('role="img" aria-label="') == len(drawn)
    for chart in drawn:
        assert len(chart.rows) >= 1
        assert all(len(row) == len(chart.head) for row in chart.rows)
        assert f"<caption>{chart.title}</caption>" in said


def test_the_same_ledger_gives_the_same_bytes() -> None:
    assert page(thirdwatt.estimate("gpt-4o", samples=200)) == html("gpt-4o")


def test_the_answer_its_boundary_and_its_basis_are_said() -> None:
    said = html("gpt-4o")
    assert "Boundary: facility." in said
    assert "37.8 GWh" in said
    assert "2026-11-24" in said
    assert "us, as stated" in said
    assert "thirdwatt/estimate/1" in said


def test_what_is_not_known_says_so() -> None:
    assert "not known" in html("palm-540b")


def test_another_scenario_stands_beside() -> None:
    this, other = (thirdwatt.estimate(name, samples=100) for name in ("llama-3.1-405b", "deepseek-v3"))
    said = page(this, other)
    assert "Totals beside deepseek-v3" in said
    chart = between(other, this)
    assert chart is not None
    added = [row[-1] for row in chart.rows]
    assert all(each.endswith("GWh") for each in added)
    energies = [ledger.totals["energy_kwh"] for ledger in (this, other)]
    assert energies[0] is not None
    assert energies[1] is not None
    difference = (energies[0].value - energies[1].value) / 1e6
    assert sum(float(each.split()[0]) for each in added) == pytest.approx(difference, rel=0.02)


def test_hostile_names_stay_text() -> None:
    hostile = '"><script>alert(1)</script>&lt;{{ 7 * 7 }}'
    scenario = {
        "title": hostile,
        "note": hostile,
        "workload": {"flop": 1e20},
        "site": {"pue": {"value": 1.2, "source": hostile}},
    }
    said = page(thirdwatt.estimate(scenario, samples=50))
    assert "<script" not in said
    assert "49" not in re.findall(r"<title>(.*?)</title>", said)[0]
    assert "{{ 7 * 7 }}" in said


@pytest.mark.parametrize("colour", [MACHINES, BUILDING])
def test_colours_stand_out_against_white(colour: str) -> None:
    assert contrast(colour) >= 3


def test_ink_is_readable() -> None:
    assert all(contrast(colour) >= 4.5 for colour in (INK, "#595959", "#004b87"))


@pytest.mark.parametrize("mark", ["fill", "stroke"])
@pytest.mark.parametrize("colour", [MACHINES, BUILDING, WHOLE, INK])
def test_marks_stand_out_on_dark_paper(colour: str, mark: str) -> None:
    """Lines and points as well as bars."""
    sheet = html("gpt-4o").split("prefers-color-scheme: dark", 1)[1].split("</style>", 1)[0]
    paper, ink = (re.findall(rf"--{name}: (#\w+);", sheet)[0] for name in ("paper", "ink"))
    rules = re.findall(rf"([^{{}}]*)\{{ {mark}: ([^;]+); \}}", sheet)
    lightened = next((way for whose, way in rules if f'[{mark}="{colour}"]' in whose), colour)
    lightened = ink if lightened == "var(--ink)" else lightened
    assert contrast(paper) / contrast(lightened) >= 3


def contrast(colour: str) -> float:
    """Contrast with white by WCAG 2.2."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


def test_a_page_is_printed(pango: None) -> None:
    assert printed(html("gpt-4o")).startswith(b"%PDF-")


def test_nothing_is_fetched_for_print(pango: None) -> None:
    assert printed('<img src="http://127.0.0.1:9/x.png"><p>x').startswith(b"%PDF-")
