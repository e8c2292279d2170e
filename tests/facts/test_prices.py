"""Prices: dated, of a vendor or of the market, and old after half a year."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_cli import run
from thirdwatt.facts import prices
from thirdwatt.facts.prices import LAST_SECOND, MARKET_MONTHS, ClockError, age_days, offers, rent, today
from thirdwatt.ledger.book import book
from thirdwatt.scenario.parse import parse


@pytest.fixture
def on_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795478400")


def test_the_clock_can_be_stated(monkeypatch: pytest.MonkeyPatch, on_a_day: None) -> None:
    assert today() == date(2026, 11, 24)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert today() == date(1970, 1, 1)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(LAST_SECOND))
    assert today() == date.max
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "")
    assert today() >= date(2026, 11, 1)
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert today() >= date(2026, 11, 1)


@pytest.mark.parametrize(
    "stated",
    ["abc", "-1", "1.5", " 1", "1_000", "²", "٣", "2026-11-24", str(LAST_SECOND + 1), "9" * 20, "9" * 5000],
)
def test_a_clock_that_shows_no_day_is_named(monkeypatch: pytest.MonkeyPatch, stated: str) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", stated)
    with pytest.raises(ClockError, match=r"^SOURCE_DATE_EPOCH: .* is no day: .* whole seconds since 1970") as found:
        today()
    assert stated[:40] in str(found.value)
    assert len(str(found.value)) < 300


@pytest.mark.parametrize("stated", ["abc", "99999999999999999999"])
def test_a_clock_that_shows_no_day_fails_before_anything_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stated: str
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", stated)
    path = tmp_path / "rows.csv"
    path.write_text("cluster.accelerator,cluster.count,workload.model,site.tenure\nh100-sxm-80gb,8,gpt-3,rented\n")
    for arguments in (("startup-lora-8xh100",), ("--table", str(path))):
        done = run("estimate", *arguments)
        assert done.returncode != 0
        assert done.stdout == ""
        assert done.stderr.startswith("thirdwatt: SOURCE_DATE_EPOCH: ")
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("month", "days"), [("2026-11", 9), ("2026-05", 193), ("2025-11", 374)])
def test_ages(month: str, days: int, on_a_day: None) -> None:
    assert age_days(month) == days


def test_a_market_is_of_one_time() -> None:
    found = offers("h100-sxm-80gb", None, "on-demand")
    months = [12 * int(offer.month[:4]) + int(offer.month[5:]) for offer in found]
    assert months == sorted(months, reverse=True)
    assert months[0] - months[-1] <= MARKET_MONTHS
    assert len({offer.vendor for offer in found}) == len(found)


def test_a_reservation_of_any_length() -> None:
    any_length = offers("h100-sxm-80gb", None, "reserved")
    assert any_length
    assert {offer.term for offer in any_length} <= {"reserved-1y", "reserved-3y"}
    assert not offers("h100-sxm-80gb", None, "leased")


def test_an_old_price_is_said(monkeypatch: pytest.MonkeyPatch, on_a_day: None) -> None:
    document: dict[str, Any] = {"cluster": {"accelerator": "h100-sxm-80gb"}, "site": {"tenure": "rented"}}
    newest = offers("h100-sxm-80gb", None, "on-demand")[0].month
    codes = [warning.code for warning in parse(document, book().names).warnings]
    assert ("old_price" in codes) == (age_days(newest) > prices.OLD_DAYS)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "2000000000")
    (said,) = (warning for warning in parse(document, book().names).warnings if warning.code == "old_price")
    assert newest in said.text
    document["site"]["rent_usd_per_h"] = 2.0
    assert not parse(document, book().names).warnings


def test_the_region_or_the_machine_names_the_vendor() -> None:
    document = {"cluster": {"instance": "aws:p5.48xlarge"}}
    assert parse(document, book().names).choices["vendor"] == "aws"
    stated = {"cluster": {"instance": "aws:p5.48xlarge"}, "site": {"vendor": "Lambda", "tenure": "own"}}
    assert parse(stated, book().names).choices["vendor"] == "lambda"


def test_one_offer_says_whose_and_when() -> None:
    found = rent("h100-sxm-80gb", "aws", "on-demand")
    assert found is not None
    assert found.note.startswith("aws, on-demand, 20")
