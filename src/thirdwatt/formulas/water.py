"""Water: evaporated on site and at the power stations.

WUE is per unit of IT energy, the water of the grid per unit of facility energy; both are consumption, not withdrawal.

All arguments broadcast to (V, S).

References
----------
.. [1] ISO/IEC 30134-9:2022, Data centres, key performance indicators, part 9: WUE.
.. [2] Li, Yang, Islam, Ren 2023, Making AI Less "Thirsty", arXiv:2304.03271, equations 1 to 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Num


@quantity
def onsite_water_l(it_energy_kwh: Num, wue_l_per_kwh: Num) -> Num:
    """Water evaporated by cooling [1]_: WUE times IT energy."""
    return it_energy_kwh * wue_l_per_kwh


@quantity
def grid_water_l(facility_energy_kwh: Num, grid_water_l_per_kwh: Num) -> Num:
    """Water evaporated in generating the electricity [2]_."""
    return facility_energy_kwh * grid_water_l_per_kwh


@quantity(parts=True)
def water_l(onsite_water_l: Num, grid_water_l: Num) -> Num:
    """Water consumed on site and at the power stations."""
    return onsite_water_l + grid_water_l
