"""The form of a file of claims: what is claimed, and by which kind of check it can be judged."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from thirdwatt.quantity import COMPONENTS
from thirdwatt.scenario.mistakes import InputError, Mistake
from thirdwatt.scenario.read import loosely
from thirdwatt.scenario.schema import Section

Component: Any = Literal[COMPONENTS]


class Stated(Section):
    """What every claim has: an id, its words, and who says so."""

    id: str
    text: str
    by: str = ""


class Equivalent(Stated):
    """A mass of CO2 is so many of a thing."""

    check: Literal["equivalent"]
    carbon_t: float
    count: float
    thing: str
    period_said: bool = True
    edition: str | None = None


class Product(Stated):
    """Factors make up a result; their units must be such that they do."""

    check: Literal["product"]
    factors: list[float]
    result: float
    within: float = 0.005


class Figure(Stated):
    """A figure of a fact table, or a range of one quantity over all its rows."""

    check: Literal["figure"]
    table: str
    quantity: str
    row: str | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None


class CoolingShare(Stated):
    """Cooling is a share of the power of the whole site; at a PUE, if one is stated."""

    check: Literal["cooling-share"]
    low: float
    high: float
    pue: float | None = None


class Quadrant(Stated):
    """A component stands in a quadrant of cost and power."""

    check: Literal["quadrant"]
    component: Component
    quadrant: str
    scenario: str = "gpt-4o"


class Total(Stated):
    """A total of a scenario is so much, within a boundary if one is said."""

    check: Literal["total"]
    scenario: str
    quantity: Literal["energy_kwh", "carbon_kg", "water_l", "cost_usd", "embodied_kg", "accelerator_hours"]
    value: float
    boundary: str | None = None


class Reported(Stated):
    """A figure of a published run is so much."""

    check: Literal["reported"]
    run: str
    quantity: str
    value: float
    leaves_out: str = ""


class Offset(Stated):
    """Carbon of a run or a site is called none because something was bought or planted."""

    check: Literal["offset"]
    run: str | None = None
    carbon_kg: float | None = None


class Statement(Stated):
    """Something that is said and that no figure here can settle."""

    check: Literal["statement"]
    why: str


Claim = Annotated[
    Equivalent | Product | Figure | CoolingShare | Quadrant | Total | Reported | Offset | Statement,
    Field(discriminator="check"),
]
"""One claim, told apart by its check."""

_CLAIMS: TypeAdapter[list[Any]] = TypeAdapter(list[Claim])


def read(where: str) -> list[Any]:
    """Claims of a TOML file with ``[[claim]]`` tables.

    Raises
    ------
    InputError
        With every mistake in it.
    """
    _, document = loosely(where)
    claims = document.get("claim") if isinstance(document, dict) else None
    if not isinstance(claims, list):
        raise InputError([Mistake(where, "holds no claims", "write [[claim]] tables in TOML")])
    try:
        found = _CLAIMS.validate_python(claims)
    except ValidationError as error:
        raise InputError(_mistakes(error), Path(where).stem) from None
    seen: dict[str, int] = {}
    twice = [claim.id for claim in found if seen.setdefault(claim.id, id(claim)) != id(claim)]
    if twice:
        raise InputError([Mistake(f"claim.{name}", "stands twice") for name in twice], Path(where).stem)
    return found


def _mistakes(error: ValidationError) -> list[Mistake]:
    found = []
    for problem in error.errors(include_url=False, include_context=False):
        number, *rest = problem["loc"]
        path = ".".join(str(part) for part in rest if part not in _CHECKS)
        said = problem["msg"][0].lower() + problem["msg"][1:]
        found.append(Mistake(f"claim[{number}]{'.' if path else ''}{path}", said))
    return found


_CHECKS = frozenset(
    ["equivalent", "product", "figure", "cooling-share", "quadrant", "total", "reported", "offset", "statement"]
)
