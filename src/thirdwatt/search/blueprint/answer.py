"""The answer: the best design, how sure its factor is, where it comes from, and what it hangs on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from thirdwatt.facts import table
from thirdwatt.ledger import Ledger, estimate, scenario_of
from thirdwatt.ledger.book import book
from thirdwatt.ledger.evaluate import needed
from thirdwatt.ledger.graph import program
from thirdwatt.ledger.leaves import columns, informed
from thirdwatt.ledger.ledger import Total, total
from thirdwatt.ledger.samples import Array, Leaf, Scores
from thirdwatt.ledger.sensitivity import spread_shares
from thirdwatt.quantity import BOUNDARIES, J_PER_KWH
from thirdwatt.scenario.blueprint import shipping
from thirdwatt.scenario.parse import BOUNDARY_QUANTITY
from thirdwatt.search.blueprint.find import Counts
from thirdwatt.search.blueprint.mix import Document, Workload, document_of, laid_out, weighted
from thirdwatt.search.blueprint.parts import Part, parts
from thirdwatt.search.blueprint.price import BUILT, HOURS, Mixed, Pricer, gain, on
from thirdwatt.search.blueprint.question import Question, asked
from thirdwatt.search.blueprint.settle import Settled, one_each, settled, taken
from thirdwatt.search.blueprint.space import NUMBERS, STYLES, Axis, Space

SPARE = 0.08
"""Units built and not enabled, to those that are: GH100 has 0.09, AD102 0.125, the dies of MI300X 0.053."""

RATES: Mapping[str, float] = {"fp32": 1 / 32, "tf32": 0.5, "fp16": 1.0, "bf16": 1.0, "fp8": 2.0, "fp4": 4.0}
"""Rates of arrays to that of 16 bit, as B200's are: half as wide, twice as fast."""

HANGS_ON = 5
"""Assumptions that are named."""

Say = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Assumption:
    """A figure that the factor hangs on: its share of the factor's variance."""

    quantity: str
    stream: str
    share: float
    value: float
    low: float
    high: float
    kind: str
    source: str


@dataclass(frozen=True, slots=True)
class Trained:
    """A workload on the baseline and on the best design.

    Attributes
    ----------
    before_j_per_token, after_j_per_token
        Energy of a token trained, at the question's boundary.
    factor
        How many times less, with its interval.
    hours_ratio
        Accelerator hours to the baseline's.
    """

    workload: Workload
    before_j_per_token: Total
    after_j_per_token: Total
    factor: Total
    hours_ratio: float


@dataclass(frozen=True, slots=True)
class Design:
    """A design as a file states it, and what it is.

    Attributes
    ----------
    section, precision
        Its ``[blueprint]``, and what it trains in.
    built
        Quantities of :data:`~thirdwatt.search.blueprint.price.BUILT` at the centre.
    factor, time_ratio, cost_usd
        Energy that it takes less, accelerator hours to the baseline's, cost of making it, at the centre.
    """

    section: Mapping[str, Any]
    precision: str
    built: Mapping[str, float]
    factor: float
    time_ratio: float
    cost_usd: float


@dataclass(frozen=True, slots=True)
class Beyond:
    """What the best design would be if something more were allowed, apart from the answer."""

    what: str
    speculative: bool
    design: Design | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search found.

    Attributes
    ----------
    best
        The design with the least energy; ``None`` if nothing can be built within the limits.
    factor, probability
        How many times less energy it takes than the baseline with its interval, and the share of draws that reach what
        was asked.
    boundaries
        The factor at each boundary.
    documents
        The workloads on the best design, for ``estimate``.
    front
        Designs that nothing beats in energy, time and cost at once.
    shipping
        Factor of each chip on sale, on the same mix in its best precision.
    """

    question: Question
    best: Design | None
    factor: Total | None
    probability: float | None
    boundaries: Mapping[str, Total]
    trained: tuple[Trained, ...]
    parts: tuple[Part, ...]
    assumptions: tuple[Assumption, ...]
    documents: tuple[Document, ...]
    front: tuple[Design, ...]
    beyond: tuple[Beyond, ...]
    shipping: Mapping[str, float]
    counts: Counts


def search(
    question: Question | str = Question(),  # noqa: B008 - it is frozen
    say: Say | None = None,
    **asked_for: Any,
) -> Answer:
    """The design that trains a mix with the least energy.

    Parameters
    ----------
    question
        What is asked, or the baseline alone.
    say
        Called with what is done and how much of all is.
    asked_for
        Fields of :class:`~thirdwatt.search.blueprint.question.Question` that take the place of those of ``question``.

    Raises
    ------
    InputError
        With every mistake in the question.
    """
    whole = Question(baseline=question) if isinstance(question, str) else question
    wanted = asked(replace(whole, **asked_for))
    tell = say or _silent
    mix = weighted(wanted.mix, wanted.weights)
    weights = np.array([each.weight for each in mix])
    tell("layouts of the baseline", 0.0)
    before = laid_out(
        [
            document_of(
                each, {"based_on": wanted.baseline}, wanted.baseline, wanted.baseline_precision, wanted.boundary
            )
            for each in mix
        ]
    )
    base = one_each(before, wanted.boundary)
    space = space_of(wanted)
    steps = iter((0.1, 0.2, 0.25, 0.35, 0.4, 0.45, 0.5, 0.55))
    found, counts = settled(space, before, base, weights, wanted, say=lambda what: tell(what, next(steps)))
    if found is None:
        return Answer(wanted, None, None, None, {}, (), (), (), (), (), (), {}, counts)
    after = found.documents
    tell("draws", 0.6)
    ledgers = [[_sampled(each, wanted) for each in side] for side in (before, after)]
    factor = _drawn(ledgers, weights, wanted.boundary)
    tell("where it comes from", 0.7)
    return Answer(
        question=wanted,
        best=_listed(space, found, [0])[0],
        factor=total(factor),
        probability=float((factor[1:] >= wanted.factor).mean()) if len(factor) > 1 else None,
        boundaries={each: total(_drawn(ledgers, weights, each)) for each in BOUNDARIES},
        trained=tuple(
            _trained(each, one, other, wanted.boundary) for each, one, other in zip(mix, *ledgers, strict=True)
        ),
        parts=parts(before, after, weights, wanted),
        assumptions=_assumptions(factor, ledgers, wanted),
        documents=tuple(after),
        front=tuple(_front(space, found)),
        beyond=tuple(_beyond(found, base, weights, wanted)),
        shipping=_on_sale((before, after), base, weights, wanted),
        counts=counts,
    )


def _silent(what: str, share: float) -> None:
    """Say nothing of what is done."""


def space_of(question: Question) -> Space:
    """The space of designs that a question allows."""
    base = shipping(question.baseline)
    links = base.figures["accelerator_link_byte_per_s"].value
    fixed: dict[str, Any] = {
        "name": f"blueprint from {question.baseline}",
        "dies": float(question.dies),
        "double_lanes": 0.0,
        "spare_unit_ratio": SPARE,
        "link_byte_per_s": links,
        "rates": dict(RATES),
    }
    if question.least_supply_v is not None:
        fixed["known"] = {"least_supply_v": question.least_supply_v}
    choices = (
        Axis("process", question.nodes, "node"),
        Axis("memory", question.memories, "memory"),
        Axis("link", question.links, "memory"),
        Axis("operands", ("local",), "architecture"),
        Axis("accumulators", ("registers", "array"), "architecture"),
        Axis("precision", question.precisions, "precision"),
    )
    return Space((*NUMBERS, *choices), fixed, STYLES[question.style])


# --- at the centre ------------------------------------------------------------------------------------------------


def _listed(space: Space, found: Settled, places: Sequence[int]) -> list[Design]:
    """Some designs of what was found as files state them, and what they are."""
    pool = found.points
    chosen = pool.designs[list(places)]
    built = Pricer(space, found.documents[:1], "accelerators").built(chosen)
    return [
        Design(
            *space.blueprint(design),
            built={name: float(built[name][number]) for name in BUILT},
            factor=float(pool.factor[place]),
            time_ratio=float(pool.time_ratio[place]),
            cost_usd=float(pool.cost_usd[place]),
        )
        for number, (place, design) in enumerate(zip(places, chosen, strict=True))
    ]


SHOWN = 200
"""Most designs of a front that are kept."""


def _front(space: Space, found: Settled) -> list[Design]:
    front = found.points.front()
    return _listed(space, found, [int(place) for place in front[:: max(len(front) // SHOWN, 1)]])


def _on_sale(
    layouts: Sequence[Sequence[Document]], base: Mixed, weights: Array, question: Question
) -> dict[str, float]:
    """Factor of chips on sale that hold the mix, each in its best precision and with the best of some layouts."""
    chips = [(row.id, precision) for row in table("chips") for precision in _on_sale_in(row.id)]
    rows = [
        [_on_chip(way, chip, precision) for chip, precision in chips for way in ways]
        for ways in zip(*layouts, strict=True)
    ]
    found = taken(rows, question.boundary)
    energy = np.where(found.fits & np.isfinite(found.energy_kwh), found.energy_kwh, np.inf)
    least_kwh = energy.reshape(len(rows), len(chips), len(layouts)).min(axis=2)
    held = np.isfinite(least_kwh).all(axis=0)
    factors = np.where(held, gain(base.energy_kwh, np.where(held, least_kwh, 1.0), weights), 0.0)
    best: dict[str, float] = {}
    for (chip, _), factor in zip(chips, factors, strict=True):
        if factor > best.get(chip, 0.0):  # what does not hold the mix has none
            best[chip] = float(factor)
    return dict(sorted(best.items(), key=lambda each: -each[1]))


def _on_sale_in(chip: str) -> tuple[str, ...]:
    return tuple(each for each in PRECISIONS_ON_SALE if each in shipping(chip).precisions)


def _on_chip(document: Document, chip: str, precision: str) -> Document:
    cluster = {**document["cluster"], "accelerator": chip}
    return on({**document, "cluster": cluster}, {"based_on": chip}, precision)


PRECISIONS_ON_SALE = ("bf16", "fp8")

LOWER_V = 0.6
"""Supply of memory cells at N2 that nobody has shown."""


def _beyond(found: Settled, base: Mixed, weights: Array, question: Question) -> list[Beyond]:
    """The best designs with one thing more allowed each, from the layouts of the answer, with layouts of their own."""
    more: list[tuple[str, bool, Question]] = []
    if question.style != "vectors":
        more.append(
            (
                f"wide vectors for threads, as {STYLES['vectors'].like} are built",
                False,
                replace(question, style="vectors"),
            )
        )
    if "fp4" not in question.precisions:
        more.append(("training in fp4", True, replace(question, precisions=(*question.precisions, "fp4"))))
    least_v = question.least_supply_v
    if question.nodes != ("n2",) or least_v is None or least_v > LOWER_V:
        more.append(
            (
                f"N2 with memory cells at {LOWER_V} V",
                True,
                replace(question, nodes=("n2",), least_supply_v=min(LOWER_V, least_v or LOWER_V)),
            )
        )
    space, beyond = space_of(question), []
    for what, speculative, other in more:
        wider = space_of(other)
        start = found.design[None] if wider.holds(space) else None
        best, _ = settled(wider, found.documents, base, weights, other, turns=1, tried=1, start=start)
        beyond.append(Beyond(what, speculative, None if best is None else _listed(wider, best, [0])[0]))
    return beyond


# --- draws --------------------------------------------------------------------------------------------------------


def _sampled(document: Document, question: Question) -> Ledger:
    return estimate(scenario_of(document), samples=question.samples, seed=question.seed)


def _drawn(ledgers: Sequence[Sequence[Ledger]], weights: Array, boundary: str) -> Array:
    """Draws of the factor, column 0 the centre: both sides on the same draws."""
    name = BOUNDARY_QUANTITY[boundary]
    before, after = (np.stack([_samples(ledger, name) for ledger in side]) for side in ledgers)
    return gain(before, after, weights)


def _samples(ledger: Ledger, name: str) -> Array:
    found = ledger.samples(name)
    assert found is not None  # noqa: S101 - workloads of a mix are known
    return found


def _trained(workload: Workload, before: Ledger, after: Ledger, boundary: str) -> Trained:
    name = BOUNDARY_QUANTITY[boundary]
    tokens = _samples(before, "trained_token_count")
    one, other = _samples(before, name) / tokens * J_PER_KWH, _samples(after, name) / tokens * J_PER_KWH
    hours = _samples(after, HOURS)[0] / _samples(before, HOURS)[0]
    return Trained(workload, total(one), total(other), total(one / other), float(hours))


def _assumptions(factor: Array, ledgers: Sequence[Sequence[Ledger]], question: Question) -> tuple[Assumption, ...]:
    """The figures that most of the factor's spread comes from."""
    scores = Scores(question.samples, question.seed)
    if question.samples < 3:
        return ()
    leaves: dict[str, Leaf] = {}
    told: dict[str, tuple[str, Any]] = {}
    target = (BOUNDARY_QUANTITY[question.boundary],)
    for side in ledgers:
        for ledger in side:
            names = needed(program(book(), informed(ledger.figures), target))
            for name, leaf in columns([ledger.figures], names).items():
                leaves.setdefault(leaf.streams[0], leaf)
                told.setdefault(leaf.streams[0], (name, ledger.figures[name]))
    shares, _ = spread_shares(np.log(factor), leaves, scores)
    first = sorted(shares, key=lambda stream: -shares[stream])[:HANGS_ON]
    found = []
    for stream in first:
        name, figure = told[stream]
        found.append(
            Assumption(name, stream, shares[stream], figure.value, figure.low, figure.high, figure.kind, figure.source)
        )
    return tuple(found)
