"""A better site: less beside the machines for cooling and distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from thirdwatt.facts import table
from thirdwatt.ledger.change import Three
from thirdwatt.ledger.ledger import path_of
from thirdwatt.search.levers.lever import SAME, Evidence, Lacking, Lever, Today, Way
from thirdwatt.search.levers.region import OF_HALL, basis_of, moved, places, vendor_of

BEST = {"no": "hyperscale", "yes": "liquid"}
"""Best kind of site by whether it is cooled by liquid: a move from one to the other is a lever of its own."""
LESS = 0.03
"""How much a PUE must fall for a move to be worth a look."""
MOST = 2
EFFORT_D: dict[str, Three] = {"colo": (60.0, 20.0, 150.0), "own": (400.0, 150.0, 900.0)}


def ways(today: Today) -> Sequence[Way] | str:
    """Halls as the best of the kind are, or the vendor's regions of lowest PUE."""
    pue, tenure = today.value("pue"), today.choice("tenure")
    if pue is None:
        return Lacking("the PUE is not known: state site.pue or site.facility")
    if today.choice("facility") == "room":
        return "the machine stands in a room: there is no plant to better"
    if tenure == "rented" and vendor_of(today):
        return _of_vendor(today, pue)
    facilities = table("facilities").rows
    kind = BEST[facilities[today.choice("facility")].text["liquid"]]
    best = facilities[kind].figures["typical_pue_ratio"].value
    if pue - best < LESS:
        return f"a PUE of {pue:.3g} is about as good as the best sites of its kind have, {best:.3g}"
    sets: dict[str, Any] = dict.fromkeys(path_of(each) for each in OF_HALL if today.known(each))
    place = "rent in" if tenure == "rented" else "move to"
    words = f"{place} one of the best sites of its kind, at a PUE of {best:.3g}"
    return [Way(words, {**sets, "site.facility": kind}, effort_d=EFFORT_D.get(tenure))]


def _of_vendor(today: Today, pue: float) -> Sequence[Way] | str:
    """Regions of the vendor with a lower PUE on grids that are no dirtier."""
    vendor, present = vendor_of(today), today.value("grid_intensity_kg_per_kwh")
    if "site.facility" in today.stated or today.known("pue"):
        return "a PUE or a kind of site is stated: leave both out to have the vendor's regions compared"
    found = sorted(
        (row.figures["typical_pue_ratio"].value, each.region.id)
        for each in places(vendor, basis_of(today))
        for row in table("grids").lineage(each.region.id)
        if "typical_pue_ratio" in row.figures and (present is None or each.kg_per_kwh <= present)
    )
    rows = table("grids").rows
    better = [
        Way(
            f"run in {rows[region].name}, at a PUE of {ratio:.3g}",
            {**moved(today), "site.region": region, "site.basis": basis_of(today)},
            id=region,
        )
        for ratio, region in found
        if ratio <= pue - LESS
    ]
    return better[:MOST] or f"no region of {vendor} on a grid as clean as today's is known to have a lower PUE"


LEVER = Lever(
    id="site",
    title="better site",
    group="place",
    changes="the hall: its PUE and water",
    effort_d=(5, 2, 15),
    risk="medium",
    doubt="a mean of a fleet is not the hall one gets; buildings of one's own are years of work and embodied carbon",
    quality=SAME,
    evidence=(
        Evidence(
            "fleets of large clouds report a PUE of 1.08 (Meta), 1.09 (Google), 1.15 (AWS) and 1.16 (Microsoft) for "
            "2024; the mean of sites surveyed in 2025 is 1.54, and one vendor's regions lie between 1.07 and 1.46",
            "operators' reports, thirdwatt facts facilities and grids; Uptime Institute 2025",
            "replicated",
        ),
    ),
    ways=ways,
)
