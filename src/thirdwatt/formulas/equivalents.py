"""Equivalents: a mass of CO2 in things people know, by edition of the table of factors.

Factors move by up to a half between editions, so an equivalent without its edition means nothing.

References
----------
.. [1] US EPA, Greenhouse Gas Equivalencies Calculator, Calculations and References.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Num


@quantity
def equivalent_count(carbon_kg: Num, carbon_kg_per_equivalent: Num) -> Num:
    """How many of a thing emit, or take up, this much [1]_."""
    return carbon_kg / carbon_kg_per_equivalent
