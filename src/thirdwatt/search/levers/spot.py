"""Spot machines: cheaper hours that may be taken back, for work that is redone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from thirdwatt.facts.prices import rent
from thirdwatt.search.levers.lever import SAME, Evidence, Lever, Today, Way


def ways(today: Today) -> Sequence[Way] | str:
    """The same machines on spot terms, where a price for them is known and lower."""
    if today.choice("tenure") != "rented":
        return "the machines are not rented by the hour"
    if today.choice("term") == "spot":
        return "the machines are rented on spot terms already"
    chip, vendor = today.choice("accelerator"), today.choice("vendor")
    offer, present = rent(chip, vendor or None, "spot"), today.figure("rent_usd_per_accelerator_h")
    if offer is None:
        return f"no spot price of {chip} by {vendor or 'any vendor'} is known: state site.term and site.rent_usd_per_h"
    if present is not None and offer.value >= present.value:
        return f"spot rents for {offer.value:.3g} USD an hour, which is no less than today's {present.value:.3g}"
    unset: dict[str, Any] = {"site.rent_usd_per_h": None} if today.known("rent_usd_per_accelerator_h") else {}
    return [Way("rent on spot terms", {**unset, "site.term": "spot"})]


LEVER = Lever(
    id="spot",
    title="spot machines",
    group="place",
    changes="the rent, and the work that is redone after machines were taken back: cheaper, at more energy",
    effort_d=(3, 1, 8),
    risk="high",
    doubt="how often machines are taken back is assumed and differs by chip, place and week; many at once may not be "
    "had",
    quality=SAME,
    evidence=(
        Evidence("prices of vendors by term and month", "vendors' price lists, thirdwatt facts prices", "claimed"),
        Evidence(
            "training on spot machines that were taken back often came to half or less of the price on demand, by "
            "redundant work between checkpoints",
            "Thorpe et al., Bamboo, NSDI 2023, arXiv:2204.12013",
            "measured",
        ),
    ),
    ways=ways,
)
