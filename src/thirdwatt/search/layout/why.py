"""Why a layout is best: what its step is made of beside others', how sure that is, and what would change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from thirdwatt.ledger import Ledger
from thirdwatt.ledger.evaluate import needed
from thirdwatt.ledger.leaves import columns
from thirdwatt.ledger.samples import Array
from thirdwatt.ledger.sensitivity import spread_shares
from thirdwatt.search.layout.find import STEP, Candidate, find
from thirdwatt.search.layout.search import Answer

TERMS: Mapping[str, str] = {
    "compute": "step_compute_s",
    "traffic": "step_communication_s",
    "bubble": "step_bubble_s",
    "stragglers": "step_straggler_s",
}
"""What a step is made of, and the quantity of each."""

RIVALS = 8
"""Spreads beside the best one that are held against it in every draw."""

SAMPLES = 500

SURE_SHARE = 0.8
"""Share of draws in which a layout must fit to be taken without another word."""
ROOMY_SHARE = 0.85
"""Share of the memory that a layout fills at the centre if it is to fit in nearly all draws."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a layout's step is made of.

    Attributes
    ----------
    parts
        Seconds of each of :data:`TERMS`; they add up to ``step_s``.
    memory_share, fits_share
        Memory of the fullest accelerator to what it has, and the share of draws in which it fits.
    power_w
        Mean draw of one accelerator.
    """

    candidate: Candidate
    step_s: float
    parts: Mapping[str, float]
    memory_share: float
    fits_share: float
    power_w: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """How sure the best is.

    Attributes
    ----------
    best_share
        Share of draws in which no other spread is better.
    rival
        The spread that is most often better; ``None`` if none ever is.
    rival_share
        Share of draws in which it is.
    quantity
        The leaf that decides most between the two; empty if none stands out.
    toward
        Where the rival wins: where that leaf is ``low`` or ``high``.
    explains
        Share of the variance of their difference that the leaf explains.
    """

    best_share: float
    rival: Candidate | None
    rival_share: float
    quantity: str
    toward: str
    explains: float


@dataclass(frozen=True, slots=True)
class Reasons:
    """The best layout beside the next spread and the scenario's own, and how sure it is.

    ``surer`` is the best layout that leaves room in the memory, where the best one may well not fit.
    """

    best: Terms
    surer: Terms | None
    runner_up: Terms | None
    current: Terms | None
    doubt: Doubt


def reasons(answer: Answer, samples: int = SAMPLES, seed: int = 0) -> Reasons | None:
    """Why the best is best; ``None`` where there is none."""
    if answer.best is None:
        return None
    spreads = answer.found.spreads[: 1 + RIVALS]
    ledgers = [answer.ledger(each, samples, seed) for each in spreads]
    of_spreads = [_terms(each, ledger) for each, ledger in zip(spreads, ledgers, strict=True)]
    current = None
    if answer.current is not None:
        current = _terms(answer.current, answer.ledger(answer.current, samples, seed))
    return Reasons(
        best=of_spreads[0],
        surer=_surer(answer, of_spreads[0], samples, seed),
        runner_up=of_spreads[1] if len(of_spreads) > 1 else None,
        current=current,
        doubt=_doubt(answer, spreads, ledgers),
    )


def _surer(answer: Answer, best: Terms, samples: int, seed: int) -> Terms | None:
    """The best layout that leaves room in the memory, if the best of all leaves too little."""
    if best.fits_share >= SURE_SHARE:
        return None
    limits = replace(answer.limits, memory_share=min(answer.limits.memory_share, ROOMY_SHARE))
    found = find(answer.spaces, answer.goal, answer.quantities, limits).best
    return None if found is None else _terms(found, answer.ledger(found, samples, seed))


def _terms(candidate: Candidate, ledger: Ledger) -> Terms:
    found = {name: _centre(ledger, quantity) for name, quantity in TERMS.items()}
    step = _centre(ledger, STEP)
    whole = sum(found.values())
    used = ledger.samples("memory_used_ratio")
    draws = np.ones(1) if used is None else used[1:] if len(used) > 1 else used
    return Terms(
        candidate=candidate,
        step_s=step,
        parts={name: value * step / whole for name, value in found.items()},
        memory_share=_centre(ledger, "memory_used_ratio"),
        fits_share=float(np.mean(draws <= 1)),
        power_w=_centre(ledger, "accelerator_power_w"),
    )


def _centre(ledger: Ledger, quantity: str) -> float:
    found = ledger.of(quantity)
    return 0.0 if found is None else found.value


def _doubt(answer: Answer, spreads: Sequence[Candidate], ledgers: Sequence[Ledger]) -> Doubt:
    quantity = answer.quantities[answer.goal]
    draws = np.stack([_draws(ledger, quantity) for ledger in ledgers])
    better = (draws[1:] < draws[0]).mean(axis=1)
    best_share = float((draws.argmin(axis=0) == 0).mean())
    if not len(better) or better.max() <= 0:
        return Doubt(best_share, None, 0.0, "", "", 0.0)
    at = 1 + int(better.argmax())
    own = ledgers[0]
    gap = np.concatenate([[0.0], draws[at] - draws[0]])
    leaves = columns([own.figures], [name for name in needed(own.program) if name in ledgers[at].figures])
    shares, _ = spread_shares(gap, leaves, own.scores)
    name, share = max(shares.items(), key=lambda each: each[1], default=("", 0.0))
    toward = ""
    if share > 0:
        score = own.scores.of(leaves[name].streams[0])[1:]
        toward = "low" if float(np.cov(score, gap[1:])[0, 1]) > 0 else "high"
    return Doubt(best_share, spreads[at], float(better[at - 1]), name if share > 0 else "", toward, share)


def _draws(ledger: Ledger, quantity: str) -> Array:
    """Draws of a goal; its centre where there are none."""
    found = ledger.samples(quantity)
    assert found is not None  # noqa: S101 - a goal is a quantity that could be had
    return found[1:] if len(found) > 1 else found
