"""A scenario drafted from somebody else's file: what each field was read from, what was left over, what is unsure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

MISSING = object()

BLOCK = "workload.transformer"
"""Section of a scenario that describes the architecture of a model."""

LARGEST = 1e15
"""No size, batch or number of steps is larger; what claims to be is no number."""


CHINCHILLA = "Hoffmann et al. 2022, arXiv:2203.15556, table 3"
TOKENS_PER_PARAMETER = 20
"""Tokens a parameter of compute-optimal training, about, by :data:`CHINCHILLA`; its own model of 70 billion parameters
was trained on 1.4 trillion tokens."""

LEAST_OF_OPTIMUM, MOST_OF_OPTIMUM = 0.5, 50
"""Much that was trained before has half of that; small models are trained on far more, so that their use costs less."""

FINE_TUNING_TOKENS = (1e7, 1e8, 1e9)
"""Low, value and high of what a fine-tune is trained on, where nothing tells; wide enough for most."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A value for a field of a scenario, and the key it was read from or the reason it stands there."""

    value: Any
    why: str


@dataclass(slots=True)
class Draft:
    """What one file says of a training run.

    Attributes
    ----------
    kind
        What the file is.
    entries
        Values by path of the scenario, such as ``layout.micro_batch``.
    facts
        Figures that fit no field but help another file's: ``accumulation`` (micro-batches a step), ``steps``.
    notes
        What a reader must know: what could not be carried over, and what was taken instead.
    unused
        Keys of the file that say nothing about cost, or that are not understood.
    """

    kind: str
    entries: dict[str, Entry] = field(default_factory=dict)
    facts: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)

    def put(self, path: str, value: Any, why: str) -> None:
        """State a field, unless there is nothing to state."""
        if value is not None:
            self.entries[path] = Entry(value, why)

    def value(self, path: str) -> Any:
        """Value of a field, ``None`` if there is none."""
        found = self.entries.get(path)
        return None if found is None else found.value


def assumed_tokens(draft: Draft, parameters: Callable[[Draft], float | None]) -> Entry | None:
    """Tokens to take where no file says: a guess of its kind, with a wide range and marked as one.

    Parameters
    ----------
    parameters
        Counts the parameters that a token uses, ``None`` if the draft does not tell them; it is asked when they matter.
    """
    if (draft.value("workload.method") or "pretrain") != "pretrain":
        low, value, high = FINE_TUNING_TOKENS
        return _assumed(low, value, high, "no file tells the size of the dataset", "state the tokens of your dataset")
    if draft.value("workload.model"):
        return None
    size = parameters(draft)
    if size is None:
        return None
    tokens = float(f"{TOKENS_PER_PARAMETER * size:.3g}")
    source = f"{TOKENS_PER_PARAMETER} a parameter, as compute-optimal training takes ({CHINCHILLA})"
    return _assumed(LEAST_OF_OPTIMUM * tokens, tokens, MOST_OF_OPTIMUM * tokens, source, "assumed: state your own")


def _assumed(low: float, value: float, high: float, source: str, why: str) -> Entry:
    return Entry({"value": value, "low": low, "high": high, "kind": "assumed", "source": source}, why)


class Keys:
    """A document that remembers which of its keys were read."""

    def __init__(self, document: Mapping[str, Any], prefix: str = "") -> None:
        self._document = document
        self._prefix = prefix
        self._read: set[str] = set()
        self._inner: dict[str, Keys] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._document

    def raw(self, *names: str) -> tuple[str, Any]:
        """First of some keys that is there and not null, with its value; an empty name if none is."""
        for name in names:
            value = self._document.get(name, MISSING)
            if value is not MISSING and value is not None:
                self._read.add(name)
                return f"{self._prefix}{name}", value
        return "", None

    def number(self, *names: str) -> tuple[str, float | None]:
        """The same, if it is a number; words such as "auto" are no numbers."""
        name, value = self.raw(*names)
        if isinstance(value, bool):
            return "", None
        if isinstance(value, str):
            try:
                value = float(value.replace("_", ""))
            except ValueError:
                return "", None
        if not isinstance(value, int | float) or not abs(value) < LARGEST:
            return "", None
        return name, int(value) if float(value).is_integer() else float(value)

    def text(self, *names: str) -> str:
        """The same, if it is text; empty otherwise."""
        _, value = self.raw(*names)
        return value if isinstance(value, str) else ""

    def flag(self, *names: str, default: bool = False) -> bool:
        """The same as a switch, also when it is written as a word."""
        _, value = self.raw(*names)
        if isinstance(value, str):
            return value.strip().lower() in ("true", "yes", "on", "1")
        return default if value is None else bool(value)

    def section(self, name: str) -> Keys:
        """A table inside the document; empty if there is none."""
        if name not in self._inner:
            inner = self._document.get(name)
            self._inner[name] = Keys(inner if isinstance(inner, Mapping) else {}, f"{self._prefix}{name}.")
            if isinstance(inner, Mapping):
                self._read.add(name)
        return self._inner[name]

    def unused(self) -> Iterator[str]:
        """Paths that were not read."""
        for key in self._document:
            if key in self._inner:
                yield from self._inner[key].unused()
            elif key not in self._read:
                yield f"{self._prefix}{key}"
