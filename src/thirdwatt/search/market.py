"""What accelerators can be had for: today's offers of each, and those that are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from thirdwatt.facts import table
from thirdwatt.facts.prices import TERMS, Offer, offers

INDEX = "market-index"
"""Seller under which the table of prices keeps averages of a market: nobody to rent from."""
SELLERS: Mapping[str, str] = {"oci": "oracle"}
"""Vendors that the table of instances calls otherwise than that of prices."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A place that is not among the rows, and why; of all vendors or on all terms where these are ``None``.

    Attributes
    ----------
    kind
        Kind of the reason: ``no_price``, ``gone`` (its price is of a market gone by), ``average`` (nobody's offer),
        ``unable`` (the chip has not what the scenario states), ``no_fit``, ``not_known``.
    """

    accelerator: str
    vendor: str | None
    term: str | None
    kind: str
    reason: str


@cache
def _rented() -> Mapping[str, tuple[tuple[str, str, str], ...]]:
    """Vendor, term and newest month of everything that was ever offered, by accelerator."""
    found: dict[str, dict[tuple[str, str], str]] = {}
    for row in table("prices").rows:
        chip, vendor, term, month = row.split("/")
        newest = found.setdefault(chip, {})
        newest[vendor, term] = max(month, newest.get((vendor, term), ""))
    return {chip: tuple((*each, month) for each, month in newest.items()) for chip, newest in found.items()}


def offered(chip: str) -> tuple[list[Offer], list[LeftOut]]:
    """Today's offers of a chip, and those of a market gone by."""
    today = [each for term in TERMS if term != "reserved" for each in offers(chip, None, term)]
    asked = {(each.vendor, each.term) for each in today}
    newest = {each.term: each.month for each in reversed(today)}
    gone = [
        LeftOut(chip, vendor, term, "gone", f"its last price known is of {month}; others are of up to {newest[term]}")
        for vendor, term, month in _rented().get(chip, ())
        if (vendor, term) not in asked
    ]
    gone += [
        LeftOut(chip, each.vendor, each.term, "average", f"an average of offers of {each.month}: nobody to rent from")
        for each in today
        if each.vendor == INDEX
    ]
    return [each for each in today if each.vendor != INDEX], gone


@cache
def smallest() -> Mapping[tuple[str, str], int]:
    """Accelerators of the smallest machine, by vendor and chip."""
    found: dict[tuple[str, str], int] = {}
    for name, row in table("instances").rows.items():
        seller, count = name.partition(":")[0], int(row.figures["accelerator_count"].value)
        key = SELLERS.get(seller, seller), row.text["accelerator"]
        found[key] = min(count, found.get(key, count))
    return found
