"""A run on other chips: each with the best layout there, on as many as today or as it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from thirdwatt.facts import table
from thirdwatt.ledger import scenario_of
from thirdwatt.ledger.ledger import path_of
from thirdwatt.scenario import InputError, InsufficientError
from thirdwatt.search.documents import one_line, stating
from thirdwatt.search.layout import Answer, Limits, search
from thirdwatt.search.layout.axes import AXES
from thirdwatt.search.layout.find import Progress
from thirdwatt.search.layout.job import CAP
from thirdwatt.search.layout.opened import BATCH, CHIP, COUNT, MOST_ACCELERATORS
from thirdwatt.search.layout.rules import FULL, HOST_FULL
from thirdwatt.search.machines import RENTS, moved, without_machine
from thirdwatt.search.market import LeftOut, offered
from thirdwatt.search.today import Start

OWNED: Mapping[str, Any] = {"site.tenure": "own", "site.vendor": None, "site.term": "on-demand"}
"""Settings of machines that are the run's own: no price is needed to say how fast they are."""

PRICE = "accelerator_price_usd"

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chips:
    """A run in rates, to be put on other chips.

    Attributes
    ----------
    start
        The run today.
    goal
        What layouts are best in: time, energy or carbon.
    limits
        What a layout may take at most.
    """

    start: Start
    goal: str
    limits: Limits

    @property
    def chip(self) -> str:
        """Today's chip: its id, or the name of one that is in no table, which no row of it is."""
        return self.start.ledger.scenario.chip

    @property
    def count(self) -> int:
        """How many of them there are today."""
        found = self.start.ledger.of("accelerator_count")
        return 1 if found is None else max(round(found.value), 1)

    @property
    def counted(self) -> bool:
        """Whether somebody says how many, so that a chip has to do with as many."""
        return "accelerator_count" in self.start.own.scenario.given

    def bought(self, chip: str) -> bool:
        """Whether a price to buy a chip at is known."""
        stated = PRICE in self.start.own.scenario.given and chip == self.chip
        return stated or PRICE in table("accelerators").rows[chip].figures

    def priced(self, asked: Sequence[str] | None) -> tuple[tuple[str, ...], list[LeftOut]]:
        """Chips to try, of all or of some, and those that nothing is known to cost."""
        names = tuple(table("accelerators").rows) if asked is None else tuple(dict.fromkeys(asked))
        able = tuple(name for name in names if offered(name)[0] or self.bought(name))
        reason = "nobody is known to rent it out, and no price to buy it at"
        return able, [LeftOut(name, None, None, "no_price", reason) for name in names if name not in able]

    def on(self, chip: str, count: int) -> Document | LeftOut:
        """The run on own machines of a chip, of which the layout is still open; or why it cannot be."""
        settings: dict[str, Any] = {**dict.fromkeys(map(path_of, RENTS)), **OWNED}
        if chip != self.chip:
            settings |= {**without_machine(self.start.ledger), CHIP: chip}
        if count != self.count:
            batch = () if "global_batch_count" in self.start.own.scenario.given else (BATCH,)
            settings |= {COUNT: count, **dict.fromkeys(batch)}
        if self.start.modelled and (chip, count) != (self.chip, self.count):
            settings |= dict.fromkeys((*AXES, "layout.data"))
        found = moved(self.start, stating(self.start.document, settings))
        if isinstance(found, str):
            return LeftOut(chip, None, None, "unable", found)
        try:
            scenario_of(found)
        except InputError as error:
            return LeftOut(chip, None, None, "unable", one_line(error))
        return found

    def laid_out(self, chips: Sequence[str], progress: Progress | None = None) -> dict[str, Document | LeftOut]:
        """The run on each chip with its best layout; or why it cannot be.

        Chips are searched together, at the draw that is usual of each: what today's draw beside that is goes for all
        layouts of a chip. Today's chip is searched alone, its layout of today among the others.
        """
        found = {chip: self.on(chip, self.count) for chip in chips}
        if self.start.modelled:
            able = [chip for chip, each in found.items() if not isinstance(each, LeftOut)]
            along = _along(progress, len(chips))
            for group in ([chip for chip in able if chip == self.chip], [chip for chip in able if chip != self.chip]):
                found |= self._grown(group, along)
        if progress is not None:
            progress(len(chips), len(chips))
        return found

    def _grown(self, chips: Sequence[str], along: Progress | None) -> dict[str, Document | LeftOut]:
        """The same of chips that can be searched together: on as many as it takes, where nobody says how many."""
        found: dict[str, Document | LeftOut] = {}
        count, waiting = self.count, list(chips)
        while waiting:
            documents = {chip: each for chip in waiting if not isinstance(each := self.on(chip, count), LeftOut)}
            best, full = self._best(documents, along) if documents else ({}, False)
            found |= {chip: stating(documents[chip], settings) for chip, settings in best.items()}
            waiting = [chip for chip in waiting if chip not in best]
            if self.counted or not full or count >= MOST_ACCELERATORS:
                break
            count *= 2
        return found | {chip: self._why_not(chip, count) for chip in waiting}

    def _best(
        self, documents: Mapping[str, Document], along: Progress | None
    ) -> tuple[dict[str, Mapping[str, Any]], bool]:
        """Settings of the best layout of each chip that has one, and whether any did not fit."""
        document = next(iter(documents.values()))
        opened: dict[str, Sequence[Any]] = {}
        if len(documents) > 1:
            document = stating(document, dict.fromkeys(map(path_of, self.start.of_machine)))
            opened = {CHIP: tuple(documents)}
        try:
            answer = self._search(document, opened, along)
        except InsufficientError:
            return {}, False
        best: dict[str, Mapping[str, Any]] = {}
        for each in answer.found.spreads:  # the best first
            best.setdefault(answer.scenario_of(each).choices["accelerator"], each.settings)
        return best, bool(answer.found.refused.keys() & {FULL, HOST_FULL})

    def _why_not(self, chip: str, count: int) -> LeftOut:
        """Why no layout of a chip can be, by what most of them fail for."""
        document = self.on(chip, count)
        if isinstance(document, LeftOut):
            return document
        if not self.counted:
            return LeftOut(chip, None, None, "no_fit", f"no layout fits on up to {count:,} of them")
        try:
            found = self._search(document).found
        except InsufficientError as error:
            return LeftOut(chip, None, None, "not_known", str(error))
        full = {why: many for why, many in found.refused.items() if why in (FULL, HOST_FULL)} or found.refused
        reason = max(full, key=lambda why: full[why]) if full else "there is none"
        said = f"none of {found.searched:,} layouts on {count:,} of them: {reason}"
        return LeftOut(chip, None, None, "no_fit", said)

    def _search(
        self, document: Document, opened: Mapping[str, Sequence[Any]] | None = None, along: Progress | None = None
    ) -> Answer:
        scenario = scenario_of(document)
        return search(scenario, self.goal, opened=opened, kept=(CAP,), limits=self.limits, progress=along)


def _along(progress: Progress | None, whole: int) -> Progress | None:
    """Progress in layouts as progress in chips."""
    if progress is None:
        return None
    return lambda done, layouts: progress(whole * done // max(layouts, 1), whole)
