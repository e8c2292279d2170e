"""What an accelerator hour rents for: the dated offers of vendors, and the market they make up."""

from __future__ import annotations

import statistics
from dataclasses import replace

from thirdwatt.facts.figure import Figure
from thirdwatt.facts.table import table

TERMS = ("on-demand", "reserved", "spot")


def rent(accelerator: str, vendor: str | None, term: str) -> Figure | None:
    """USD per accelerator hour: the newest offer of a vendor, or the median and range of the market.

    The market is the newest offer of each vendor for that term. ``None`` if nobody's offer is known.
    """
    newest: dict[str, tuple[str, Figure]] = {}
    for row in table("prices"):
        chip, seller, kind, date = row.id.split("/")
        if chip == accelerator and kind == term and vendor in (None, seller):
            figure = row.figures["rent_usd_per_accelerator_h"]
            if seller not in newest or date > newest[seller][0]:
                newest[seller] = (date, replace(figure, note=f"{seller}, {kind}, {date}"))
    if not newest:
        return None
    offers = [figure for _, figure in newest.values()]
    if len(offers) == 1:
        return offers[0]
    dates = sorted(date for date, _ in newest.values())
    return Figure(
        value=statistics.median(offer.value for offer in offers),
        low=min(offer.low for offer in offers),
        high=max(offer.high for offer in offers),
        kind="published",
        source=", ".join(sorted({offer.source for offer in offers})),
        stream=f"prices/{accelerator}/{term}",
        note=f"median and range of {len(offers)} vendors, {term}, {dates[0]} to {dates[-1]}",
    )
