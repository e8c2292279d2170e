"""What every report says alike: a figure with its unit and interval, where and on what, what it rests on, who says so.

What is not known is said to be so. Everything is read from the ledger; nothing is computed here but units.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import thirdwatt
from thirdwatt.amounts import SIZES, amount, percent, plain, scale, shared, span
from thirdwatt.facts import digest, sources, table
from thirdwatt.facts.prices import today
from thirdwatt.ledger import Ledger, Total
from thirdwatt.ledger.document import cited, locate
from thirdwatt.ledger.ledger import ACCOUNTED, WITHIN, Account, Equivalence
from thirdwatt.ledger.validated import nearest as nearest_run
from thirdwatt.quantity import KINDS
from thirdwatt.report.formats.markup import clean
from thirdwatt.scenario.datasheet import accelerator
from thirdwatt.scenario.parse import UNSAID_BASIS

UNKNOWN = "not known"
UNITS_DIFFER = "units differ"
G_PER_KG = 1 / SIZES["g"]
PERCENT = 0.01

LEFT_OUT = (
    f"Not included, and {UNKNOWN}: preliminary, failed and other development runs, preparation of the data, use of the "
    "model after training."
)
"""What no ledger takes in."""


# --- figures ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure in one unit: its value, and the ends of its 90 % interval or why it has none."""

    number: str
    unit: str
    ends: str
    why: str

    def __str__(self) -> str:
        return f"{self.value} (90 %: {self.ends})" if self.ends else self.value

    @property
    def value(self) -> str:
        """The value with its unit."""
        return f"{self.number}{self.unit}"

    @property
    def interval(self) -> str:
        """The interval with its unit, or why there is none."""
        return f"{self.ends}{self.unit}" if self.ends else self.why

    def by(self, basis: str = "") -> str:
        """The figure as a sentence says it: with its basis, and with why it has no interval if it has none."""
        if self.number == UNKNOWN:
            return UNKNOWN
        interval = f"90 %: {self.ends}" if self.ends else self.why
        return f"{self.value} ({'; '.join(filter(None, (basis, interval)))})"


def number(value: float, digits: int = 3) -> str:
    """A number as people read it, powers of ten written out.

    Examples
    --------
    >>> number(2.54e24), number(1400.0)
    ('2.54 x 10^24', '1,400')
    """
    return re.sub(r"e\+?(-?)0*(\d+)$", r" x 10^\1\2", plain(value, digits))


def sized(total: Total | None, symbol: str, after: str = "", factor: float | None = None, digits: int = 3) -> Measure:
    """A total in the unit that suits it, or in one of ``factor`` of its own units named ``symbol``.

    Parameters
    ----------
    after
        What follows the unit, such as ``CO2e``.
    digits
        Significant digits of the value; its interval has three.
    """
    if total is None:
        return Measure(UNKNOWN, "", "", UNKNOWN)
    size, unit = scale([total.value], symbol) if factor is None else (factor, symbol)
    end = f" {unit}{after}" if unit else after
    value = number(total.value / size, digits)
    if total.low == total.high:
        return Measure(value, end, "", "no range stated")
    return Measure(value, end, f"{number(total.low / size)} to {number(total.high / size)}", "")


def measure(ledger: Ledger, total: Total | None, symbol: str, after: str = "", factor: float | None = None) -> Measure:
    """A total of a ledger, :func:`sized`; one without draws says that none were made."""
    found = sized(total, symbol, after, factor)
    return found if total is None or ledger.scores.width > 1 else replace(found, why="no interval drawn")


def share(ledger: Ledger, quantity: str) -> str:
    """A share as a percentage, with its interval and kind."""
    return measure(ledger, ledger.of(quantity), "%", factor=PERCENT).by(kind(ledger, quantity))


def kind(ledger: Ledger, quantity: str) -> str:
    """How a quantity came about: the kind of its figure, or modelled where a formula computed it."""
    figure = ledger.figures.get(quantity)
    if figure is None or (quantity in ledger.program.plan.chosen and quantity not in ledger.scenario.given):
        return "modelled"
    return figure.kind


def energy_kind(ledger: Ledger) -> str:
    """How the headline's energy came about."""
    return kind(ledger, WITHIN[ledger.boundary].quantity)


@dataclass(frozen=True, slots=True)
class Row:
    """A figure as a table shows it."""

    name: str
    measure: Measure
    boundary: str
    basis: str


def rows(ledger: Ledger) -> tuple[Row, ...]:
    """The figures of a run, each with its interval, boundary and basis."""
    totals = ledger.totals
    accounts = (
        Row(account.title, counted(ledger, account), _counts(ledger, account), basis(ledger, account))
        for account in ACCOUNTED.values()
    )
    return (
        *accounts,
        Row("time", measure(ledger, totals["wall_time_h"], "hours"), "start to end", kind(ledger, "wall_time_h")),
        Row(
            "accelerator hours",
            measure(ledger, totals["accelerator_hours"], "hours"),
            "accelerators held",
            kind(ledger, "accelerator_hours"),
        ),
        Row("computation", measure(ledger, totals["training_flop"], "FLOP"), "model FLOP", computation(ledger)),
    )


def counted(ledger: Ledger, account: Account) -> Measure:
    """The total of an account."""
    return measure(ledger, ledger.totals[account.name], account.unit, account.after)


def _counts(ledger: Ledger, account: Account) -> str:
    """What an account takes in: the headline's boundary, or what it always is."""
    if account.name == "cost_usd":
        return {"rented": "what is rented", "colo": "facility, space rented", "own": "facility"}[tenure(ledger)]
    return ledger.boundary if account.bounded else "facility"


def basis(ledger: Ledger, account: Account) -> str:
    """How an account came about: in words where it has some, else by the kind of its figure."""
    say = _BASES.get(account.name)
    return kind(ledger, account.quantity) if say is None else say(ledger)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: one unit for all its cells, or each with its own where they are too far apart."""

    symbol: str
    unit: tuple[float, str] | None

    def head(self, what: str) -> str:
        """What stands over it, with its unit or that it has not one."""
        if self.unit is None:
            return f"{what} ({UNITS_DIFFER})"
        return ", ".join(filter(None, (what, self.unit[1])))

    def cell(self, value: float | None) -> str:
        """A value under that head."""
        if value is None:
            return UNKNOWN
        return amount(value, self.symbol) if self.unit is None else number(value / self.unit[0])

    def ends(self, total: Total) -> str:
        """An interval under that head."""
        if self.unit is None:
            return span(total.low, total.high, self.symbol, total.value)
        return f"{number(total.low / self.unit[0])} to {number(total.high / self.unit[0])}"

    def amount(self, value: float) -> str:
        """A value with its unit, where no head can carry it."""
        return self.cell(value) if self.unit is None else f"{self.cell(value)} {self.unit[1]}".rstrip()


def column(values: Iterable[float | None], symbol: str) -> Column:
    """The column that holds some values; what is not known has no part in its unit."""
    return Column(symbol, shared((value for value in values if value is not None), symbol))


def component_column(ledger: Ledger, account: Account) -> tuple[str, list[str]]:
    """Head and cells of an account by component."""
    found = [row.accounts[account.name] for row in ledger.components]
    values = [None if each is None else each.value for each in found]
    cells = column(values, account.unit)
    return cells.head(account.title), [cells.cell(value) for value in values]


# --- the answer ---------------------------------------------------------------------------------------------------


def headline(ledger: Ledger) -> str:
    """Energy with its interval and its basis, in one line."""
    energy = ledger.totals["energy_kwh"]
    if energy is None:
        return f"energy {UNKNOWN}"
    count, hours, pue = (ledger.of(name) for name in ("accelerator_count", "wall_time_h", "pue"))
    basis = [energy_kind(ledger)]
    if count:
        basis.append(f"{plain(count.value, 5)} x {ledger.scenario.chip}")
    if hours:
        basis.append(f"{plain(hours.value, 4)} h")
    if pue:
        basis.append(f"PUE {plain(pue.value)}")
    return f"{sized(energy, 'kWh')}   {' · '.join(basis)}"


def difference(ledger: Ledger) -> str:
    """One sentence on why the facility draws more than accelerators times PUE."""
    worked, facility = ledger.of("accelerators_facility_energy_kwh"), ledger.of("facility_energy_kwh")
    accelerators, it = ledger.of("accelerators_energy_kwh"), ledger.of("it_energy_kwh")
    if worked is None or facility is None or accelerators is None or it is None:
        return ""
    return (
        f"The whole facility draws {amount(facility.value, 'kWh')}, "
        f"{plain(facility.value / worked.value)} times what accelerators and PUE come to: "
        f"beside them, hosts, network, storage and spares draw "
        f"{amount(it.value - accelerators.value, 'kWh')}, and cooling and conversion serve them too."
    )


def tested(ledger: Ledger) -> str:
    """How far estimates of this sort were from what was published, in one sentence."""
    found = nearest_run(ledger)
    what = "hours" if found.question == "time" else "metered energy"
    if found.error is None:
        return f"no published run of {ledger.scenario.choices['generation']} tests the {what}: the interval is a guess"
    outside = "; this one lies outside them" if found.extrapolated else ""
    runs = f"{found.n} published run{'s' if found.n > 1 else ''} of {ledger.scenario.choices['generation']}"
    return f"{what} of {runs}: {percent(found.error)} off in the median, nearest {found.nearest}{outside}"


def readable(equivalents: Sequence[Equivalence], most: int = 3) -> list[Equivalence]:
    """The first few things of which there are at least one and at most a million; else those nearest to that."""

    def away(each: Equivalence) -> float:
        return 0.0 if 1 <= each.count < 1e6 else abs(math.log10(each.count or 1e-300))

    return sorted(equivalents, key=away)[:most]


# --- what is stated, and what stands in ---------------------------------------------------------------------------


def title(ledger: Ledger) -> str:
    """What the run is called."""
    return clean(ledger.scenario.title or ledger.scenario.name) or "a run without a name"


def stated(ledger: Ledger, *paths: str) -> bool:
    """Whether the scenario states one of some fields."""
    return any(_at(ledger.scenario.document, path) is not None for path in paths)


def _at(document: object, path: str) -> object:
    for name in path.split("."):
        document = document.get(name) if isinstance(document, Mapping) else None
    return document


def chip(ledger: Ledger) -> str:
    """Name of the accelerator."""
    return (ledger.scenario.blueprint or accelerator(ledger.scenario)).name


def devices(ledger: Ledger) -> str:
    """How many of which accelerator, and which of the two nobody stated."""
    count = ledger.of("accelerator_count")
    text = f"{UNKNOWN if count is None else plain(count.value, 7)} x {chip(ledger)}"
    named = stated(ledger, "cluster.accelerator", "cluster.instance")
    formula = ledger.program.plan.chosen.get("accelerator_count")
    counted = formula is None or bool(formula.alternative)
    missing = [what for what, known in (("type", named), ("number", counted)) if not known]
    return f"{text} ({' and '.join(missing)} assumed, not stated)" if missing else text


def place(ledger: Ledger) -> str:
    """Where it is trained."""
    if not stated(ledger, "site.region"):
        return UNKNOWN
    region = ledger.scenario.choices["region"]
    return f"{table('grids').rows[region].name} ({region})"


def grid(ledger: Ledger) -> str:
    """Whose intensity is used, of the place or of the nearest grid that publishes one, and what it counts."""
    basis = ledger.scenario.choices["basis"]
    counts = "basis not stated" if basis == UNSAID_BASIS else basis
    # the stream of a table's figure begins with its table and row
    owner, _, row = ledger.figures["grid_intensity_kg_per_kwh"].stream.partition("/")
    whose = table("grids").rows[row.partition("/")[0]].name if owner == "grids" else "as stated"
    return f"{whose}, {counts}"


def tenure(ledger: Ledger) -> str:
    """On whose terms: own, colo or rented."""
    return ledger.scenario.choices["tenure"]


def location(ledger: Ledger) -> str:
    """Basis of location-based carbon."""
    intensity = ledger.figures.get("grid_intensity_kg_per_kwh")
    if intensity is None:
        return UNKNOWN
    return f"average of the grid ({grid(ledger)}): {plain(intensity.value)} kg/kWh, {intensity.kind}"


def market(ledger: Ledger) -> str:
    """Basis of market-based carbon."""
    share = ledger.of("contracted_share")
    if share is None:
        return "no contracts stated: the average of the grid stands in"
    return f"contracts for {percent(share.value)}, the grid for the rest"


def terms(ledger: Ledger) -> str:
    """Basis of the cost: on whose terms and what of, or why there is none."""
    if ledger.totals["cost_usd"] is None:
        return _unpriced(ledger)
    if "cost_usd" in ledger.scenario.given:
        return f"{tenure(ledger)}, {kind(ledger, 'cost_usd')}"
    if tenure(ledger) == "rented":
        rent = ledger.figures["rent_usd_per_accelerator_h"]
        return f"rented at {plain(rent.value)} USD/h, {rent.kind}: {clean(rent.note or located(rent.source))}"
    text = f"{tenure(ledger)}, modelled: wear of the machines, {_electricity(ledger)}, upkeep"
    utilisation = ledger.of("break_even_utilisation_share")
    if utilisation is None:
        return text
    even = utilisation.value
    return f"{text}; {f'as cheap as renting from {percent(even)} use' if even > 0 else 'renting is never dearer'}"


_BASES: Mapping[str, Callable[[Ledger], str]] = {
    "energy_kwh": energy_kind,
    "cost_usd": terms,
    "carbon_kg": location,
    "carbon_market_kg": market,
    "embodied_kg": lambda _: "share of making the machines and the building, by time in use; PUE not applied",
    "water_l": lambda _: "evaporated on site and at the power stations",
}
"""How accounts came about that have words of their own for it."""


def _unpriced(ledger: Ledger) -> str:
    """Why there is no cost, what the hours would rent for if somebody rents them out, and what electricity costs."""
    rent, hours = ledger.figures.get("market_rent_usd_per_accelerator_h"), ledger.totals["accelerator_hours"]
    text = f"no price of {chip(ledger)} is known"
    if rent is not None and hours is not None:
        text += f"; renting the hours would take {amount(rent.value * hours.value, 'USD')} ({clean(rent.note)})"
    return text if tenure(ledger) == "rented" else f"{text}; {tenure(ledger)}; {_electricity(ledger)}"


def _electricity(ledger: Ledger) -> str:
    cost = ledger.of("electricity_cost_usd")
    return "electricity" if cost is None else f"electricity {amount(cost.value, 'USD')}"


def computation(ledger: Ledger) -> str:
    """How the amount of computation came about."""
    formula = ledger.program.plan.chosen.get("training_flop")
    if "training_flop" in ledger.scenario.given or formula is None:
        return kind(ledger, "training_flop")
    if formula.alternative == "workload":
        return "modelled: FLOP per token x tokens trained, without recomputation"
    return "modelled: accelerator hours x peak x utilisation x goodput"


# --- sources ------------------------------------------------------------------------------------------------------


def located(source: str) -> str:
    """Title and place of every source that a figure names."""
    return "; ".join(map(locate, cited(source)))


def used(ledger: Ledger) -> dict[str, list[str]]:
    """Every source that a result rests on, and the quantities that are read from it."""
    found: dict[str, list[str]] = {}
    for row in ledger.inputs:
        for source in cited(row.figure.source):
            found.setdefault(source, []).append(row.quantity)
    return found


def source_of(ledger: Ledger, quantity: str) -> str:
    """Kind of a figure, its source and the source's year."""
    figure = ledger.figures.get(quantity)
    if figure is None:
        return UNKNOWN
    known = [sources()[source] for source in cited(figure.source) if source in sources()]
    if known:
        said = "; ".join(", ".join(filter(None, (found["title"], found["year"]))) for found in known)
        return f"{figure.kind}: {said}"
    bare = figure.source.split(".")[0] in ("site", "known", "range") and " " not in figure.source
    return f"{figure.kind} in the scenario" if bare else f"{figure.kind}: {clean(figure.source)}"


# --- who says so --------------------------------------------------------------------------------------------------


def tool() -> str:
    """Name and version of the tool."""
    return f"thirdwatt {thirdwatt.__version__}"


def signature(ledger: Ledger) -> str:
    """What it takes to get the same figures again."""
    samples = ledger.scores.samples
    return f"{tool()}, facts {digest()}, seed {ledger.scores.seed}, {samples:,} sample{'s' if samples != 1 else ''}"


def citation(ledger: Ledger) -> str:
    """One sentence by which the result can be cited."""
    return (
        f"{signature(ledger)}: {ledger.scenario.name}, {headline(ledger)}, boundary {ledger.boundary}, "
        f"{today().isoformat()}."
    )


def rests_on(ledger: Ledger) -> str:
    """How many figures of which kind a result rests on, and the share of assumptions in its variance."""
    counts = Counter(row.figure.kind for row in ledger.inputs)
    text = f"{len(ledger.inputs)} figures: {', '.join(f'{counts[kind]} {kind}' for kind in KINDS if counts[kind])}"
    if ledger.assumed_share is not None:
        text += f"; {percent(ledger.assumed_share)} of the energy's variance is assumptions"
    return text


def notes(ledger: Ledger) -> tuple[str, ...]:
    """What a reader should know: the scenario's note, and the warnings of the ledger."""
    said = [ledger.scenario.note, *(warning.text for warning in ledger.warnings)]
    return tuple(filter(None, map(clean, said)))
