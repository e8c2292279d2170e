"""New data, as somebody says it: a share of what the model was trained on, tokens, or a comparison of two revisions."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from thirdwatt.facts import Figure
from thirdwatt.ledger.change import Three
from thirdwatt.scenario import InputError, Mistake

_NUMBER = r"(\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)"
_SHARE = re.compile(rf"\s*{_NUMBER}\s*%\s*", re.IGNORECASE)
_TOKENS = re.compile(rf"\s*{_NUMBER}\s*([kMBT]?)\s*", re.IGNORECASE)
_POWERS = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}

MOST = 1e3
"""New tokens to old ones beyond which a number is taken for a slip of the pen."""

DIFF = "thirdwatt/diff/"


@dataclass(frozen=True, slots=True)
class News:
    """Data that came since a model was trained.

    Attributes
    ----------
    new
        New tokens to those the model was trained on.
    after
        All tokens after to those before: less than 1 + new where data were removed meanwhile.
    source, kind
        Where that is from and how well it is known.
    """

    new: Three
    after: Three
    source: str
    kind: str

    @property
    def fewer(self) -> bool:
        """Whether there is less than there was: more was removed than came."""
        return self.after[0] < 1


def of_text(said: str, tokens: float | None) -> News:
    """New data from ``5%``, ``750e9`` or ``750B``.

    Parameters
    ----------
    tokens
        Tokens the model was trained on; ``None`` where that is not known.

    Raises
    ------
    InputError
        If it is neither a share nor a number of tokens, or tokens and it is not known of how many.
    """
    where = f"--new-tokens {said}"
    if share := _SHARE.fullmatch(said):
        new = float(share[1]) / 100
    elif amount := _TOKENS.fullmatch(said):
        if tokens is None:
            fix = "state workload.tokens, or say a share: --new-tokens 5%"
            raise InputError([Mistake(where, "a share of unknown tokens", fix)])
        new = float(amount[1]) * _POWERS[amount[2].lower()] / tokens
    else:
        raise InputError([Mistake(where, "is no share and no number of tokens", "write 5%, 750e9 or 750B")])
    if not 0 < new <= MOST:
        problem = f"comes to {new:.3g} times the tokens there were"
        raise InputError([Mistake(where, problem, f"write more than nothing and at most {MOST:,.0f} times as many")])
    return News((new,) * 3, (1 + new,) * 3, "--new-tokens", "stated")


def diff_among(files: Iterable[str]) -> str | None:
    """The first of some observations that compares two revisions: it says what went too, which a share alone does not.

    Files that cannot be read are none: who reads them says so.
    """
    for each in files:
        try:
            document = json.loads(Path(each).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(document, Mapping) and str(document.get("schema", "")).startswith(DIFF):
            return each
    return None


def of_diff(where: str) -> News:
    """New data from what ``data diff --json`` wrote.

    Raises
    ------
    InputError
        If the file cannot be read or is no such document.
    """
    try:
        document = json.loads(Path(where).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError([Mistake(where, f"cannot be read: {error.strerror}")]) from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError([Mistake(where, f"is no JSON: {error}", _MADE)]) from None
    if not isinstance(document, Mapping) or not str(document.get("schema", "")).startswith(DIFF):
        raise InputError([Mistake(where, "is no comparison of two revisions", _MADE)])
    try:
        share = document["new_token_share"]
        ends = tuple(float(share[end]) for end in ("value", "low", "high"))
        old, after = (float(document[side]["tokens"]["value"]) for side in ("old", "new"))
        kind = str(share.get("kind", "measured"))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError([Mistake(where, f"lacks what is needed of it: {error!r}", _MADE)]) from None
    if mistakes := list(_wrong_numbers(where, ends, old, after)):
        raise InputError(mistakes)
    ratio = after / old
    value, low, high = (each * ratio for each in ends)
    return News((value, low, high), (ratio,) * 3, f"data diff {where}", kind)


_MADE = "make one: thirdwatt data diff OLD NEW --json > diff.json"


def _wrong_numbers(where: str, share: tuple[float, ...], old: float, new: float) -> Iterator[Mistake]:
    """What no comparison of two revisions can say."""
    value, low, high = share
    if not 0 <= low <= value <= high <= 1:
        problem = f"is {value:g}, from {low:g} to {high:g}"
        yield Mistake(f"{where}: new_token_share", problem, "a share lies in its interval, and that between 0 and 1")
    for side, tokens in (("old", old), ("new", new)):
        if not 0 < tokens < math.inf:
            yield Mistake(f"{where}: {side}.tokens", f"{tokens:g} tokens", "compare revisions that have tokens")
    if 0 < old < math.inf and 0 < new < math.inf and new > (1 + MOST) * old:
        problem = f"comes to {new / old:.3g} times the tokens there were"
        yield Mistake(f"{where}: new.tokens", problem, f"compare revisions of one dataset: at most {MOST:,.0f} times")


def of_share(seen: Figure) -> News:
    """New data from an observed share of all tokens after them, none having been removed: s/(1 - s) of those before."""
    ends = [min(each, 1 - 1 / MOST) for each in (seen.value, seen.low, seen.high)]
    value, low, high = (each / (1 - each) for each in ends)
    return News((value, low, high), (1 + value, 1 + low, 1 + high), seen.source, seen.kind)
