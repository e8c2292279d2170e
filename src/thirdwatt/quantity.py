"""The shared vocabulary: quantities, their kinds, their units, and observations.

Everything in thirdwatt speaks in *named quantities*. The name carries the unit as its ending
(``accelerator_power_w``, ``grid_intensity_kg_per_kwh``); a formula is a function whose name is the quantity it
computes and whose parameter names are the quantities it needs. :func:`quantity` marks such a function and gives it
back unchanged.

The module is read by the meter inside a training process, so it costs next to nothing to import: no numpy, and
none of ``dataclasses``, ``typing``, ``enum`` and ``inspect`` at run time.
"""

from __future__ import annotations

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias, TypeVar, overload

    import numpy as np
    from numpy.typing import NDArray

    Num: TypeAlias = float | NDArray[np.float64]
    Code: TypeAlias = int | NDArray[np.intp]
    F = TypeVar("F", bound=Callable[..., Any])

OBSERVATIONS_SCHEMA = "thirdwatt/observations/1"

J_PER_KWH = 3.6e6

KINDS = ("exact", "measured", "stated", "modelled", "published", "assumed")
"""Kinds of figure, the best supported first."""

BOUNDARIES = ("accelerators", "accelerators+facility", "it", "facility")
"""What an energy figure may include, the narrowest first."""

COMPONENTS = (
    "accelerators",
    "cpu_servers",
    "network",
    "storage",
    "backup",
    "monitoring",
    "redundancy",
    "power_distribution",
    "cooling",
    "facility_other",
)

PHASES = (
    "compute",
    "communication",
    "bubble",
    "rollout",
    "reward",
    "sync",
    "data_stall",
    "checkpoint",
    "lost_to_failure",
    "evaluation",
    "idle",
    "retention",
)

LOSSES = PHASES[3:-1]
"""Phases in which no step runs that counts; generating, scoring and sending weights are ratios to steps as well."""

FORMATS = ("narrow", "wide")
"""Products in the training's precision, and those that stay in 16 bit or more."""

AXES = {"boundary": BOUNDARIES, "component": COMPONENTS, "phase": PHASES, "loss": LOSSES, "format": FORMATS}
"""Axes a quantity may have, by the first word of its name, with the names along them."""

Observation = namedtuple(
    "Observation", ("quantity", "value", "low", "high", "unit", "kind", "source", "scope"), defaults=("rate",)
)
"""One thing a meter or a scan saw: what the ledger prices. ``scope`` is ``rate`` (holds for any run of that kind) or
``run`` (belongs to this run alone)."""

Spec = namedtuple("Spec", ("given", "parts", "component"))
"""What :func:`quantity` notes on a formula: its triggers, whether it is a total, the component it accounts for."""

_PLAIN = Spec(given=(), parts=False, component=None)

if TYPE_CHECKING:

    @overload
    def quantity(function: F, /) -> F: ...
    @overload
    def quantity(
        *, given: tuple[str, ...] = (), parts: bool = False, component: str | None = None
    ) -> Callable[[F], F]: ...


def quantity(
    function: Any = None,
    /,
    *,
    given: tuple[str, ...] = (),
    parts: bool = False,
    component: str | None = None,
) -> Any:
    """Mark a function as the formula of the quantity it is named after, and give it back unchanged.

    Parameters
    ----------
    given
        Triggers: quantities that must be informed for this alternative to be chosen. A function
        ``name__alternative`` is another way to get ``name``; exactly one, the default, has no trigger.
    parts
        The parameters are the parts of a total and the body is their plain sum.
    component
        The component of the cluster whose energy this is; at most one formula each.
    """
    if function is not None:
        function.__quantity__ = _PLAIN
        return function
    spec = Spec(given=tuple(given), parts=parts, component=component)

    def mark(marked: F) -> F:
        marked.__quantity__ = spec  # type: ignore[attr-defined]
        return marked

    return mark


# --- units ------------------------------------------------------------------------------------------------------

_UNITS: dict[str, dict[str, int]] = {
    **{u: {u: 1} for u in ("kw", "h", "s", "year", "kg", "g", "t", "usd", "l", "byte", "tb", "flop", "j", "nats")},
    "hours": {"h": 1},
    "kwh": {"kw": 1, "h": 1},
    "w": {"j": 1, "s": -1},
    "mm": {"mm": 1},
    "mm2": {"mm": 2},
    "v": {"v": 1},
    "hz": {"s": -1},
}
"""Each token is a base of its own; ``kwh``, ``w``, ``mm2`` and ``hz`` are the only products. Anything else needs a
conversion quantity of kind *exact* such as ``w_per_kw``, so that a forgotten 1,000 is found by rescaling the bases."""

_COUNTED = frozenset(["accelerator", "parameter", "token", "tokens", "failure", "mac", "port", "equivalent"])
_ENDINGS = frozenset(["count", "share", "ratio", "factor", "copies", "code", "width", "length", "rank"])
_BARE = frozenset(("pue", "mfu", "goodput", "epochs"))

_SYMBOLS = {
    "kw": "kW", "w": "W", "kwh": "kWh", "j": "J", "l": "L", "usd": "USD", "flop": "FLOP", "tb": "TB",
    "byte": "B", "hours": "h", "mm2": "mm²", "v": "V", "hz": "Hz",
}  # fmt: skip


class UnitError(ValueError):
    """The name of a quantity does not say its unit."""


def _numerator(name: str) -> str:
    head = name.split("_per_")[0]
    return head.rsplit("_", 1)[-1]


def dimension(name: str) -> dict[str, int]:
    """Exponents of the base units that a quantity's name declares.

    Raises
    ------
    UnitError
        If the name ends in nothing that is a unit, a counted thing or a listed dimensionless ending.

    Examples
    --------
    >>> dimension("electricity_usd_per_kwh") == {"usd": 1, "kw": -1, "h": -1}
    True
    >>> dimension("pue")
    {}
    """
    token = _numerator(name)
    denominators = name.split("_per_")[1:]
    known = token in _UNITS or token in _ENDINGS or name.split("_per_")[0] in _BARE
    if not known and not (denominators and token in _COUNTED):
        raise UnitError(
            f"{name!r}: {token!r} is no unit; end the name in one of "
            f"{', '.join(sorted(_UNITS))} or in one of {', '.join(sorted(_ENDINGS))}"
        )
    total = dict(_UNITS.get(token, {}))
    for denominator in denominators:
        for part in denominator.split("_"):
            if part not in _UNITS and part not in _COUNTED:
                raise UnitError(f"{name!r}: 'per {part}' is neither a unit nor a counted thing")
            for base, power in _UNITS.get(part, {}).items():
                total[base] = total.get(base, 0) - power
    return {base: power for base, power in total.items() if power}


def unit(name: str) -> str:
    """Unit of a quantity as people write it: ``kg/kWh``, ``W``, ``1`` for shares and counts.

    Examples
    --------
    >>> unit("grid_intensity_kg_per_kwh"), unit("pue")
    ('kg/kWh', '1')
    """
    token = _numerator(name)
    known = token in _UNITS or (token in _COUNTED and "_per_" in name)
    text = _SYMBOLS.get(token, token) if known else "1"
    for denominator in name.split("_per_")[1:]:
        text += "/" + "·".join(_SYMBOLS.get(part, part) for part in denominator.split("_"))
    return text


def axis(name: str) -> tuple[str, ...]:
    """Names along the leading axis of a quantity; empty if it has none.

    Examples
    --------
    >>> axis("boundary_energy_kwh")[0], axis("facility_energy_kwh")
    ('accelerators', ())
    """
    return AXES.get(name.partition("_")[0], ())


def limits(name: str) -> tuple[float, float]:
    """Smallest and largest value a quantity can physically have.

    Examples
    --------
    >>> limits("pue"), limits("mfu")
    ((1.0, 10.0), (0.0, 1.0))
    """
    if name == "pue" or name.endswith("_pue_ratio"):
        return 1.0, 10.0
    if name == "development_multiplier_ratio":
        return 1.0, 1e40  # a project holds its final run
    if name == "halving_factor":
        return 1.1, 1e40  # at 1 no trial is ever given up
    if name == "padding_share":
        return 0.0, 0.999  # where all is padding, nothing is trained
    if name in ("mfu", "goodput") or name.split("_per_")[0].endswith("_share"):
        return 0.0, 1.0
    return 0.0, 1e40
