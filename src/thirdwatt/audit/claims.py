"""The form of a file of claims: what is claimed, and by which kind of check it can be judged."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, TypeAdapter, ValidationError

from thirdwatt.ledger.ledger import ACCOUNTED
from thirdwatt.quantity import COMPONENTS
from thirdwatt.scenario.mistakes import InputError, Mistake
from thirdwatt.scenario.read import strictly
from thirdwatt.scenario.schema import Section

Component: Any = Literal[COMPONENTS]
Totalled: Any = Literal[(*ACCOUNTED, "accelerator_hours")]
"""Totals that can be claimed: every account, and the hours."""

LARGEST = 1e30
"""No figure that is claimed is larger, so that no check overflows."""

Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]
Amount = Annotated[float, Field(ge=0, le=LARGEST)]
Share = Annotated[float, Field(ge=0, lt=1)]


class Stated(Section):
    """What every claim has: an id, its words, and who says so."""

    id: str
    text: str
    by: str = ""


class Equivalent(Stated):
    """A mass of CO2 is so many of a thing."""

    check: Literal["equivalent"]
    carbon_t: Amount
    count: Amount
    thing: str
    period_said: bool = True
    edition: str | None = None


class Product(Stated):
    """Factors make up a result; their units must be such that they do."""

    check: Literal["product"]
    factors: list[Number] = Field(min_length=1)
    result: Number
    within: Share = 0.005


class Figure(Stated):
    """A figure of a fact table, or a range of one quantity over all its rows."""

    check: Literal["figure"]
    table: str
    quantity: str
    row: str | None = None
    value: Number | None = None
    low: Number | None = None
    high: Number | None = None


class CoolingShare(Stated):
    """Cooling is a share of the power of the whole site; at a PUE, if one is stated."""

    check: Literal["cooling-share"]
    low: Share
    high: Share
    pue: float | None = Field(default=None, ge=1, le=LARGEST)


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
    quantity: Totalled
    value: Number
    boundary: str | None = None


class Reported(Stated):
    """A figure of a published run is so much."""

    check: Literal["reported"]
    run: str
    quantity: str
    value: Number
    leaves_out: str = ""


class Offset(Stated):
    """Carbon of a run or a site is called none because something was bought or planted."""

    check: Literal["offset"]
    run: str | None = None
    carbon_kg: Amount | None = None


class Statement(Stated):
    """Something that is said and that no figure here can settle."""

    check: Literal["statement"]
    why: str


Claim = Annotated[
    Equivalent | Product | Figure | CoolingShare | Quadrant | Total | Reported | Offset | Statement,
    Field(discriminator="check"),
]
"""One claim, told apart by its check."""

CHECKS: Mapping[str, type[Stated]] = {
    get_args(kind.model_fields["check"].annotation)[0]: kind for kind in get_args(get_args(Claim)[0])
}
"""Kinds of claim by the name of their check."""

_CLAIMS: TypeAdapter[list[Any]] = TypeAdapter(list[Claim])


def read(where: str) -> list[Any]:
    """Claims of a TOML file with ``[[claim]]`` tables, or of YAML or JSON of that form.

    Raises
    ------
    InputError
        With every mistake in it.
    """
    document = strictly(where)
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
        # The first step into a claim is its check, by which pydantic tells the kinds apart; a field may share its name.
        path = ".".join(map(str, rest[1:] if rest and rest[0] in CHECKS else rest))
        said = problem["msg"][0].lower() + problem["msg"][1:]
        found.append(Mistake(f"claim[{number}]{'.' if path else ''}{path}", said))
    return found
