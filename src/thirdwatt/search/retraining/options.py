"""Ways to take new data into a trained model, side by side: what each takes by the ledger, what loss is predicted.

A way is a row of the table ``updates``: what it processes (nothing, the new data, new data with replay, all of it), how
(method and adapter), its evidence and its limits. Add a row to add a way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from thirdwatt.amounts import amount, plain
from thirdwatt.facts import Figure, Row, table
from thirdwatt.ledger import Ledger
from thirdwatt.ledger import laws as of_laws
from thirdwatt.ledger.change import HELD, Change, Three, ledger_after, times
from thirdwatt.ledger.fit import fit
from thirdwatt.ledger.laws import Law
from thirdwatt.ledger.leaves import figures
from thirdwatt.ledger.ledger import ACCOUNTED, Total, total
from thirdwatt.ledger.samples import Array
from thirdwatt.ledger.sweep import prepared
from thirdwatt.scenario import Scenario
from thirdwatt.search.retraining.news import News

PRICED = ("accelerator_hours", "wall_time_h", *ACCOUNTED)
"""What a way is priced in: totals of a ledger, energy, carbon and water at the scenario's boundary."""

NOTHING, ALL = "none", "all"
"""What a row says that it processes, beside the new data alone or with old ones."""
KEPT = ("epochs", "global_batch_count")
"""What another method would choose otherwise, and is kept as it is."""
PER_TOKEN = "training_flop_per_token"  # noqa: S105 - a quantity
TOKENS = ("trained_token_count", "processed_token_count")
"""Known numbers of tokens: in proportion to the data, whatever a token takes."""
BESIDE = ("rollout_ratio", "reward_ratio", "sync_ratio")
"""Time of a method beside its steps, to that of the steps."""
THROUGHPUT = "tokens_per_s_per_accelerator"
LOSS = "predicted_loss_nats_per_token"
LEAST = 1e-12
"""Least share of new data in an interval: a way that may process nothing still has a ledger."""
OLD, UNION = "old", "union"
"""What a row says of the loss: that of the model there is, or that of training on everything. Else it is unknown."""


@dataclass(frozen=True, slots=True)
class Predicted:
    """What one law says: of the model as it is, and of one trained on everything.

    Attributes
    ----------
    before, after
        Predicted loss, in nats per token.
    beyond
        How far that lies outside of what the law was fitted to; empty within.
    """

    law: Law
    before: float
    after: float
    beyond: str

    @property
    def gain(self) -> float:
        """What the new data take from the loss."""
        return self.before - self.after


@dataclass(frozen=True, slots=True)
class Option:
    """One way.

    Attributes
    ----------
    work
        Tokens it processes to those of the present training.
    totals
        What it takes, by name of :data:`PRICED`; ``None`` where too little is known.
    of_full
        Energy to that of training again on everything.
    loss
        Predicted loss by law; empty where no law says it.
    reaches
        What its evidence says of the loss: :data:`OLD`, :data:`UNION`, or that it is unknown.
    gap
        How much more loss than training on everything it is taken to leave; ``None`` where that is nothing, or unknown.
    unknown
        Why there is no price; empty if there is one.
    misfit
        How it exceeds the memory there is, where the present training does not; empty if it fits.
    draws
        Of what it takes of each account, the centre first.
    """

    id: str
    name: str
    label: str
    work: Three
    totals: Mapping[str, Total | None]
    of_full: Total | None
    loss: Mapping[str, Three]
    reaches: str
    gap: Figure | None
    evidence: str
    caveat: str
    unknown: str = ""
    misfit: str = ""
    draws: Mapping[str, Array] = field(default_factory=dict, repr=False, compare=False)


def predictions(ledger: Ledger, news: News) -> tuple[tuple[Predicted, ...], str]:
    """What each law says of the data, and why none does where none does."""
    refused = of_laws.refusal(ledger.scenario)
    tokens = ledger.figures.get("token_count")
    if refused or tokens is None:
        return (), refused or "the tokens are not known: state workload.tokens"
    trained = ledger.values["trained_token_count"][0]
    size = float(of_laws.predicted(ledger.scenario, of_laws.TOLD[0], None, (of_laws.SIZE,))[of_laws.SIZE][0])
    if refused := of_laws.outside(size, float(trained) * news.after[0]):
        return (), refused
    counts = [tokens.value, tokens.value * news.after[0]]
    found = []
    for law in of_laws.laws(ledger.scenario):
        said = of_laws.predicted(ledger.scenario, law.id, {"token_count": counts}, (LOSS,))
        if LOSS in said:
            before, after = map(float, said[LOSS])
            beyond = law.beyond(size, float(trained) * max(1.0, news.after[0]))
            found.append(Predicted(law, before, after, beyond))
    return tuple(found), ""


def options(ledger: Ledger, news: News, said: tuple[Predicted, ...]) -> tuple[Option, ...]:
    """Every way, in the order of the table.

    Parameters
    ----------
    ledger
        Of the training that made the model there is.
    said
        What laws say of the data.
    """
    rows = list(table("updates"))
    ledgers = {row.id: _after(ledger, row, news) for row in rows}
    full = ledgers["full"]
    return tuple(
        replace(_option(row, ledgers[row.id], full, news, said), misfit=_misfit(ledger, ledgers[row.id]))
        for row in rows
    )


def _option(
    row: Row, after: Ledger | str | None, full: Ledger | str | None, news: News, said: tuple[Predicted, ...]
) -> Option:
    gap = row.figures.get("continual_gap_nats_per_token")
    more = _three(gap, 0.0)
    losses: dict[str, Three] = {}
    if row.text["loss"] == OLD:
        losses = {each.law.id: (each.before,) * 3 for each in said}
    elif row.text["loss"] == UNION:
        losses = {each.law.id: (each.after + more[0], each.after + more[1], each.after + more[2]) for each in said}
    nothing = Total(0.0, 0.0, 0.0)
    if isinstance(after, Ledger):
        totals = {name: after.totals.get(name) for name in PRICED}
        of_full = _ratio(after, full) if isinstance(full, Ledger) else None
    else:
        totals = dict.fromkeys(PRICED, nothing if after is None else None)
        of_full = nothing if after is None else None
    return Option(
        row.id, row.name, row.text["label"], work(row, news), totals, of_full, losses, row.text["loss"], gap,
        row.text["evidence"], row.text["caveat"], after if isinstance(after, str) else "",
        draws=_draws(after) if isinstance(after, Ledger) else {},
    )  # fmt: skip


def _draws(after: Ledger) -> dict[str, Array]:
    """Draws of each account that is known."""
    found = {name: after.samples(account.quantity) for name, account in ACCOUNTED.items()}
    return {name: drawn for name, drawn in found.items() if drawn is not None}


def work(row: Row, news: News) -> Three:
    """Tokens that a way processes, to those of the present training.

    New data with a share r of old ones among all that is processed: x/(1 - r).
    """
    data = row.text["data"]
    if data == NOTHING:
        return 0.0, 0.0, 0.0
    if data == ALL:
        share = _three(row.figures.get("update_work_ratio"), 1.0)
        return news.after[0] * share[0], news.after[1] * share[1], news.after[2] * share[2]
    replay = _three(row.figures.get("replay_share"), 0.0)
    return news.new[0] / (1 - replay[0]), max(news.new[1], LEAST) / (1 - replay[1]), news.new[2] / (1 - replay[2])


def _after(ledger: Ledger, row: Row, news: News) -> Ledger | str | None:
    """The ledger of a way; ``None`` where nothing is trained, and why there is none where there is none."""
    if row.text["data"] == NOTHING:
        return None
    tokens = work(row, news)
    if why := _unlike(row, news, tokens):
        return why
    given = {"token_count": times(ledger.figures["token_count"], tokens)} if "token_count" in ledger.figures else {}
    choices = {name: row.text[name] for name in ("method", "adapter") if name in row.text}
    if not choices:
        return ledger_after(ledger, Change(given, tokens, removed=True))
    other = _other_method(ledger, choices, tokens)
    if other is None:
        return "the size of the model is not known: state workload.parameters or workload.model"
    return ledger_after(ledger, replace(other, given={**given, **other.given}))


def _unlike(row: Row, news: News, tokens: Three) -> str:
    """Why a way is not to be priced for so much new data; empty if it is."""
    if tokens[0] <= 0:
        return "there are no new tokens to train on"
    if row.text["data"] == ALL and tokens[0] < news.new[0]:
        return "more is new than it would process: it was shown where new data are the smaller part"
    return ""


def _other_method(ledger: Ledger, choices: Mapping[str, str], tokens: Three) -> Change | None:
    """The change to another method on so much data; ``None`` where nothing says what that takes.

    What is known of the whole is of the present method: it follows the work for a token, and the time beside it.
    """
    scenario = ledger.scenario
    given = {**_measured(scenario), **{name: ledger.figures[name] for name in KEPT if name in ledger.figures}}
    ratios = _per_token(scenario, choices, given)
    if ratios is None:
        return None
    flop, step, time = ratios
    if (rate := scenario.given.get(THROUGHPUT)) is not None:
        given[THROUGHPUT] = times(rate, (1 / step,) * 3)
    spent = (tokens[0] * time, tokens[1] * time, tokens[2] * time)
    given |= {name: times(scenario.given[name], spent) for name in HELD if name in scenario.given}
    given |= {name: times(scenario.given[name], tokens) for name in TOKENS if name in scenario.given}
    return Change(given, (tokens[0] * flop, tokens[1] * flop, tokens[2] * flop), removed=True, choices=choices)


def _measured(scenario: Scenario) -> dict[str, Figure]:
    """Constants as measurements of the present method moved them: they are of the machine, the other has them too."""
    if not scenario.calibration:
        return {}
    moved, before = figures(scenario), figures(replace(scenario, calibration=()))
    return {name: figure for name, figure in moved.items() if figure != before[name]}


def _per_token(
    scenario: Scenario, choices: Mapping[str, str], kept: Mapping[str, Figure]
) -> tuple[float, float, float] | None:
    """Work, time of steps, and time with what a method does beside: of a token by another method to the present one's.

    Steps are slower or faster as the ledger has it where nothing of their time is known; else as the work goes.
    """
    open_to = {name: each for name, each in scenario.given.items() if name not in (*HELD, THROUGHPUT)}
    present = replace(scenario, given={**open_to, **kept}, calibration=())  # what is kept has been moved by it
    other = replace(scenario, given=present.given, choices={**scenario.choices, **choices})
    now, then = (prepared(each, (), (PER_TOKEN, THROUGHPUT, *BESIDE)).once() for each in (present, other))
    if PER_TOKEN not in now or PER_TOKEN not in then:
        return None
    flop = float(then[PER_TOKEN] / now[PER_TOKEN])
    step = float(now[THROUGHPUT] / then[THROUGHPUT]) if THROUGHPUT in now and THROUGHPUT in then else flop
    before, after = (1 + sum(float(each[name]) for name in BESIDE if name in each) for each in (now, then))
    return flop, step, step * after / before


def _misfit(before: Ledger, after: Ledger | str | None) -> str:
    """How a way exceeds the memory of an accelerator, or of its host, where the present training does not."""
    if not isinstance(after, Ledger):
        return ""
    present, changed = fit(before), fit(after)
    if present is None or changed is None or changed.fits or not present.fits:
        return ""
    if changed.host_ratio > 1:
        return f"it needs {plain(changed.host_ratio)} times the memory of its host"
    return f"it needs {amount(changed.needed.value, 'B')} on an accelerator of {amount(changed.capacity_byte, 'B')}"


def _ratio(one: Ledger, other: Ledger) -> Total | None:
    over, under = one.samples("boundary_energy_kwh"), other.samples("boundary_energy_kwh")
    if over is None or under is None:
        return None
    return total(np.asarray(over) / np.asarray(under))


def _three(figure: Figure | None, otherwise: float) -> Three:
    return (otherwise,) * 3 if figure is None else (figure.value, figure.low, figure.high)
