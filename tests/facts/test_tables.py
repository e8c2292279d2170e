"""Tables: every figure has a source, a unit and a range, and a check names what is wrong with a row."""

from __future__ import annotations

import re

import pytest

from thirdwatt.facts import digest, table
from thirdwatt.facts.checks import check, check_all
from thirdwatt.facts.equivalents import edition, editions
from thirdwatt.facts.prices import rent
from thirdwatt.facts.table import HEADER

GOOD = ["x", "accelerator_tdp_w", "700", "", "", "published", "si", "2026", "high", ""]


def changed(**cells: str) -> list[str]:
    return [cells.get(name, cell) for name, cell in zip(HEADER, GOOD, strict=True)]


def mistakes(*rows: list[str]) -> list[str]:
    return check("toy", [list(HEADER), *rows], {"si": None})


def test_the_tables_that_ship_are_sound() -> None:
    assert check_all() == []


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (changed(field="tdp"), "'tdp' is no unit"),
        (changed(value="many"), "must be numbers"),
        (changed(value="inf"), "must be finite"),
        (changed(low="800"), "low 800 <= value 700 <= high 700 does not hold"),
        (changed(value="-5"), "outside what is possible"),
        (changed(field="typical_mfu_share", value="1.4"), "outside what is possible, 0 to 1"),
        (changed(kind="assumed"), "an assumed figure needs low and high"),
        (changed(kind="exact", low="600"), "an exact figure has no spread"),
        (changed(kind="guessed"), "kind 'guessed' is none of"),
        (changed(source="hearsay"), "source 'hearsay' is not in sources.csv"),
        (GOOD[:-1], "9 columns where 10 are needed"),
    ],
)
def test_what_is_wrong_with_a_row_is_named(row: list[str], said: str) -> None:
    (mistake,) = mistakes(row)
    assert mistake.startswith("toy.csv:2:")
    assert said in mistake


def test_duplicates_and_taken_aliases_are_named() -> None:
    assert "stands in line 2 already" in mistakes(GOOD, GOOD)[0]
    alias = [["a", "aliases", "x1|x2", "", "", "text"], ["b", "aliases", "x2", "", "", "text"]]
    assert mistakes(*([*row, "", "", "", ""] for row in alias)) == ["toy.csv:3: alias x2 is taken by a"]


def test_a_wrong_header_is_named() -> None:
    assert "the header must be" in check("toy", [["id"]], {})[0]


def test_links_between_tables_lead_somewhere() -> None:
    targets = {"host": "hosts", "network": "networks", "generation": "generations", "facility": "facilities"}
    targets |= {"media": "media", "accelerator": "accelerators"}
    for name in ("accelerators", "hosts", "instances"):
        for row in table(name):
            for field, target in targets.items():
                assert field not in row.text or row.text[field] in table(target).rows, f"{name} {row.id} {field}"


def test_every_accelerator_has_a_utilisation_for_each_precision() -> None:
    for row in table("accelerators"):
        reached = table("generations").rows[row.text["generation"]].figures
        for field in row.figures:
            if field.startswith("accelerator_peak_flop_per_s@"):
                assert f"typical_mfu_share@{field.split('@')[1]}" in reached, f"{row.id} {field}"


def test_names_are_found_however_they_are_spelt() -> None:
    row = table("accelerators").find("A100 80GB")
    assert row is not None
    assert row.id == "a100-sxm-80gb"
    assert table("accelerators").find("a100_sxm_80gb") is row
    assert table("accelerators").nearest("h100-smx-80gb") == "h100-sxm-80gb"
    assert table("accelerators").find("z80") is None


def test_rent_of_a_vendor_of_the_market_and_of_nobody() -> None:
    offer = rent("h100-sxm-80gb", "aws", "on-demand")
    market = rent("h100-sxm-80gb", None, "on-demand")
    assert offer is not None
    assert market is not None
    assert offer.value == 6.88
    assert market.low <= offer.value <= market.high
    assert market.low <= market.value <= market.high
    assert re.search(r"median and range of \d+ vendors, on-demand, 20\d\d-\d\d to 20\d\d-\d\d", market.note)
    assert rent("h100-sxm-80gb", "nobody", "on-demand") is None


def test_editions() -> None:
    assert edition(None) == "epa-2024"
    assert edition("2019") == edition("epa-2019") == "epa-2019"
    with pytest.raises(KeyError, match=r"no edition '1999'; there are 2009"):
        edition("1999")
    cars = {name: rows[0].kg for name, rows in editions().items()}
    assert 7_546_000 / cars["epa-2021"] == pytest.approx(1640, abs=1)


def test_digest() -> None:
    assert re.fullmatch(r"[0-9a-f]{12}", digest())
