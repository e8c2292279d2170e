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
