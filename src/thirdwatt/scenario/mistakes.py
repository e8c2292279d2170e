"""What is wrong with an input: every mistake, with where it is, what is allowed and the nearest valid name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong.

    ``path`` says where (``cluster.accelerator``), ``problem`` what, ``fix`` what would be right.
    """

    path: str
    problem: str
    fix: str = ""

    def __str__(self) -> str:
        text = f"{self.path}: {self.problem}" if self.path else self.problem
        return f"{text}; {self.fix}" if self.fix else text


class InputError(ValueError):
    """Bad input: carries the whole list of mistakes."""

    def __init__(self, mistakes: Iterable[Mistake], where: str = "") -> None:
        self.mistakes = tuple(mistakes)
        self.where = where
        super().__init__("\n".join(map(str, self.mistakes)))


class InsufficientError(ValueError):
    """The input is sound, but too little is known to answer."""


def nearest(name: str, allowed: Iterable[str]) -> str:
    """Advice that names the closest valid spelling, or all of them if there are few.

    Examples
    --------
    >>> nearest("tokns", ["tokens", "epochs"])
    'did you mean tokens?'
    """
    allowed = list(allowed)
    close = difflib.get_close_matches(name.lower(), allowed, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    if len(allowed) <= 12:
        return f"allowed: {', '.join(allowed)}"
    return ""


def nearest_few(name: str, allowed: Iterable[str], most: int = 3) -> str:
    """Advice that names the closest valid spellings; empty if none is close.

    Examples
    --------
    >>> nearest_few("gpt-4oo", ["gpt-4", "gpt-4o", "palm-540b"])
    'did you mean gpt-4o? (or gpt-4)'
    """
    first, *more = difflib.get_close_matches(name.lower(), list(allowed), n=most, cutoff=0.6) or [""]
    also = f" (or {' or '.join(more)})" if more else ""
    return f"did you mean {first}?{also}" if first else ""
