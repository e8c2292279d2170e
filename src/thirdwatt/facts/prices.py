"""What an accelerator hour rents for: the dated offers of vendors, and the market they make up."""

from __future__ import annotations

import os
import re
import statistics
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache

from thirdwatt.facts.figure import Figure
from thirdwatt.facts.table import table

TERMS = ("on-demand", "reserved", "reserved-1y", "reserved-3y", "spot")
"""Terms a scenario may name; ``reserved`` takes a reservation of any length."""

MARKET_MONTHS = 12
"""Offers that are older than the newest one by more than this are of another market."""

CLOCK = "SOURCE_DATE_EPOCH"
"""Variable of the environment that states the day in the place of the clock, in seconds since 1970."""

LAST_SECOND = 253_402_300_799
"""Last second of the year 9999, the last that a date can be in."""

OLD_DAYS = 180
"""Age from which on a price needs a warning: rents moved by 40 % in half a year."""
OLD_YEARS = 2
"""Years between a run and the rent it is priced at from which on it is said."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What one vendor asked for an accelerator hour in one month, written 2026-01."""

    vendor: str
    term: str
    month: str
    figure: Figure


class ClockError(OSError):
    """The environment states a clock that shows no day."""


def today() -> date:
    """The day on which ages are counted; ``SOURCE_DATE_EPOCH`` stands in for the clock.

    Raises
    ------
    ClockError
        If it is stated and is no day.
    """
    stated = os.environ.get(CLOCK, "")
    if not stated:
        return datetime.now(UTC).date()
    if not re.fullmatch("[0-9]{1,12}", stated) or int(stated) > LAST_SECOND:
        shown = stated if len(stated) <= 40 else f"{stated[:40]}…"
        raise ClockError(
            f"{CLOCK}: {shown!r} is no day: ages of prices and dates of reports are counted from it; give whole "
            f"seconds since 1970, 0 to {LAST_SECOND}, or unset it"
        )
    return datetime.fromtimestamp(int(stated), UTC).date()


def age_days(month: str) -> int:
    """Days since the middle of a month."""
    year, number = map(int, month.split("-"))
    return (today() - date(year, number, 15)).days


@cache
def offers(accelerator: str, vendor: str | None, term: str) -> tuple[Offer, ...]:
    """Newest offer of each vendor, or of one, the newest first; those of an older market are left out."""
    newest: dict[str, tuple[str, str, str]] = {}
    for row in table("prices").rows:
        chip, seller, kind, month = row.split("/")
        if chip != accelerator or vendor not in (None, seller) or not (kind == term or _any_length(term, kind)):
            continue
        if seller not in newest or month > newest[seller][0]:
            newest[seller] = (month, kind, row)
    found = [
        Offer(seller, kind, month, table("prices").rows[row].figures["rent_usd_per_accelerator_h"])
        for seller, (month, kind, row) in newest.items()
    ]
    found.sort(key=lambda offer: (offer.month, offer.vendor), reverse=True)
    return tuple(offer for offer in found if _months(found[0].month) - _months(offer.month) <= MARKET_MONTHS)


def _any_length(term: str, kind: str) -> bool:
    return term == "reserved" and kind.startswith("reserved")


def _months(month: str) -> int:
    year, number = map(int, month.split("-"))
    return 12 * year + number


def rent(accelerator: str, vendor: str | None, term: str) -> Figure | None:
    """USD per accelerator hour: the newest offer of a vendor, or the median and range of the market.

    ``None`` if nobody's offer is known.
    """
    found = offers(accelerator, vendor, term)
    if not found:
        return None
    newest, oldest = found[0], found[-1]
    if len(found) == 1:
        note = ", ".join(filter(None, (newest.vendor, newest.term, newest.month, newest.figure.note)))
        return replace(newest.figure, note=note)
    return Figure(
        value=statistics.median(offer.figure.value for offer in found),
        low=min(offer.figure.low for offer in found),
        high=max(offer.figure.high for offer in found),
        kind="published",
        source=", ".join(sorted({offer.figure.source for offer in found})),
        stream=f"prices/{accelerator}/{term}",
        note=f"median and range of {len(found)} vendors, {term}, {oldest.month} to {newest.month}",
        retrieved=newest.figure.retrieved,
        confidence="medium",
    )
