"""Machines kept longer: what was embodied in them, and paid for them, is spread over more work."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.search.levers.lever import SAME, Evidence, Lacking, Lever, Today, Way

YEARS = (6, 7)


def ways(today: Today) -> Sequence[Way] | str:
    """One and two years more than is usual."""
    tenure = today.choice("tenure")
    if tenure == "rented":
        return "the machines are rented: how long they are kept is their owner's to say"
    present = today.figure("it_life_year")
    if present is None:
        return Lacking("how long machines are kept is not known: state known.it_life_year")
    found = [Way(f"keep the machines for {years} years, not {present.value:g}", {"known.it_life_year": years},
                 id=f"{years}-years") for years in YEARS if years > present.value]  # fmt: skip
    return found or f"the machines are kept for {present.value:g} years already"


LEVER = Lever(
    id="hardware-lifetime",
    title="machines kept longer",
    group="lifecycle",
    changes="the years over which machines are written off",
    effort_d=(2, 1, 10),
    risk="medium",
    doubt="no energy of this run is saved: embodied carbon and capital are; newer machines would take less energy, and "
    "failures grow with age; five years are usual unless stated",
    quality=SAME,
    evidence=(
        Evidence(
            "servers are written off over six years since 2023",
            "Alphabet, form 10-K for 2022; Microsoft, form 10-Q of January 2023",
            "claimed",
        ),
        Evidence(
            "servers over 5.5 years from 2025; another operator went back from six years to five for some of its own",
            "Meta, form 10-K for 2024; Amazon, form 10-K for 2024",
            "claimed",
        ),
    ),
    ways=ways,
)
