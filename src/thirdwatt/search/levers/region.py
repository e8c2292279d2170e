"""Another region: the same run on a grid that emits less for a kWh."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from thirdwatt.facts import Row, table
from thirdwatt.ledger.ledger import path_of
from thirdwatt.scenario.parse import BASES
from thirdwatt.search.levers.lever import SAME, Evidence, Lacking, Lever, Today, Way

MOST = 4
BETTER = 0.9
"""Intensity to today's from which on a move is worth a look."""
OF_PLACE = ("grid_intensity_kg_per_kwh", "marginal_intensity_kg_per_kwh", "electricity_usd_per_kwh")
OF_HALL = ("pue", "cooling_share", "wue_l_per_kwh")
"""What is stated of a place, and of a hall that is left where it is rented."""
CLOUD = {"oracle": "oci"}
"""What regions of a vendor are called by where it is not its own name."""
MAKERS = {"Google": "gcp", "Amazon Web Services": "aws", "Microsoft": "azure"}
"""Clouds whose own chips stand in no other's halls."""
CLOSED = ("gov", ":cn-", ":china")
"""Parts of the ids of regions that not everybody may rent in."""
EFFORT_D = {"rented": (5.0, 2.0, 15.0), "colo": (30.0, 10.0, 90.0), "own": (250.0, 90.0, 600.0)}


@dataclass(frozen=True, slots=True)
class Place:
    """A cloud's region with the grid whose published intensity counts there."""

    region: Row
    grid: Row
    kg_per_kwh: float


def ways(today: Today) -> Sequence[Way] | str:
    """The cleanest grids that a cloud has regions on: the vendor's own, or any where no vendor is stated."""
    present, tenure = today.value("grid_intensity_kg_per_kwh"), today.choice("tenure")
    if present is None or today.value("carbon_kg") is None:
        return Lacking("the intensity of today's grid is not known: state site.region")
    if today.choice("facility") == "room":
        return "the machine stands in a room, where its owner is: state site.region to compare"
    vendor = vendor_of(today)
    found = sorted(places(vendor, basis_of(today)), key=lambda each: (each.kg_per_kwh, each.region.id))
    if not found:
        return f"no region of {vendor} is among the facts: state site.region of another vendor to compare"
    cleaner: dict[str, Place] = {}
    for each in found:
        if each.kg_per_kwh <= BETTER * present:
            cleaner.setdefault(each.grid.id, each)
    if not cleaner:
        return f"no region known emits less than {BETTER:.0%} of today's {present:.3g} kg/kWh"
    return [
        Way(
            f"run in {(each.region if vendor else each.grid).name}, at {each.kg_per_kwh:.3g} kg/kWh",
            {**moved(today), "site.region": each.region.id if vendor else each.grid.id, "site.basis": basis_of(today)},
            id=each.region.id if vendor else each.grid.id,
            effort_d=EFFORT_D[tenure],
        )
        for each in list(cleaner.values())[:MOST]
    ]


def vendor_of(today: Today) -> str:
    """Cloud whose regions count: one that is stated, whose region or machine is, or that alone has the chip; empty if
    none.
    """
    prefix, colon, _ = today.choice("region").partition(":")
    clouds = {row.id.partition(":")[0] for row in _regions()}
    maker = table("accelerators").rows[today.choice("accelerator")].text.get("vendor", "")
    vendor = today.choice("vendor")
    return CLOUD.get(vendor, vendor) or (prefix if colon and prefix in clouds else MAKERS.get(maker, ""))


def basis_of(today: Today) -> str:
    """Basis on which grids are compared: today's, or where nobody says one, that which counts most."""
    present = today.choice("basis")
    return present if present in BASES else BASES[0]


def places(vendor: str, basis: str) -> Iterator[Place]:
    """Regions of a vendor, or of all, on one basis and never on two."""
    name = f"grid_intensity_kg_per_kwh@{basis}"
    for region in _regions():
        if vendor in ("", region.id.partition(":")[0]):
            lineage = table("grids").lineage(region.id)
            grid = next((row for row in lineage if name in row.figures), None)
            if grid is not None:
                yield Place(region, grid, grid.figures[name].value)


def _regions() -> Iterator[Row]:
    clouds = (row for row in table("grids") if row.text.get("kind") == "cloud-region")
    return (row for row in clouds if not any(part in row.id for part in CLOSED))


def moved(today: Today) -> dict[str, Any]:
    """What is stated of the present place and would not hold of another; a hall of one's own is built alike."""
    names = OF_PLACE if today.choice("tenure") == "own" else (*OF_PLACE, *OF_HALL)
    return dict.fromkeys(path_of(each) for each in names if today.known(each))


LEVER = Lever(
    id="region",
    title="cleaner grid",
    group="place",
    changes="the region, and with it carbon, price of electricity, water and perhaps PUE",
    effort_d=(5, 2, 15),
    risk="medium",
    doubt="data may have to stay where they are, and machines may not be had there; an average intensity says nothing "
    "of what the grid does because of the run; where today's intensity is stated without a basis, it may count less",
    quality=SAME,
    evidence=(
        Evidence(
            "yearly means of grids lie between 0.03 and 0.7 kg/kWh",
            "Ember 2025, eGRID 2023 and others, thirdwatt facts grids",
            "replicated",
        ),
        Evidence(
            "moving work to cleaner regions saves far more than moving it in time, as far as there is room",
            "Sukprasert et al., On the Limitations of Carbon-Aware Temporal and Spatial Workload Shifting in the "
            "Cloud, EuroSys 2024, arXiv:2306.06502",
            "measured",
        ),
    ),
    ways=ways,
)
