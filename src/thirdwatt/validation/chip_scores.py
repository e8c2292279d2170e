"""How the model of chips stands to what is known of chips on sale.

Dies, idle boards and boards at work are held against constants that are fitted to four chips, against the same
constants fitted without the chip, and against all other chips, which nothing was fitted to. Intervals come from draws
of every constant, the ratios of all chips and of each chip among them. What is partly a guess stands apart: watts
that are a cap or a share of a server, and clocks beyond those of the chips that the line of supplies was drawn for.

Ratios between generations, one product at a time, and what a research note found with a model of its own stand beside.
"""

from __future__ import annotations

import csv
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise
from math import expm1, log

from thirdwatt.amounts import percent
from thirdwatt.facts import Figure, table
from thirdwatt.ledger.blueprints import alone
from thirdwatt.ledger.ledger import Total, total
from thirdwatt.scenario.blueprint import shipping
from thirdwatt.validation.chip_fit import OWN_AREA, area_ratio_without, left_out
from thirdwatt.validation.chips import AREA, IDLE, POWER, Point, drawn, points

SAMPLES = 1_000

CHIP_QUESTIONS = {AREA: "area of dies", IDLE: "draw of an idle board", POWER: "draw of a board at work"}
"""What is asked of chips by themselves."""

IN_FIT, OUT = "fitted", "left out"
WITHOUT = "fitted, each by a fit without it"
KNOWN, GUESSED, BEYOND = "left out, known", "left out, a guess in part", "left out, clock beyond 1.9 GHz"
GROUPS = (IN_FIT, WITHOUT, OUT, KNOWN, GUESSED, BEYOND)
"""Lines of a table of scores; the last three are parts of those left out."""


@dataclass(frozen=True, slots=True)
class Row:
    """A point beside what the model makes of it.

    Attributes
    ----------
    without
        Whether constants are fitted without the chip.
    """

    point: Point
    model: Total
    without: bool = False

    @property
    def error(self) -> float:
        """Relative error: model over measured, less one."""
        return self.model.value / self.point.measured.value - 1

    @property
    def inside(self) -> bool:
        """Whether what was measured lies in the model's 90 % interval."""
        return self.model.low <= self.point.measured.value <= self.model.high

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups that it counts in."""
        if self.without:
            return (WITHOUT,)
        if self.point.fitted:
            return (IN_FIT,)
        if self.point.outside:
            return OUT, BEYOND
        return OUT, GUESSED if self.point.assumed else KNOWN


@dataclass(frozen=True, slots=True)
class ChipScore:
    """How a group of points stands.

    ``median``, ``mean`` and ``worst`` are of the size of the error, ``bias`` is the mean of its logarithm, ``inside``
    the share in the 90 % interval, ``wide`` the median factor from its middle to an end.
    """

    quantity: str
    group: str
    n: int
    median: float
    mean: float
    bias: float
    inside: float
    wide: float
    worst: str
    worst_error: float


@dataclass(frozen=True, slots=True)
class Step:
    """How many times less energy a FLOP takes on one chip than on an older one."""

    what: str
    older: str
    newer: str
    measured: float
    model: float

    @property
    def error(self) -> float:
        """Relative error of the ratio."""
        return self.model / self.measured - 1


@dataclass(frozen=True, slots=True)
class Product:
    """One product on a chip.

    Attributes
    ----------
    roofline_s
        The longer of its FLOP at the peak and its bytes at the bandwidth.
    searched_s
        What the tool that published it finds by a search for tilings.
    """

    id: str
    rows: int
    measured_s: float
    model_s: float
    roofline_s: float
    searched_s: float

    @property
    def errors(self) -> tuple[float, float, float]:
        """Relative errors of the model, of that search, and of the roofline."""
        model, searched, roofline = (
            each / self.measured_s - 1 for each in (self.model_s, self.searched_s, self.roofline_s)
        )
        return model, searched, roofline


@dataclass(frozen=True, slots=True)
class Bar:
    """What was asked for beside what was found."""

    what: str
    asked: str
    found: str
    met: bool


# --- points -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=2)
def rows(samples: int = SAMPLES) -> tuple[Row, ...]:
    """Every point by the constants of the tables, then those of fitted chips by a fit without each.

    How far a die may be from its model is taken from all other dies.
    """
    found = []
    for quantity in CHIP_QUESTIONS:
        own = [each for each in points() if each.quantity == quantity]
        draws = drawn([_blind(each.leaves(), each) for each in own], quantity, samples)
        found += [Row(each, total(each_draws)) for each, each_draws in zip(own, draws, strict=True)]
    for apart in left_out():
        leaves = [_blind(own, each) for own, each in zip(apart.leaves, apart.points, strict=True)]
        draws = drawn(leaves, apart.quantity, samples)
        found += [Row(each, total(own), without=True) for each, own in zip(apart.points, draws, strict=True)]
    return tuple(found)


def _blind(leaves: Mapping[str, Figure], point: Point) -> Mapping[str, Figure]:
    """Leaves of a point whose spread knows nothing of it."""
    if point.quantity != AREA:
        return leaves
    ratio = area_ratio_without(point.chip)
    return {**leaves, OWN_AREA: replace(ratio, stream=leaves[OWN_AREA].stream)}


def chip_scores(found: Sequence[Row]) -> Iterator[ChipScore]:
    """Scores of every quantity, by group."""
    for quantity in CHIP_QUESTIONS:
        for group in GROUPS:
            own = [each for each in found if each.point.quantity == quantity and group in each.groups]
            if own:
                yield _score(quantity, group, own)


def _score(quantity: str, group: str, own: Sequence[Row]) -> ChipScore:
    sizes = [abs(each.error) for each in own]
    worst = max(own, key=lambda each: abs(log(1 + each.error)))
    return ChipScore(
        quantity=quantity,
        group=group,
        n=len(own),
        median=statistics.median(sizes),
        mean=statistics.fmean(sizes),
        bias=expm1(statistics.fmean(log(1 + each.error) for each in own)),
        inside=statistics.fmean(each.inside for each in own),
        wide=statistics.median((each.model.high / each.model.low) ** 0.5 for each in own),
        worst=worst.point.id,
        worst_error=worst.error,
    )


# --- generations --------------------------------------------------------------------------------------------------

GENERATIONS: Mapping[str, Sequence[str]] = {
    "products at the cap": ("v100-gemm", "a100-gemm-checked", "h100-gemm-random", "b200-gemm"),
    "training": ("v100-gpt-3", "a100-gpt", "h100-llama-3", "b200-training"),
}
"""Points of one kind on one chip after the other, in 16 bit."""


def steps_of_chips(found: Sequence[Row]) -> Iterator[Step]:
    """Energy of a FLOP from generation to generation."""
    by_id = {each.point.id: each for each in found if not each.without}
    for what, ids in GENERATIONS.items():
        for one, other in pairwise(ids):
            older, newer = by_id[one], by_id[other]
            measured = _per_flop(older, older.point.measured.value) / _per_flop(newer, newer.point.measured.value)
            model = _per_flop(older, older.model.value) / _per_flop(newer, newer.model.value)
            yield Step(what, older.point.chip, newer.point.chip, measured, model)


def _per_flop(row: Row, watts: float) -> float:
    return watts / row.point.state["narrow_work_flop_per_s"].value


CLAIMED = "n5"
"""Node that follows another's fit; what it would be by its foundry's claim is printed."""


def by_claim(found: Sequence[Row]) -> Iterator[tuple[Row, float]]:
    """Points on the node that follows another's fit, with their error if its energy were what its foundry claims."""
    field = "switching_energy_ratio"
    claim = table("processes").rows[CLAIMED].figures[field]
    for row in found:
        if row.point.quantity == POWER and row.point.blueprint.choices["process"] == CLAIMED:
            value = drawn([row.point.leaves() | {field: claim}], POWER, 1)[0, 0]
            yield row, float(value) / row.point.measured.value - 1


# --- products -----------------------------------------------------------------------------------------------------


@cache
def products() -> tuple[Product, ...]:
    """Products by themselves on the chips that they were measured on."""
    text = resources.files("thirdwatt.validation").joinpath("chip_products.csv").read_text(encoding="utf-8")
    return tuple(_product(line) for line in csv.DictReader(text.splitlines()))


def _product(line: Mapping[str, str]) -> Product:
    leaves = alone(shipping(line["chip"]), line["precision"])
    sizes = {name: float(line[key]) for name, key in (("row", "m"), ("column", "n"), ("depth", "k"))}
    for name, size in sizes.items():
        quantity = f"product_{name}_count"
        leaves[quantity] = Figure(size, size, size, "stated", line["source"], f"given/{quantity}")
    rooflined = leaves | {
        name: replace(leaves[name], value=1.0, low=1.0, high=1.0) for name in ("memory_share", "kernel_share")
    }
    peak = drawn([leaves], "accelerator_peak_flop_per_s", 1)[0, 0]
    flop = leaves["flop_per_mac"].value * sizes["row"] * sizes["column"] * sizes["depth"]
    return Product(
        id=line["id"],
        rows=int(line["m"]),
        measured_s=float(line["latency_s"]),
        model_s=float(drawn([leaves], "product_s", 1)[0, 0]),
        roofline_s=float(max(flop / peak, drawn([rooflined], "product_memory_s", 1)[0, 0])),
        searched_s=float(line["searched_s"]),
    )


# --- bars ---------------------------------------------------------------------------------------------------------


def bars(found: Sequence[Row]) -> Iterator[Bar]:
    """What was asked of the model before it was made, beside what it does."""
    scores = {(each.quantity, each.group): each for each in chip_scores(found)}
    by_id = {each.point.id: each for each in found if not each.without}
    for group, most in ((IN_FIT, 0.1), (OUT, 0.2)):
        own = scores[AREA, group]
        within = [each for each in _of(found, AREA, group) if abs(each.error) <= most]
        yield Bar(
            f"area of dies, {group}",
            f"each within {percent(most)}",
            f"{len(within)} of {own.n}; mean {percent(own.mean)}, worst {own.worst} {signed(own.worst_error)}",
            len(within) == own.n,
        )
    own = scores[AREA, OUT]
    yield Bar("area of dies, left out: in the interval", "85 % or more", percent(own.inside), own.inside >= 0.85)
    own = scores[POWER, IN_FIT]
    within = [each for each in _of(found, POWER, IN_FIT) if abs(each.error) <= 0.1]
    yield Bar(
        "board at work, fitted",
        "each within 10 %",
        f"{len(within)} of {own.n}; mean {percent(own.mean)}, worst {own.worst} {signed(own.worst_error)}",
        len(within) == own.n,
    )
    own = scores[POWER, OUT]
    yield Bar("board at work, left out: in the interval", "85 % or more", percent(own.inside), own.inside >= 0.85)
    yield Bar("board at work, left out: median error", "30 % or less", percent(own.median), own.median <= 0.3)
    steps = list(steps_of_chips(found))
    worst = max(steps, key=lambda each: abs(each.error))
    yield Bar(
        "J/FLOP from generation to generation",
        "each within 25 %",
        f"worst {worst.older} to {worst.newer} in {worst.what} {signed(worst.error)}",
        abs(worst.error) <= 0.25,
    )
    mean = by_id["tpu-v4-mean"].error
    yield Bar("TPU v4, mean watts", "within 10 %", f"{100 * mean:+.1f} %", abs(mean) <= 0.1)
    sizes = [abs(each.errors[0]) for each in products()]
    large = max(abs(each.errors[0]) for each in products() if each.rows >= 256)
    yield Bar(
        "products on A100: mean error", "8 % or less", percent(statistics.fmean(sizes)), statistics.fmean(sizes) <= 0.08
    )
    yield Bar("products on A100, 256 rows or more", "each within 8 %", f"worst {percent(large)}", large <= 0.08)


def signed(error: float) -> str:
    """An error with its sign."""
    return f"{'+' if error >= 0 else '-'}{percent(abs(error))}"


def _of(found: Iterable[Row], quantity: str, group: str) -> list[Row]:
    return [each for each in found if each.point.quantity == quantity and group in each.groups]


# --- beside another model -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that a research note answered with a model of its own, and what it found.

    Attributes
    ----------
    note
        Its factor at the accelerators.
    levers
        What the factor was made of.
    """

    baseline: str
    precision: str
    nodes: tuple[str, ...]
    note: str
    levers: str


ASKED = (
    Asked(
        "a100-sxm-80gb", "bf16", ("n4",), "3.2 (4.3 with claimed nodes)",
        "sums in the array 1.23, node 0.96 (1.24 claimed), arrays 2.9 times denser 1.9, fp8 1.46",
    ),
    Asked("a100-sxm-80gb", "bf16", ("n3e",), "", "not asked"),
    Asked(
        "h100-sxm-80gb", "bf16", ("n3e",), "3.67 (3.43 with priors)",
        "fp8 1.36, sums in the array 1.29, node 1.28, clock 1.17, memory 1.09, gates 1.24, links 1.03",
    ),
    Asked("h100-sxm-80gb", "fp8", ("n3e",), "2.6", "the same without fp8, by its rule of 1.4"),
    Asked(
        "b200-sxm-180gb", "bf16", ("n3e",), "2.97 (2.85 with priors)",
        "fp8 1.44, node 1.30, clock 1.19, memory 1.08, gates 1.22, links 1.02",
    ),
    Asked("b200-sxm-180gb", "fp8", ("n3e",), "2.1", "the same without fp8"),
)  # fmt: skip
"""Baselines of the note, and the nodes that a design may be of."""


@dataclass(frozen=True, slots=True)
class Beside:
    """The answer to the same question here.

    Attributes
    ----------
    factor, servers
        At the accelerators with its interval, and at IT.
    probability
        Share of draws in which the factor is 3 or more.
    prior
        The factor of the same design with constants as they were before any fit.
    parts
        What the factor is made of, in order.
    """

    asked: Asked
    factor: Total
    servers: float
    probability: float
    prior: float
    parts: tuple[tuple[str, float], ...]


@lru_cache(maxsize=2)
def beside(samples: int = SAMPLES) -> tuple[Beside, ...]:
    """Every question of the note, searched here: some minutes."""
    return tuple(_beside(each, samples) for each in ASKED)


def _beside(question: Asked, samples: int) -> Beside:
    from math import prod

    from thirdwatt.search.blueprint.answer import search
    from thirdwatt.search.blueprint.question import Question

    found = search(
        Question(
            baseline=question.baseline,
            baseline_precision=question.precision,
            nodes=question.nodes,
            samples=samples,
        )
    )
    assert found.factor is not None  # noqa: S101 - these can be built
    assert found.probability is not None  # noqa: S101 - it is drawn
    return Beside(
        asked=question,
        factor=found.factor,
        servers=found.boundaries["it"].value,
        probability=found.probability,
        prior=prod(each.prior_in_order for each in found.parts),
        parts=tuple((each.group, each.in_order) for each in found.parts),
    )
