"""What a lever is: one change somebody can make to a run, and all that is known of it before it is priced.

A lever says what it changes of a *scenario*, never what that saves: the ledger prices it, together with whatever else
is changed. It looks at the run as it is today and answers with the ways in which it can be taken, or with the reason
why it cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from thirdwatt.facts import Figure
from thirdwatt.ledger import Ledger
from thirdwatt.ledger.change import Three
from thirdwatt.ledger.ledger import path_of

GROUPS: Mapping[str, str] = {
    "arithmetic": "arithmetic and kernels",
    "machine": "machine",
    "model": "model",
    "data": "data",
    "run": "run",
    "place": "place and time",
    "lifecycle": "lifecycle",
}
"""Groups of levers and what they are called."""

SAME, EQUAL_LOSS, UNKNOWN = "same", "equal loss", "unknown"
QUALITY: Mapping[str, str] = {
    SAME: "the model learns the same",
    EQUAL_LOSS: "at equal predicted loss",
    UNKNOWN: "what it does to quality is not known",
}
"""What a lever does to the model's quality; one of which that is unknown is off unless it is allowed."""

RISKS = ("low", "medium", "high")

STRENGTHS: Mapping[str, str] = {
    "measured": "measured and published with its set-up",
    "replicated": "measured by several who are independent",
    "second-hand": "as others quote it: the work itself was not read for this",
    "claimed": "said by who sells or made it",
    "reasoned": "follows from arithmetic or from the definition of the thing",
    "assumed": "a judgement of this project",
}
"""How strong evidence is."""

AUTO = "auto"
"""What ``layout`` is set to by whoever leaves it to the search."""


class Lacking(str):
    """Why a lever cannot be taken, where that is for want of something that is not known: state it, and it may be."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that is known of a lever.

    Attributes
    ----------
    said
        What was found, in a sentence with its numbers.
    source
        Who found it: authors, title or place, year, identifier.
    strength
        One of :data:`STRENGTHS`.
    """

    said: str
    source: str
    strength: str


@dataclass(frozen=True, slots=True)
class Way:
    """One way to take a lever.

    Attributes
    ----------
    words
        What is done, as an order: "train in fp8".
    sets
        Fields of the scenario by path, as ``estimate --set`` takes them; a number may be a table of ``value``, ``low``,
        ``high``, ``kind`` and ``source``; ``None`` unstates a field. Two ways that set one field to different values
        exclude each other.
    scales
        Ratios to what quantities are today: value, low and high. Ratios of several levers multiply.
    id
        What tells it from other ways of its lever; empty if there is one.
    effort_d
        Days of work, value, low and high; the lever's own where ``None``.
    """

    words: str
    sets: Mapping[str, Any] = field(default_factory=dict)
    scales: Mapping[str, Three] = field(default_factory=dict)
    id: str = ""
    effort_d: Three | None = None


@dataclass(frozen=True, slots=True)
class Today:
    """The run as it is, as a lever sees it.

    Attributes
    ----------
    ledger
        Of the run today, with what is known of it as a whole turned into rates.
    stated
        Paths that its owner states, in the order of the file.
    counts_development, counts_updates
        Whether runs before the final one count, and whether a year of updates does.
    laid_out
        Whether the layout of the run today is its owner's, not one that stands for it.
    """

    ledger: Ledger
    stated: frozenset[str] = frozenset()
    counts_development: bool = False
    counts_updates: bool = False
    laid_out: bool = True

    def value(self, quantity: str) -> float | None:
        """Central value of a quantity; ``None`` if too little is known."""
        found = self.ledger.of(quantity)
        return None if found is None else found.value

    def figure(self, quantity: str) -> Figure | None:
        """The figure of a leaf, with its kind and source; ``None`` if the quantity is none or is computed."""
        return self.ledger.figures.get(quantity)

    def choice(self, name: str) -> str:
        """What the scenario has chosen: ``accelerator``, ``precision``, ``region``; empty where nothing is."""
        return self.ledger.scenario.choices.get(name, "")

    def known(self, quantity: str) -> bool:
        """Whether its owner states or measured a quantity, so that it is more than what is usual; also one that was
        turned into a rate and is no longer in the run as it is looked at.
        """
        return quantity in self.ledger.scenario.given or path_of(quantity) in self.stated


@dataclass(frozen=True, slots=True)
class Lever:
    """One change that somebody can make.

    Attributes
    ----------
    id
        Its name on the command line: lower case with hyphens.
    title
        What it is called, a few words.
    changes
        What of the scenario it changes, in words.
    effort_d
        Days of work of one engineer who knows the system, value, low and high; a judgement unless evidence says it.
    risk, doubt
        One of :data:`RISKS`, and what may go wrong.
    quality
        One of :data:`QUALITY`.
    ways
        From the run today to the ways in which the lever can be taken, or to the reason why it cannot: a
        :class:`Lacking` where that is for want of something that is not known.
    excludes
        Other levers that it cannot be taken with, beside those that set the same fields otherwise.
    needs
        Other levers without which it makes no sense.
    """

    id: str
    title: str
    group: str
    changes: str
    effort_d: Three
    risk: str
    doubt: str
    quality: str
    evidence: Sequence[Evidence]
    ways: Callable[[Today], Sequence[Way] | str]
    excludes: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Refuse what no lever can be: it would be found out only where it is chosen."""
        wrong = [
            f"{what} {value!r} is none of {', '.join(allowed)}"
            for what, value, allowed in (
                ("group", self.group, GROUPS),
                ("risk", self.risk, RISKS),
                ("quality", self.quality, QUALITY),
                *(("strength", each.strength, STRENGTHS) for each in self.evidence),
            )
            if value not in allowed
        ]
        if not self.evidence:
            wrong.append("there is no evidence: say at least what it is reasoned from")
        if not 0 < self.effort_d[1] <= self.effort_d[0] <= self.effort_d[2]:
            wrong.append("effort_d must be (value, low, high) in days, above 0")
        if wrong:
            raise ValueError(f"lever {self.id}: {'; '.join(wrong)}")


def said(value: float, low: float, high: float, source: str, kind: str = "modelled") -> dict[str, Any]:
    """A number with its range as a scenario states it."""
    return {"value": value, "low": low, "high": high, "kind": kind, "source": source}
