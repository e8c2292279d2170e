"""Contracted clean power: what is bought, not what is drawn."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.search.levers.lever import SAME, Evidence, Lacking, Lever, Today, Way


def ways(today: Today) -> Sequence[Way] | str:
    """All electricity under contract."""
    share = today.figure("contracted_share")
    if share is not None and share.value >= 1:
        return "all electricity is contracted already"
    if today.value("carbon_market_kg") is None:
        return Lacking("the intensity of today's grid is not known: state site.region")
    return [Way("contract clean power for all of it (market-based carbon alone)", {"site.contracted_share": 1.0})]


LEVER = Lever(
    id="contracted-power",
    title="contracted clean power",
    group="place",
    changes="market-based carbon alone: energy and location-based carbon stay as they are",
    effort_d=(20, 5, 60),
    risk="medium",
    doubt="location-based carbon, which this project goes by, does not change; a certificate of another hour or place "
    "adds no clean power, and what the contract costs is not in the cost here",
    quality=SAME,
    evidence=(
        Evidence(
            "market-based accounts take contracts at their own intensity, beside a location-based account that does "
            "not",
            "GHG Protocol, Scope 2 Guidance, 2015, chapters 4 and 6",
            "reasoned",
        ),
    ),
    ways=ways,
)
