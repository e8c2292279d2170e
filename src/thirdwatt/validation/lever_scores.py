"""What levers save, beside what was published of them.

``levers.csv`` is a table of set-ups: a scenario before, a lever taken in one of its own ways or with its own fields at
the published value, and the published ratio of a quantity after to before. The plan's bench makes the change and the
ledger prices both, draw by draw, as it does for every plan; nothing is multiplied by a published factor.

Rows are of kinds that prove different things:

- *predicted*: nothing in the tables was taken from what the row is held against;
- *fitted*: a constant that decides it was fitted to, or taken from, this source, so that it only shows how well one
  constant holds many figures;
- *arithmetic*: follows from the set-up and a definition;
- *bound*: the source says how far it can go at most, or at least; the prediction must not go beyond.

Of levers without a row :data:`NOT_HELD` says why.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from thirdwatt.ledger import Ledger, Total, estimate, scenario_of
from thirdwatt.ledger.ledger import TOTALS, total
from thirdwatt.ledger.samples import Array
from thirdwatt.scenario.read import changed
from thirdwatt.search.levers import levers
from thirdwatt.search.levers.lever import Lever, Today, Way
from thirdwatt.search.plan.bench import Bench
from thirdwatt.search.plan.goals import DEVELOPMENT, Counted
from thirdwatt.search.plan.offered import Offered
from thirdwatt.search.today import Start, start
from thirdwatt.validation.cases import Case
from thirdwatt.validation.steps import steps

PREDICTED, FITTED, ARITHMETIC, BOUND = "predicted", "fitted", "arithmetic", "bound"
KINDS: Mapping[str, str] = {
    PREDICTED: "nothing of it is in the tables",
    FITTED: "the source lent the tables a figure",
    ARITHMETIC: "follows from the set-up by definition",
    BOUND: "no further than the source says it can go",
}
"""Kinds of rows and what each says; only the first is a test of the ledger, the last has no error."""
SCORED = (PREDICTED, FITTED, ARITHMETIC)

LEVER_QUESTIONS = {"levers": "ratio of a run with a lever taken to the run without"}
"""What is asked of levers."""

SETTINGS, RUNS, FIRST = "settings", "another run", "first"
"""Ways that are none of a lever's own: its fields at the published value, and a run of another model or machine; and
the first that it offers, whatever its name."""

NOTHING_DONE = 1.0
"""Baseline of a ratio: a lever that changes nothing."""

AS_LAID_OUT = " as laid out"
"""Ends a way that is taken in the layout before, where the source kept it and a plan would choose one anew."""

OF_STEP = "step:"
"""Begins the name of a published step as the scenario before."""

NOT_HELD: Mapping[str, str] = {
    "newer-software": "the published 2.5 times of two years mix tasks, kernels and input; what releases add is held in "
    "Steps, family by family",
    "warm-start": "TiC-CLIP and TiC-LM lent it its figure; they are held in Retraining, by their tokens",
    "continue-training": "its factor is arithmetic on tokens and is held in Retraining",
    "upcycling": "the half of a dense model's work that it takes is the published figure itself; the quarter that Qwen "
    "claims is of a dense model that is not in the table",
    "early-stopping": "what stopping leaves is said by laws; no published run was stopped and held against its twin at "
    "equal quality",
    "exact-dedup": "no published run took out exact copies alone",
    "tokenise-once": "nobody published a run that tokenised in every pass beside the same that did not",
    "stalls": "speed-ups of 5 to 32 times are published without the waits before and after, on which all depends",
    "storage-format": "its bytes for a token are those of the published corpora",
    "checkpoint-interval": "Young's interval is the optimum of the ledger's own loss; what Llama 3 reached is held in "
    "Development and failures",
    "evaluation-cadence": "half as many evaluations take half the time by definition; no run told both",
    "idle": "BLOOM told how much waited, not what giving machines back would have left of it",
    "fewer-failed-runs": "its half is the published saving of stopping poor trials early, of searches and not of "
    "failed runs",
    "hour-shifting": "its figures were computed here from the published traces; studies of marginal intensity or of "
    "runs that pause are of something else",
    "contracted-power": "market-based carbon is a matter of accounts: nothing is drawn less",
    "retraining-interval": "best intervals are held against a search in Retraining; no firm published what another "
    "interval saved",
    "kept-checkpoints": "bytes are in proportion to their number by definition",
    "storage-tier": "watts of disks, flash and tape in the tables are the published ones",
    "hardware-lifetime": "years divide what is embodied by definition",
}
"""Why a lever has no row."""

NOT_COMPARED: Mapping[str, str] = {
    "hours of DeepSeek-V3 in bf16 (arXiv:2412.19437)": "the report has none: it says that products in fp8 are in "
    "theory twice as fast, and holds losses of smaller models against each other; 2.788 million hours are those of fp8 "
    "alone. The row stands as a bound",
    "clocks by stage, up to 30 % (Perseus, arXiv:2312.06902)": "the lever sets one clock for all: at the same speed it "
    "reaches none of it. At 95 % of the clock it saves GPT-3 on V100 6 % of the energy of the boards for 4 % more "
    "time. Part of the 30 % is slack of pipelines, which a better layout removes instead",
    "16 regions of Azure (Dodge et al., arXiv:2206.05229)": "marginal intensities of 2020; the ledger counts average "
    "ones, which differ by other factors from place to place",
    "Google's 0.08 kg/kWh in Iowa (arXiv:2104.10350)": "net of purchases: market-based, where the lever is "
    "location-based; its range of 5 to 10 times has a row all the same, as all that is told of one country",
    "MLPerf LoRA runs as a test of liquid cooling": "immersed only: there is no run of the same nodes in air",
    "17 % more speed with cold plates (arXiv:2507.16781)": "two nodes in different halls; cooler chips clock higher, "
    "which the ledger has no law for",
    "Zeus' own savings of 15 to 76 % (arXiv:2208.06102)": "batch and cap together, to a target accuracy: the batch "
    "changes how many steps are needed",
    "mixture of experts in wall-clock time (OLMoE, arXiv:2409.02060)": "twice as fast to the same score: tokens saved "
    "and time for a token in one figure; the work for a token is held here, its time in Steps",
    "Minitron's 1.8 times for a family (arXiv:2407.14679)": "(15 + 8 + 4)/15 sizes on the same tokens: arithmetic of "
    "three runs, not of one",
    "CarbonScaler and CarbonFlex, 37 to 57 %": "runs that grow and shrink with the hour: no lever here does",
}
"""Published figures that no row is held against, and why."""


@dataclass(frozen=True, slots=True)
class Row:
    """A published ratio and the set-up it is of.

    Attributes
    ----------
    lever, way
        Ids joined by ``+`` where several were taken together; a way is one of the lever's own, or :data:`SETTINGS` or
        :data:`RUNS`.
    on, before
        Scenario to start from, and what is stated of it: ``path=value`` settings.
    after
        Settings of :data:`SETTINGS`, or the whole other run of :data:`RUNS`.
    quantity
        What the ratio is of.
    low, high
        Range of the published ratio: of several jobs, or of how it was rounded.
    boundary
        What was metered or counted.
    """

    id: str
    lever: str
    way: str
    on: str
    before: str
    after: str
    quantity: str
    published: float
    low: float
    high: float
    boundary: str
    source: str
    kind: str
    note: str


@dataclass(frozen=True, slots=True)
class Held:
    """A published ratio beside the ledger's."""

    row: Row
    predicted: Total

    @property
    def error(self) -> float:
        """Relative error: predicted over published, less one."""
        return self.predicted.value / self.row.published - 1

    @property
    def inside(self) -> bool:
        """Whether the prediction lies within the published range."""
        return self.row.low <= self.predicted.value <= self.row.high

    @property
    def covered(self) -> bool:
        """Whether the published ratio lies within the 90 % interval of the prediction."""
        return self.predicted.low <= self.row.published <= self.predicted.high


@cache
def rows() -> tuple[Row, ...]:
    """All published ratios."""
    text = resources.files("thirdwatt.validation").joinpath("levers.csv").read_text(encoding="utf-8")
    numbers = ("published", "low", "high")
    return tuple(
        Row(**{name: float(cell) if name in numbers else cell for name, cell in line.items()})  # type: ignore[arg-type]
        for line in csv.DictReader(io.StringIO(text))
    )


@lru_cache(maxsize=4)
def held(samples: int) -> tuple[Held, ...]:
    """Every published ratio with what the ledger gives for its set-up."""
    return tuple(Held(row, predicted(row, samples)) for row in rows())


def lever_answers(found: Iterable[Held]) -> Iterator[tuple[Case, Total, float | None]]:
    """Every published ratio that has an error, as a case: its family is its kind."""
    for each in found:
        if each.row.kind in SCORED:
            row = each.row
            case = Case(row.id, "levers", "", row.kind, {}, row.quantity, row.published, row.kind == PREDICTED)
            yield case, each.predicted, NOTHING_DONE


# --- one row ------------------------------------------------------------------------------------------------------


def predicted(row: Row, samples: int) -> Total:
    """Ratio of the quantity after to before, draw by draw.

    Raises
    ------
    ValueError
        If the lever does not apply to the set-up, or what it does cannot be.
    """
    one, other = (_drawn(row, document, samples) for document in documents(row))
    return total(other / one)


def documents(row: Row) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The scenario before and the one after, for ``estimate``."""
    if row.way == RUNS:
        return _begun(row.on, row.before).own.scenario.document, changed({}, _settings(row.after))
    begun = _begun(row.on, row.before)
    counts = _counts(begun.document)
    today = Today(begun.ledger, begun.stated, counts_development=bool(counts))
    if row.way.endswith(AS_LAID_OUT):
        (way,) = _offered(row, row.lever, row.way.removesuffix(AS_LAID_OUT), today).ways
        return begun.document, scenario_of(begun.document, way.sets).document
    pairs = zip(row.lever.split("+"), row.way.split("+"), strict=True)
    offers = tuple(_offered(row, *pair, today) for pair in pairs)
    bench = Bench(begun, offers, Counted(begun.ledger.boundary, counts))
    after = bench.document((1,) * len(offers))
    if isinstance(after, str):
        raise ValueError(f"{row.id}: {after}")
    return begun.document, after


@lru_cache(maxsize=128)
def _begun(on: str, before: str) -> Start:
    """The run before, as a plan starts from it; many rows share one."""
    scenario = scenario_of(changed(_base(on), _settings(before)), name=on or "published")
    return start(scenario, samples=1, seed=0, also=_counts(scenario.document))


def _counts(document: Mapping[str, Any]) -> tuple[str, ...]:
    """What a run is multiplied with: its development where any is stated."""
    return (DEVELOPMENT,) if "development" in document else ()


def _base(on: str) -> dict[str, Any]:
    """The document to start from: of a preset, of a published step, or empty."""
    if on.startswith(OF_STEP):
        name = on.removeprefix(OF_STEP)
        return dict(next(step.scenario.document for step in steps() if step.id == name))
    return dict(scenario_of(on).document) if on else {}


def _settings(text: str) -> list[str]:
    return [each.strip() for each in text.split(";") if each.strip()]


def _offered(row: Row, lever: str, way: str, today: Today) -> Offered:
    """A lever with the one way that the row takes."""
    found = _lever(lever)
    if way == SETTINGS:
        return Offered(found, (Way("as published", _flat(changed({}, _settings(row.after)))),))
    ways = found.ways(today)
    if isinstance(ways, str):
        raise ValueError(f"{row.id}: {ways}")
    named = [each for each in ways if way in (each.id, FIRST)]
    if not named:
        raise ValueError(f"{row.id}: {lever} has no way {way!r}, but {', '.join(repr(each.id) for each in ways)}")
    return Offered(found, (named[0],))


def _lever(name: str) -> Lever:
    return next(each for each in levers() if each.id == name)


def _flat(document: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Fields by path; one that is left empty is unstated."""
    found: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = None if value == "" else value
    return found


def _drawn(row: Row, document: Mapping[str, Any], samples: int) -> Array:
    quantity = TOTALS.get(row.quantity, row.quantity)
    ledger: Ledger = estimate(scenario_of(document, name=row.id), samples=samples, also=(quantity,))
    found = ledger.samples(quantity)
    if found is None:
        raise ValueError(f"{row.id}: too little is known for {row.quantity}")
    return found
