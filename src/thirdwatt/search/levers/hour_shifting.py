"""Cleaner hours: a short run starts within a day of when it could, at the hour that emits least."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thirdwatt.ledger.change import Three
from thirdwatt.search.levers.lever import SAME, Evidence, Lacking, Lever, Today, Way

LENGTHS_H = (1.0, 8.0, 24.0, 48.0, 96.0, 168.0)
SAVED = ((0.144, 0.103, 0.040, 0.028, 0.018, 0.008), (0.032, 0.009, 0.0, 0.0, 0.0, 0.0),
         (0.254, 0.194, 0.090, 0.062, 0.035, 0.019))  # fmt: skip
"""Share of the carbon saved by runs of these lengths that may start in any hour of a day: the mean of what a perfect
forecast and yesterday's curve save, the least of the latter, the most of the former."""

CLEANEST = 0.05
"""Intensity in kg/kWh below which a grid is cleaner than any of those: little of it is left to avoid."""


def ways(today: Today) -> Sequence[Way] | str:
    """The mean effect for a run as long as this one."""
    hours = today.value("wall_time_h")
    if hours is None or today.figure("grid_intensity_kg_per_kwh") is None or today.value("carbon_kg") is None:
        return Lacking("the length of the run, or the intensity of its grid, is not known")
    if today.ledger.figures["grid_intensity_kg_per_kwh"].value < CLEANEST:
        return "the grid is cleaner than all whose hours were compared, and nobody showed what its own differ by"
    if hours > LENGTHS_H[-1]:
        return f"a run of {hours / 24:.0f} days sees clean and dirty hours alike: only one of days can avoid some"
    return [Way("start at the cleanest hour of the next day", scales={"grid_intensity_kg_per_kwh": left(hours)})]


def left(hours: float) -> Three:
    """Carbon of a run of some length that starts at the best hour, to one that starts at any."""
    value, least, most = (float(np.interp(hours, LENGTHS_H, shares)) for shares in SAVED)
    return 1 - value, 1 - most, 1 - least


LEVER = Lever(
    id="hour-shifting",
    title="cleaner hours",
    group="place",
    changes="when the run starts, within a day; energy stays",
    effort_d=(1, 0.3, 3),
    risk="low",
    doubt="the mean of the grids of Germany, Britain and France in 2020: one that is steady saves less, one with more "
    "sun more; machines that are held and wait take what this saves",
    quality=SAME,
    evidence=(
        Evidence(
            "on hourly traces of 2020 a job of 8 hours that may start within a day saved 11 to 19 % with a perfect "
            "forecast and 1 to 8 % by yesterday's curve; one of a day 6 to 9 % and nothing; one of a week 1 to 2 %",
            "computed here from the traces of Wiesner et al., Let's Wait Awhile, Middleware 2021, arXiv:2110.13234",
            "measured",
        ),
        Evidence(
            "across 123 regions what can be saved in practice is small and shrinks as grids get cleaner",
            "Sukprasert et al., EuroSys 2024, arXiv:2306.06502",
            "measured",
        ),
    ),
    ways=ways,
    excludes=frozenset({"region"}),  # what hours of a cleaner grid differ by is not known
)
