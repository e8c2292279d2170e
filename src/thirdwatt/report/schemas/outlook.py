"""What ``outlook`` reads and prints."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from thirdwatt.outlook.assumptions import BY_YEAR, REGIMES, SECTIONS
from thirdwatt.quantity import limits, unit
from thirdwatt.report.schemas.parts import UNBOUNDED, Kind, Strict, Three


class OutlookFan(Strict):
    """Percentiles of a quantity, a row a year."""

    unit: str
    percentiles: list[list[float]]


class OutlookBinding(Strict):
    """Shares of paths in which each cap binds; they add up to 1."""

    year: int
    shares: dict[str, float]


class OutlookBanked(Strict):
    """What is left of a gain at one rebound, percentiles of the sum over the years; null for runs alone.

    Months of growth that make up for it; null where it never is, since nothing grows.
    """

    rebound: float
    energy_kwh: list[float] | None
    carbon_kg: list[float] | None
    months: dict[str, list[float | None]]


class OutlookThird(Strict):
    """What a gain buys; ``rebound`` is the one stated.

    Ratios are of a frontier run with the gain to the same run without, in the last year.
    """

    gain: float
    when: int
    by: Literal["chip", "draw", "method"]
    until: int
    rebound: float | None
    by_rebound: list[OutlookBanked]
    growth: dict[str, list[float]]
    run_energy_ratio: list[float]
    run_flop_ratio: list[float]
    binding: dict[str, float]


class OutlookOutgrown(Strict):
    """Share of paths on which a frontier run draws more than a site may, or on which generation bounds data centres."""

    year: int
    share: float


class OutlookAround(Strict):
    """A state around a site: what it generated in a year, and the site's part of it."""

    name: str
    year: int
    generation_kwh: float
    share: Three


class OutlookSite(Strict):
    """One site; ``place`` is the grid whose generation it is a part of, ``nation`` and ``within`` where it stands."""

    power_kw: float
    region: str
    place: str
    year: int
    national: bool
    nation: str
    within: str
    generation_kwh: float
    energy_kwh: Three
    share: Three
    local: OutlookAround | None
    outgrown: list[OutlookOutgrown]


class OutlookEra(Strict):
    """Electricity of data centres from one year to another."""

    first: int
    last: int
    before_kwh: float
    after_kwh: float
    grew: float


class OutlookTold(Strict):
    """Electricity of a company in a year."""

    year: int
    kwh: float


class OutlookCompany(Strict):
    """What one company told of all its electricity."""

    name: str
    told: list[OutlookTold]


class OutlookForecast(Strict):
    """What somebody else forecast, and the share of paths below it."""

    id: str
    year: int
    source: str
    case: str
    issued: str
    kwh: float
    paths_below: float
    second_hand: bool


class OutlookMember(Strict):
    """One line of the ensemble."""

    since: int
    largest: int
    n: int
    growth: float
    deviation_dex: float


class OutlookFits(Strict):
    """Lines through frontier runs, and what their spread is scaled by; ``own_runs`` are in no table."""

    runs: int
    own_runs: list[str]
    scale: float
    members: list[OutlookMember]


class OutlookBar(Strict):
    """What was demanded of the fits beforehand."""

    what: str
    value: float
    demanded: str
    holds: bool


class OutlookTrack(Strict):
    """How such forecasts did: shares of outcomes inside intervals by name, and where they lay in ten bins."""

    bars: list[OutlookBar]
    coverage: dict[str, float]
    pit: list[int]
    forecast_ln_rmse: float


class OutlookInput(Strict):
    """A figure that the outlook rests on; ``of`` what it is where that is not the scope or its runs."""

    quantity: str
    of: str
    value: float
    low: float
    high: float
    unit: str
    kind: Kind
    source: str
    note: str


class OutlookRefused(Strict):
    """A statement that evidence does not support."""

    statement: str
    why: str


class OutlookDocument(Strict):
    """The document of ``outlook --json``; percentiles of each year by itself, no path runs along one."""

    schema_: Literal["thirdwatt/outlook/1"] = Field(alias="schema")
    facts_digest: str
    version: str
    scope: str
    scenario: str
    efficiency: str
    unread: list[str]
    years: list[int]
    samples: int
    seed: int
    percentiles: list[int]
    fans: dict[str, OutlookFan]
    binding: list[OutlookBinding]
    supply_bound: list[OutlookOutgrown]
    third: OutlookThird
    site: OutlookSite | None
    eras: list[OutlookEra]
    companies: list[OutlookCompany]
    forecasts: list[OutlookForecast]
    fits: OutlookFits
    track: OutlookTrack
    inputs: list[OutlookInput]
    refused: list[OutlookRefused]


class OutlookRange(Strict):
    """A figure with its range of 90 %, its kind and where it is from."""

    value: float
    low: float = Field(default_factory=float)
    high: float = Field(default_factory=float)
    kind: Kind = "stated"
    source: str = ""


YearName: Any = Annotated[str, Field(pattern="^[0-9]{4}$")]


def _number_of(name: str) -> Any:
    least, most = limits(name)
    return Annotated[float, Field(ge=least, le=most)] if most < UNBOUNDED else Annotated[float, Field(ge=least)]


def _stated_fields(section: str) -> dict[str, Any]:
    """Fields of a section, each a number, a range, or values by year where it may be; none of them is null."""
    found: dict[str, Any] = {}
    for name in SECTIONS[section]:
        number: Any = _number_of(name)
        told: Any = number | OutlookRange
        if name in BY_YEAR:
            years: Any = dict[YearName, number]
            told |= Annotated[years, Field(json_schema_extra={"additionalProperties": False})]
        found[name] = (told, Field(default_factory=float, description=f"in {unit(name)}"))
    return found


def _section(section: str) -> Any:
    regime: Any = Literal[REGIMES]
    more: dict[str, Any] = {"efficiency": (regime, REGIMES[0])} if section == "growth" else {}
    return create_model(f"Outlook{section.title()}", __base__=Strict, **more, **_stated_fields(section))


_FILE_FIELDS: dict[str, Any] = {section: (_section(section), Field(default_factory=dict)) for section in SECTIONS}


OutlookFile: Any = create_model(
    "OutlookFile", __base__=Strict, __doc__="What a file of an outlook states.", name=(str, ""), **_FILE_FIELDS
)
