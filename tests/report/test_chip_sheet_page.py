"""A chip and chips side by side, on pages."""

from __future__ import annotations

import re
from functools import cache

import pytest

from tests.report.test_language import said as forbidden
from thirdwatt.report.chip_sheet_page import comparison_page, sheet_page
from thirdwatt.search.blueprint.sheet import Comparison, Sheet, compare, sheet

SAMPLES = 20


@cache
def shown(name: str) -> Sheet:
    return sheet(name, samples=SAMPLES)


@cache
def compared(*names: str) -> Comparison:
    return compare(names, samples=SAMPLES)


PAGES = {
    "h100": lambda: sheet_page(shown("h100-sxm-80gb"), SAMPLES, 0),
    "gaudi3": lambda: sheet_page(shown("gaudi3"), SAMPLES, 0),
    "two": lambda: comparison_page(compared("h100-sxm-80gb", "b200-sxm-180gb"), "today", SAMPLES, 0),
    "listed": lambda: comparison_page(compared("h100-sxm-80gb", "gaudi3"), "today", SAMPLES, 0),
    "one": lambda: comparison_page(compared("h100-sxm-80gb"), "today", SAMPLES, 0),
}
TITLES = {
    "h100": [
        "Where a joule goes in large products: NVIDIA H100 SXM5 80 GB",
        "Where a joule goes in training llama-3.1-405b: NVIDIA H100 SXM5 80 GB",
        "What servers and building add",
        "What the area is",
    ],
    "gaudi3": ["What servers and building add"],
    "two": ["How many times less energy", "Where a joule goes in training llama-3.1-405b", "What the area is"],
    "listed": ["How many times less energy", "Where a joule goes in training llama-3.1-405b", "What the area is"],
    "one": ["Where a joule goes in training llama-3.1-405b", "What the area is"],
}


@cache
def paged(name: str) -> str:
    return PAGES[name]()


def cells(page: str, caption: str) -> list[list[str]]:
    """Rows of the table under a caption."""
    table = page.split(f"<caption>{caption}</caption>")[1].split("</table>")[0]
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)]
    return rows[1:]


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_whole(name: str) -> None:
    said = paged(name)
    assert said.count('class="chart"') == said.count("The table behind it") == len(TITLES[name])
    assert not re.search(r"<script|https?://(?!www\.w3\.org)|\bnan\b|\binf\b|\bNone\b|TOPS", said)
    assert len(said) < 1_000_000
    assert not forbidden(re.sub(r"<[^>]*>", " ", said))
    drawn = re.findall(r"<h2 id=\"[a-z]+\">(.*?)</h2>\s*<figure>", said)
    assert drawn == TITLES[name]


def test_parts_of_a_joule_add_up_on_the_page() -> None:
    for title in TITLES["h100"][:2]:
        *parts, whole = cells(paged("h100"), title)
        assert whole[0] == "whole"
        assert sum(float(part[1]) for part in parts) == pytest.approx(float(whole[1]), rel=0.005)
        assert all(part[3] for part in parts), "every part has its interval"


def test_every_field_says_its_unit_kind_and_source() -> None:
    rows = cells(paged("h100"), "Every field and constant")
    assert len(rows) == len(shown("h100-sxm-80gb").fields)
    assert {row[3] for row in rows} >= {"datasheet", "derived", "fitted", "assumed"}
    (limit,) = (row for row in rows if row[0] == "accelerator tdp w")
    assert limit[1:] == ["700", "W", "datasheet", "nvidia-h100"]


def test_a_page_of_a_datasheet_says_what_is_not_known() -> None:
    assert "Only a datasheet is known of it" in paged("gaudi3")
    assert "Only a datasheet is known of it" not in paged("h100")


def test_a_factor_is_said_with_what_it_is_at_the_server() -> None:
    lead = paged("two").split('<p class="lead">')[1].split("</p>")[0]
    assert re.fullmatch(
        r"NVIDIA B200 SXM 180 GB takes [\d.]+ \(90 %: [\d.]+ to [\d.]+\) times less energy than NVIDIA H100 SXM5 80 GB "
        r"at the accelerators, [\d.]+ \([\d.]+ to [\d.]+\) at IT and at the facility\.",
        lead,
    )
    assert "What a chip saves is not what its server saves" in paged("two")


def test_no_colour_stands_alone() -> None:
    for letter, group in zip("ABC", ("arithmetic", "operands and wires", "clocks and other logic"), strict=True):
        assert f">{letter} {group}</text>" in paged("two"), "the legend has the letter"
        assert paged("two").count(f">{letter}</text>") == 2, "the bar of each chip has it too"
    assert ">G not told apart</text>" in paged("listed")


def test_the_same_sheet_gives_the_same_bytes() -> None:
    assert PAGES["h100"]() == paged("h100")
