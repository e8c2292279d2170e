"""The bench: any combination of ways put into the scenario, and priced by the ledger, one or a million at once.

What a way sets is either a number of its own, which can vary within one scenario, or a choice that makes another
scenario: another chip, another layout, whatever a formula computes otherwise. Scenarios are made once and kept, their
layouts too: a layout is searched anew for whatever today's was not made for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.facts import Figure
from thirdwatt.ledger import Ledger, estimate, scenario_of
from thirdwatt.ledger.book import book
from thirdwatt.ledger.change import Three
from thirdwatt.ledger.document import copied
from thirdwatt.ledger.leaves import figures
from thirdwatt.ledger.ledger import path_of
from thirdwatt.ledger.samples import Array
from thirdwatt.ledger.variants import Numbers, Variants, variants
from thirdwatt.scenario import InputError, Scenario
from thirdwatt.search.documents import one_line, quantity_of, state, times
from thirdwatt.search.levers.lever import AUTO
from thirdwatt.search.machines import RENTS, moved
from thirdwatt.search.plan.goals import GOALS, Counted
from thirdwatt.search.plan.offered import Offered
from thirdwatt.search.today import Start, best_layout

Combination = tuple[int, ...]
"""Of every lever the number of the way that is taken, from 1; 0 where it is not."""
Combinations = NDArray[np.int8]
"""Shape (V, L)."""

OF_LAYOUT = ("cluster.", "layout.", "software.", "workload.transformer.")
"""Beginnings of paths that a layout depends on: they make scenarios of their own."""
CLOCK, CAP = "cluster.clock", "cluster.power_cap_w"
SETTLED = (CLOCK, CAP)
"""Those that no layout depends on."""
ANEW = ("cluster", "workload", "software")
"""Sections that today's layout was made for; where they are others, it is chosen anew."""
NOT_ANEW = {"workload": ("tokens", "epochs", "law"), "cluster": ("clock", "power_cap_w")}
MEMORY = ("memory_used_ratio", "host_used_ratio")
RENT, TENURE = RENTS[0], "site.tenure"
FLOOR, DRAWN = "accelerators_floor_energy_kwh", "accelerators_energy_kwh"
CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class Priced:
    """What combinations take, each of shape (V,): goals by name, and whether each can be."""

    goals: Mapping[str, Array]
    able: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Split:
    """A way by what of it makes another scenario and what varies within one."""

    choices: Mapping[str, Any]
    numbers: Mapping[str, float]
    scales: Mapping[str, float]


@dataclass
class Bench:
    """Today's run and the levers on offer.

    Attributes
    ----------
    progress
        Called with a word on what is done; layouts take longest.
    """

    start: Start
    levers: tuple[Offered, ...]
    counted: Counted
    progress: Callable[[str], None] | None = None
    _layouts: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    _scenarios: dict[Combination, Scenario | str] = field(default_factory=dict)
    _leaves: dict[Combination, Mapping[str, Figure]] = field(default_factory=dict)
    _made_ready: tuple[Mapping[Combination, int], Variants | None] = field(default_factory=lambda: ({}, None))

    def __post_init__(self) -> None:
        """Split every way once."""
        self._splits = [[self._split(each, number) for number in range(len(each.ways))] for each in self.levers]
        self._choosing = [any(split.choices for split in splits) for splits in self._splits]
        self._today_used = [self._used(self.start.ledger, name) for name in MEMORY]

    def on_offer(self, levers: tuple[Offered, ...]) -> Bench:
        """A bench with some of the levers, and the layouts that were found already."""
        return Bench(self.start, levers, self.counted, self.progress, self._layouts)

    # --- one combination -------------------------------------------------------------------------------------------

    def document(self, combination: Combination) -> dict[str, Any] | str:
        """The run with a combination of ways in, for ``estimate``; or why it cannot be."""
        choices = self._choices_of(combination)
        made, whole = self._scenario(choices), self._chosen_document(choices)
        if isinstance(made, str) or isinstance(whole, str):
            return made if isinstance(made, str) else str(whole)
        scaled: dict[str, Three] = {}
        stated: dict[str, Any] = {}
        for way in self._ways(combination):
            stated |= {path: value for path, value in way.sets.items() if self._is_number(path, value)}
            for name, ratio in way.scales.items():
                before = scaled.get(name, (1.0, 1.0, 1.0))
                scaled[name] = (before[0] * ratio[0], before[1] * ratio[1], before[2] * ratio[2])
        for path, value in stated.items():
            state(whole, path, value)
        if scaled:
            leaves = figures(scenario_of(whole, name=self.start.own.scenario.name))
            for name, ratio in scaled.items():
                state(whole, path_of(name), times(leaves[name], ratio))
        return whole

    def ledger(self, combination: Combination, samples: int | None = None) -> Ledger:
        """The ledger of a combination that can be, on the draws of today's."""
        document = self.document(combination)
        assert not isinstance(document, str)  # noqa: S101 - callers ask for what can be
        scores = self.start.ledger.scores
        return estimate(
            scenario_of(document, name=self.start.own.scenario.name),
            also=(*self.counted.factors, FLOOR),
            samples=scores.samples if samples is None else samples,
            seed=scores.seed,
        )

    # --- many ------------------------------------------------------------------------------------------------------

    def prices(self, combinations: Combinations) -> Priced:
        """What combinations take at the centre of the estimate.

        Parameters
        ----------
        combinations
            Shape (V, L); of each lever at most one way, none that exclude each other.
        """
        distinct, place = self._choices(combinations)
        numbers, ready = self._ready(distinct)
        found = {goal: np.full(len(combinations), np.inf) for goal in GOALS}
        scenario = numbers[place] if len(distinct) else np.zeros(0, dtype=np.intp)
        rows = np.flatnonzero(scenario >= 0)
        good = scenario >= 0
        if not len(rows):
            return Priced(found, good)
        values = ready.of(scenario[rows], self._numbers(combinations[rows]))
        fits = np.ones(len(rows), dtype=bool)
        for name, today in zip(MEMORY, self._today_used, strict=True):
            if name in values:
                fits &= ~(values[name] > max(today, 1.0) * (1 + CLOSE))
        if FLOOR in values:
            fits &= values[DRAWN] >= values[FLOOR]
        for goal in GOALS:
            found[goal][rows] = np.where(fits, self.counted.of(values, goal), np.inf)
        good[rows] = fits & np.isfinite(found["energy"][rows])
        return Priced(found, good)

    def make_ready(self, combinations: Combinations) -> None:
        """Make the scenarios of many combinations ready together, so that parts of them are priced without."""
        self._ready(self._choices(combinations)[0])

    def why_not(self, combination: Combination) -> str:
        """Why a combination cannot be; empty if it can."""
        made = self._scenario(self._choices_of(combination))
        if isinstance(made, str):
            return made
        return (
            ""
            if self.prices(np.array([combination], dtype=np.int8)).able[0]
            else "it does not fit into the memory, or beats its floor"
        )

    # --- how it is made --------------------------------------------------------------------------------------------

    def _ways(self, combination: Iterable[int]) -> list[Any]:
        return [each.ways[number - 1] for each, number in zip(self.levers, combination, strict=True) if number]

    def _choices_of(self, combination: Combination) -> Combination:
        return tuple(number if choosing else 0 for number, choosing in zip(combination, self._choosing, strict=True))

    def _split(self, lever: Offered, number: int) -> _Split:
        way = lever.ways[number]
        numbers = {quantity_of(path): _central(value) for path, value in way.sets.items()
                   if self._is_number(path, value)}  # fmt: skip
        choices = {path: value for path, value in way.sets.items() if not self._is_number(path, value)}
        leaves = self.start.ledger.figures
        for name in way.scales:
            if name not in leaves:
                raise ValueError(f"lever {lever.lever.id} scales {name}, which is computed here and not stated")
        return _Split(choices, numbers, {name: ratio[0] for name, ratio in way.scales.items()})

    def _is_number(self, path: str, value: Any) -> bool:
        """Whether a setting is a number within one scenario: of a leaf that decides neither layout nor formula."""
        if path.startswith(OF_LAYOUT) and path not in SETTLED:
            return False
        name = quantity_of(path)
        own = self.start.ledger.figures.get(name)
        if own is None or _central(value) is None or name.endswith("_code"):
            return False
        return not (own.kind == "assumed" and name in _triggers())

    def _chosen_document(self, choices: Combination) -> dict[str, Any] | str:
        """The run with what makes another scenario in; or why it cannot be."""
        whole = copied(self.start.document)
        auto = False
        for lever, split in self._taken(choices):
            for path, value in split.choices.items():
                if path == "layout":
                    auto = auto or value == AUTO
                    continue
                if path == CAP:
                    state(whole, CLOCK, None)  # today's clock is spelt out, and would hide a limit
                try:
                    state(whole, path, value)
                except InputError as error:
                    return f"{lever.lever.title}: {error}"
        return self._settled(whole, auto=auto)

    def _taken(self, choices: Combination) -> list[tuple[Offered, _Split]]:
        return [
            (lever, splits[number - 1])
            for lever, splits, number in zip(self.levers, self._splits, choices, strict=True)
            if number
        ]

    def _settled(self, document: dict[str, Any], *, auto: bool) -> dict[str, Any] | str:
        """A document with what of today's machines goes with the run, and with a layout."""
        found = moved(self.start, document)
        return found if isinstance(found, str) else self._laid_out(found, auto=auto)

    def _laid_out(self, document: dict[str, Any], *, auto: bool) -> dict[str, Any] | str:
        """A document with a layout: today's, or one chosen anew."""
        if not self.start.modelled:
            return document
        if not auto and _made_for(document) == _made_for(self.start.document):
            return document
        key = json.dumps([_made_for(document), document.get("layout", {}).get("precision")], sort_keys=True)
        if key not in self._layouts:
            if self.progress is not None:
                self.progress(f"layout {len(self._layouts) + 1}")
            self._layouts[key] = best_layout(document, self.start.own.scenario.name)
        found = self._layouts[key]
        if found is None:
            return "no layout of it fits into the memory"
        for path, value in found.items():
            state(document, path, value)
        for name, ratio in () if auto else self.start.behind.items():
            # what a better layout saves is that of the lever that takes one, not of whatever else asks for a new one
            state(document, path_of(name), times(self.start.ledger.figures[name], (ratio, ratio, ratio)))
        return document

    def _scenario(self, choices: Combination) -> Scenario | str:
        if choices not in self._scenarios:
            self._scenarios[choices] = self._made(choices)
        return self._scenarios[choices]

    def _made(self, choices: Combination) -> Scenario | str:
        document = self._chosen_document(choices)
        if isinstance(document, str):
            return document
        try:
            scenario = scenario_of(document, name=self.start.own.scenario.name)
        except InputError as error:
            return one_line(error)
        leaves = figures(scenario)
        lacking = [name for name in self._varying() if name not in leaves]
        if lacking:
            return f"{', '.join(lacking)} would be computed"
        said = any(TENURE in split.choices for _, split in self._taken(choices))
        if RENT in self.start.ledger.figures and RENT not in leaves and not said:  # they would count as bought
            return f"nobody is known to rent {scenario.choices['accelerator']} on {scenario.choices['term']} terms"
        self._leaves[choices] = leaves
        return scenario

    def _varying(self) -> tuple[str, ...]:
        """Quantities that vary within scenarios."""
        found: dict[str, None] = {}
        for splits in self._splits:
            for split in splits:
                found |= dict.fromkeys((*split.numbers, *split.scales))
        return tuple(found)

    def _choices(self, combinations: Combinations) -> tuple[list[Combination], NDArray[np.intp]]:
        """What of combinations makes scenarios of their own, each once, and which of them each combination is."""
        distinct, place = _distinct(np.where(self._choosing, combinations, 0).astype(np.int8))
        return [tuple(map(int, row)) for row in distinct], place

    def _ready(self, choices: Sequence[Combination]) -> tuple[NDArray[np.intp], Variants]:
        """Numbers of scenarios among those that are ready, -1 of one that cannot be, and these; all that is asked for
        is made ready anew where some of it is not.
        """
        able = [not isinstance(self._scenario(each), str) for each in choices]
        kept = [each for each, can_be in zip(choices, able, strict=True) if can_be]
        numbers, ready = self._made_ready
        if ready is None or any(each not in numbers for each in kept):
            targets = (*self.counted.quantities, *MEMORY, FLOOR, DRAWN)
            ready = variants([self._leaves[each] for each in kept], targets)
            numbers = {each: number for number, each in enumerate(kept)}
            self._made_ready = numbers, ready
        return np.array([numbers.get(each, -1) for each in choices], dtype=np.intp), ready

    def _numbers(self, combinations: Combinations) -> Numbers:
        stated: dict[str, Array] = {}
        scaled: dict[str, Array] = {}
        for column, splits in enumerate(self._splits):
            taken = combinations[:, column]
            for name in dict.fromkeys(name for split in splits for name in split.numbers):
                table = np.array([np.nan, *(split.numbers.get(name, np.nan) for split in splits)])
                mine = table[taken]
                stated[name] = np.where(np.isnan(mine), stated[name], mine) if name in stated else mine
            for name in dict.fromkeys(name for split in splits for name in split.scales):
                ratios = np.array([1.0, *(split.scales.get(name, 1.0) for split in splits)])[taken]
                scaled[name] = scaled[name] * ratios if name in scaled else ratios
        return Numbers(stated, scaled)

    @staticmethod
    def _used(ledger: Ledger, name: str) -> float:
        found = ledger.of(name)
        return 0.0 if found is None else found.value


def _distinct(choices: Combinations) -> tuple[Combinations, NDArray[np.intp]]:
    """Distinct rows, and which of them each row is."""
    whole = np.ascontiguousarray(choices)
    if not whole.shape[1]:
        return whole[:1], np.zeros(len(whole), dtype=np.intp)
    keys = whole.view(np.dtype((np.void, whole.shape[1]))).ravel()
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    return whole[first], place.ravel()


def _triggers() -> frozenset[str]:
    """Quantities that decide between formulas by being known."""
    return frozenset(name for ways in book().formulas.values() for way in ways for name in way.given)


def _central(value: Any) -> Any:
    """The number that a setting is at its centre; ``None`` if it is none."""
    number = value.get("value") if isinstance(value, Mapping) else value
    return float(number) if isinstance(number, int | float) and not isinstance(number, bool) else None


def _made_for(document: Mapping[str, Any]) -> dict[str, Any]:
    """What of a document its layout was made for."""
    found = {}
    for section in ANEW:
        fields = document.get(section, {})
        found[section] = {name: fields[name] for name in sorted(fields) if name not in NOT_ANEW.get(section, ())}
    return found
