"""Numbers as people read them: three digits, one unit for a table, thousands apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from thirdwatt.quantity import unit

SCALES = {
    "kWh": ((1e9, "TWh"), (1e6, "GWh"), (1e3, "MWh"), (1, "kWh"), (1e-3, "Wh")),
    "W": ((1e9, "GW"), (1e6, "MW"), (1e3, "kW"), (1, "W"), (1e-3, "mW")),
    "kg": ((1e9, "Mt"), (1e6, "kt"), (1e3, "t"), (1, "kg"), (1e-3, "g")),
    "L": ((1e9, "million m3"), (1e6, "thousand m3"), (1e3, "m3"), (1, "L")),
    "USD": ((1e9, "billion USD"), (1e6, "million USD"), (1, "USD")),
    "h": ((8760, "years"), (24, "days"), (1, "h"), (1 / 60, "min")),
    "B": ((1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1, "B")),
    "B/s": ((1e12, "TB/s"), (1e9, "GB/s"), (1e6, "MB/s"), (1, "B/s")),
    "FLOP/s": ((1e15, "PFLOP/s"), (1e12, "TFLOP/s"), (1e9, "GFLOP/s"), (1, "FLOP/s")),
    "hours": ((1, "h"),),
    "1": ((1e12, "trillion"), (1e9, "billion"), (1, "")),
}
"""Larger and smaller names of each unit, the largest first."""

SIZES: Mapping[str, float] = {name: factor for steps in SCALES.values() for factor, name in steps if name}
"""How many of its base unit each named unit holds: ``SIZES["MWh"]`` is 1,000, of kWh."""

SPAN = 1e4
"""Largest over smallest value up to which one unit serves a whole column of a table."""


def unit_to_read(quantity: str) -> str:
    """Unit in which a quantity is read; hours of many accelerators at once stay hours."""
    return "hours" if quantity.endswith("_hours") else unit(quantity)


def scale(values: Iterable[float], symbol: str) -> tuple[float, str]:
    """Factor and name of the unit in which the largest of some values reads best."""
    largest = max((abs(value) for value in values), default=0.0)
    steps = SCALES.get(symbol, ((1.0, symbol),))
    if not largest:  # nothing is nothing of the unit itself
        return next(step for step in steps if step[0] == 1)
    for factor, name in steps:
        if largest >= factor * (2 if symbol == "h" else 1):
            return factor, name
    return steps[-1]


def shared(values: Iterable[float], symbol: str) -> tuple[float, str] | None:
    """Factor and name of one unit for a column; ``None`` where its values are too far apart for any.

    Examples
    --------
    >>> shared([19_600_000, 2_100], "kWh"), shared([19_600_000, 0.4, 0], "kWh")
    ((1000000.0, 'GWh'), None)
    """
    sizes = [abs(value) for value in values if value]
    return None if sizes and max(sizes) > SPAN * min(sizes) else scale(sizes, symbol)


def plain(value: float, digits: int = 3) -> str:
    """Three significant digits, thousands apart, powers of ten only beyond 1e15 and below 0.001.

    Examples
    --------
    >>> plain(1234567.0), plain(0.41), plain(19.6)
    ('1,230,000', '0.41', '19.6')
    """
    size = abs(value)
    if size and not 1e-3 <= size < 1e15:
        return f"{value:.{digits}g}"
    if size >= 1000 or size >= 10 ** (digits - 1):
        return f"{round(value, digits - len(str(int(size)))):,.0f}"
    return f"{value:.{digits}g}"


def amount(value: float, symbol: str, digits: int = 3) -> str:
    """A value in the unit that suits it.

    Examples
    --------
    >>> amount(19_600_000, "kWh"), amount(7_546_000, "kg", 4)
    ('19.6 GWh', '7.546 kt')
    """
    factor, name = scale([value], symbol)
    return f"{plain(value / factor, digits)} {name}".rstrip()


def span(low: float, high: float, symbol: str, by: float | None = None) -> str:
    """An interval in the unit of its own larger end, or of a value beside it."""
    factor, name = scale([high if by is None else by], symbol)
    return f"{plain(low / factor)} to {plain(high / factor)} {name}".rstrip()


def percent(share: float) -> str:
    """A share as a percentage of two or three digits."""
    value = 100 * share
    return f"{value:.0f} %" if value >= 10 else f"{value:.1f} %" if value >= 0.05 else "0 %" if value == 0 else "<0.1 %"
