"""The question as people write it: shares, drifts, values and files become what an answer is worked out of."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

from thirdwatt.ledger import Ledger
from thirdwatt.ledger.pricing import OF_LAWS, SAMPLES, Sourced
from thirdwatt.scenario import InputError, Mistake
from thirdwatt.search.auto import estimate
from thirdwatt.search.retraining.answer import ASSUMED, Answer, Wanted, answered
from thirdwatt.search.retraining.history import read_history, shown
from thirdwatt.search.retraining.mix import Mixing
from thirdwatt.search.retraining.news import News, of_diff, of_share, of_text
from thirdwatt.search.retraining.policy import days_of, drift_of, value_of


def retrain(
    scenario: Sourced,
    set: Mapping[str, Any] | None = None,
    *,
    new_tokens: str | None = None,
    data_diff: str | PathLike[str] | None = None,
    drift: str | None = None,
    value: str | None = None,
    every: str | None = None,
    monitor: float = 0.0,
    history: str | PathLike[str] | None = None,
    updates: int | None = None,
    tolerated: float | None = None,
    gap: float | None = None,
    samples: int = SAMPLES,
    seed: int = 0,
) -> Answer:
    """Whether new data are worth training again, in which way and how often.

    Parameters
    ----------
    scenario
        The training that made the model there is.
    set
        Changes by path, as :func:`thirdwatt.estimate` takes them.
    new_tokens, data_diff
        What came: ``5%``, ``750B``, or a file that ``data diff --json`` wrote; 5 % (1 to 25 %) is assumed without.
    drift, value
        Points of quality lost with time (``0.5/30d``), and what one is worth (``200/d``).
    every
        An interval to compare with the best (``30d``).
    monitor
        What watching quality costs a day, in the unit of the value.
    history
        CSV of dates, tokens and evaluations, on which policies are replayed.
    updates, tolerated
        Updates between two trainings from scratch, or what they may leave missing before one is due.
    gap
        Points that an update was measured to leave missing; without, nats per token are assumed.

    Raises
    ------
    InputError
        With every mistake.
    """
    ledger = estimate(scenario, set, also=OF_LAWS, samples=samples, seed=seed)
    return asked(
        ledger, new_tokens=new_tokens, data_diff=data_diff, drift=drift, value=value, every=every, monitor=monitor,
        history=history, updates=updates, tolerated=tolerated, gap=gap,
    )  # fmt: skip


def asked(
    ledger: Ledger,
    *,
    new_tokens: str | None = None,
    data_diff: str | PathLike[str] | None = None,
    drift: str | None = None,
    value: str | None = None,
    every: str | None = None,
    monitor: float = 0.0,
    history: str | PathLike[str] | None = None,
    updates: int | None = None,
    tolerated: float | None = None,
    gap: float | None = None,
) -> Answer:
    """The same for a training that is priced already, asked for :data:`thirdwatt.ledger.pricing.OF_LAWS` too; see
    :func:`retrain`.
    """
    mistakes = [*_contradictions(new_tokens, data_diff), *_lacking(drift, value, every, monitor, history)]

    found: dict[str, Any] = {}
    for name, stated, reading in (
        ("drift", drift, lambda: drift_of(str(drift), "--drift")),
        ("value", value, lambda: value_of(str(value), "--value")),
        ("every_d", every, lambda: days_of(str(every), "--every")),
        ("history", history, lambda: shown(read_history(str(history)))),
        ("mixing", _first(updates, tolerated, gap), lambda: Mixing(updates, tolerated, gap)),
        ("news", ledger, lambda: _news(ledger, new_tokens, data_diff)),
    ):
        try:
            found[name] = None if stated is None else reading()
        except InputError as error:
            mistakes += error.mistakes
    if mistakes:
        raise InputError(mistakes)
    return answered(ledger, Wanted(monitor_per_day=monitor, **found))


def _first(*stated: float | None) -> float | None:
    """The first that is stated."""
    return next((each for each in stated if each is not None), None)


def _contradictions(new_tokens: str | None, data_diff: object) -> list[Mistake]:
    both = new_tokens is not None and data_diff is not None
    return [Mistake("--new-tokens", "and --data-diff both say what came", "give one")] if both else []


def _lacking(drift: object, value: object, every: object, monitor: float, history: object) -> list[Mistake]:
    """What is stated and says nothing without something else."""
    found = []
    if value is None:
        found += [
            Mistake(name, "says nothing without what a point of quality is worth", "give --value too: 200/d")
            for name, stated in (
                ("--drift", drift is not None),
                ("--every", every is not None),
                ("--monitor", monitor > 0),
            )
            if stated
        ]
    elif drift is None and history is None:
        found.append(Mistake("--value", "says nothing without what is lost with time", "give --drift or --history too"))
    return found


def _news(ledger: Ledger, new_tokens: str | None, data_diff: str | PathLike[str] | None) -> News:
    """What came: as stated, else as observed, else assumed."""
    if data_diff is not None:
        return of_diff(str(data_diff))
    if new_tokens is not None:
        tokens = ledger.figures.get("token_count")
        return of_text(new_tokens, None if tokens is None or tokens.kind == "assumed" else tokens.value)
    seen = ledger.scenario.given.get("new_token_share")
    return ASSUMED if seen is None else of_share(seen)
