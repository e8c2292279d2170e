"""In whose greenhouse-gas inventory a run stands, and where: by tenure.

GHG Protocol Corporate Standard (2004), Scope 2 Guidance (2015) and Scope 3 Standard (2011), from the side of whoever
trains the model.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """Scope and category of the electricity of IT equipment, of the building's overhead, and of embodied carbon."""

    electricity: str
    overhead: str
    embodied: str


BY_TENURE = {
    "own": Scope("scope 2", "scope 2", "scope 3, category 2 (capital goods)"),
    "colo": Scope("scope 2", "scope 3, category 8 (leased assets)", "scope 3, category 2; the building's category 8"),
    "rented": Scope(
        "scope 3, category 1 (purchased services)",
        "scope 3, category 1 (purchased services)",
        "scope 3, category 1 (purchased services)",
    ),
}

OVERHEAD = ("power_distribution", "cooling", "facility_other")
"""Components that belong to the building."""

_OPERATED = {
    "energy_kwh": "E1-5, energy consumption and mix",
    "carbon_kg": "E1-6, scope 2, location-based",
    "carbon_market_kg": "E1-6, scope 2, market-based",
    "embodied_kg": "E1-6, scope 3, category 2 (capital goods)",
    "onsite_water_l": "E3-4, water consumption in own operations",
}
_BOUGHT = {
    "energy_kwh": "none: E1-5 counts energy of one's own operations",
    "carbon_kg": "E1-6, scope 3, category 1 (purchased services)",
    "embodied_kg": "E1-6, scope 3, category 1 (purchased services)",
    "onsite_water_l": "none: E3-4 counts water of one's own operations",
}

ESRS = {"own": _OPERATED, "colo": _OPERATED, "rented": _BOUGHT}
"""Datapoint of the European Sustainability Reporting Standards (2023) for each figure, by tenure."""
