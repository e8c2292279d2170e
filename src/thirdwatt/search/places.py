"""Where to run it: every accelerator, vendor and term that a run could be on, priced by the ledger.

>>> from thirdwatt.search.places import places
>>> found = places("startup-lora-8xh100", accelerators=("h100-sxm-80gb", "l40s"))
>>> found.places[0].totals["cost_usd"].value < found.standing.totals["cost_usd"].value
True

Every row is the run restated in rates with another chip, vendor and term in: a scenario, of which the totals are those
of its ledger.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf, isfinite
from typing import Any

import numpy as np

from thirdwatt.facts import Figure, table
from thirdwatt.facts.prices import OLD_DAYS, Offer, age_days, offers
from thirdwatt.ledger import Ledger, Total, scenario_of
from thirdwatt.ledger.fit import fit
from thirdwatt.ledger.leaves import figures
from thirdwatt.ledger.ledger import path_of
from thirdwatt.ledger.pricing import SAMPLES, Sourced, estimate_table
from thirdwatt.ledger.variants import Numbers, variants
from thirdwatt.scenario import InputError, Mistake, Scenario, Warn
from thirdwatt.scenario.mistakes import nearest
from thirdwatt.search.auto import settled
from thirdwatt.search.chips import PRICE, Chips
from thirdwatt.search.documents import one_line, stating
from thirdwatt.search.layout import Limits
from thirdwatt.search.layout.find import Progress
from thirdwatt.search.layout.opened import COUNT
from thirdwatt.search.machines import RENTS, without_machine
from thirdwatt.search.market import LeftOut, offered, smallest
from thirdwatt.search.today import Start, start

__all__ = ["BREAK_EVEN", "ORDERS", "OWN", "PER", "SPOT", "TOLD", "LeftOut", "Place", "Places", "Redone", "places"]

ORDERS: Mapping[str, str] = {
    "cost": "cost_usd", "energy": "energy_kwh", "carbon": "carbon_kg", "time": "wall_time_h",
}  # fmt: skip
"""Total that each order goes by."""
LAID_OUT_FOR: Mapping[str, str] = {"cost": "time", "energy": "energy", "carbon": "carbon", "time": "time"}
"""What the layout of a chip is best in: whoever pays by the hour pays least for the fastest."""
WALL, GOODPUT, LOST = "wall_time_h", "goodput", "lost_work_ratio"
TOLD = (*ORDERS.values(), "accelerator_hours")
"""Totals of a place."""
BREAK_EVEN, TOKENS = "break_even_utilisation_share", "trained_token_count"
RENT = RENTS[0]
OWN, SPOT = "own", "spot"
LESS = 1 - 1e-6
"""What is less than a total by more than the rounding of its rates."""
PER = 1e6
"""Tokens that figures are told for."""


@dataclass(frozen=True, slots=True)
class Redone:
    """What is expected to be redone after a vendor took machines back, within the totals of a place.

    Attributes
    ----------
    wall_time_h, cost_usd
        What it adds to time and cost, at the centre.
    """

    wall_time_h: float
    cost_usd: float


@dataclass(frozen=True, slots=True)
class Place:
    """One way to have the machines: an accelerator, of a vendor and on a term, or one's own.

    Attributes
    ----------
    vendor, term
        Who rents it out and how; ``None`` where it is owned, or where a scenario names nobody and pays the market's
        median.
    document
        The run at this place: ``estimate(document)`` gives its totals.
    totals
        ``cost_usd``, ``energy_kwh``, ``carbon_kg``, ``wall_time_h`` and ``accelerator_hours`` of the run, at the
        scenario's boundary, with their intervals; ``None`` where too little is known.
    tokens
        Tokens that the run trains on; ``None`` where nobody says.
    rent
        USD for an accelerator hour; ``None`` where it is owned.
    price
        USD to buy an accelerator at; ``None`` where it is rented.
    month
        Month of its rent, written 2026-01; ``None`` without one.
    break_even
        Share of its hours that an own cluster must work to be as cheap as this rent, or as the market's where it is
        owned; more than 1 or less than 0 where it never is; ``None`` where no price to buy at is known.
    redone
        On spot machines, what their taking back adds; within the totals already.
    fits
        Whether the layout fits into the memory; ``None`` where no architecture is known.
    sold_by
        Accelerators of the vendor's smallest machine with this chip, where that is more than the run has.
    """

    accelerator: str
    tenure: str
    vendor: str | None
    term: str | None
    count: int
    document: Mapping[str, Any]
    totals: Mapping[str, Total | None]
    tokens: float | None
    rent: Figure | None = None
    price: Figure | None = None
    month: str | None = None
    break_even: float | None = None
    redone: Redone | None = None
    fits: bool | None = None
    sold_by: int | None = None

    @property
    def old(self) -> bool:
        """Whether its price is so old that it needs a warning."""
        return self.month is not None and age_days(self.month) > OLD_DAYS

    def per_million(self, name: str) -> float | None:
        """A total for a million trained tokens; ``None`` where it or their number is not known."""
        found = self.totals[name]
        return None if found is None or not self.tokens else found.value / self.tokens * PER


@dataclass(frozen=True, slots=True)
class Places:
    """Where a run could be, the best place first.

    Attributes
    ----------
    by
        What the order is by: cost, energy, carbon or time.
    standing
        The scenario itself, as it is stated.
    better
        How many places take less of that than the scenario; ``None`` where it is not known what that takes.
    places
        Every place that was priced.
    left_out
        Every one that was not, and why.
    tried
        Accelerators that were tried.
    notes
        What goes for all rows: the region, what was turned into rates or set aside.
    """

    scenario: Scenario
    by: str
    standing: Place
    better: int | None
    places: tuple[Place, ...]
    left_out: tuple[LeftOut, ...]
    tried: int
    notes: tuple[Warn, ...]

    @property
    def best(self) -> Place | None:
        """The best place; ``None`` if there is none."""
        return self.places[0] if self.places else None


def places(
    source: Sourced | Start,
    *,
    by: str = "cost",
    set: Mapping[str, Any] | None = None,
    accelerators: Sequence[str] | None = None,
    limits: Limits | None = None,
    samples: int = SAMPLES,
    seed: int = 0,
    progress: Progress | None = None,
) -> Places:
    """Where a run could be: every accelerator that it can run on, by every vendor and term that rents it out, and own.

    Parameters
    ----------
    source
        The scenario; or a run that is restated in rates already, which has its changes, samples and seed.
    by
        Order of the rows: ``cost``, ``energy``, ``carbon`` or ``time``.
    set
        Changes to the scenario by path.
    accelerators
        Ids of those to try; all that have a price where none are named.
    limits
        What a layout may take at most.
    progress
        Called with the accelerators that are done and their whole number.

    Raises
    ------
    InputError
        If the scenario, the order or an accelerator is wrong.
    InsufficientError
        If no campaign is described, so that nothing can be priced.

    Notes
    -----
    The run is restated in rates (:func:`thirdwatt.search.today.start`), and every row is that run with another chip,
    vendor and term in: what it does better or worse than the model here it does there too.

    A place keeps the scenario's region, and so its grid, its electricity and, unless it is stated, the overhead of a
    usual site of that tenure there: prices are not known by region, nor is it known where a vendor has a chip, or how
    many. It keeps the number of accelerators; where none is stated, that is doubled until the job fits.

    Layouts are searched once an accelerator: for least energy or carbon where the order is by these, else for least
    time, since under a rent the fastest is the cheapest. An own cluster is told with that layout too. Where no
    architecture is known there is nothing to lay out, and chips are told at the utilisation usual on each.
    """
    _refuse(by, accelerators)
    if isinstance(source, Start):
        begun = source
    else:
        begun = start(settled(scenario_of(source, set)), samples=samples, seed=seed)
    run = Chips(begun, LAID_OUT_FOR[by], limits or Limits())
    chips, left = run.priced(accelerators)
    wishes: list[_Wish] = []
    for chip, laid in run.laid_out(chips, progress).items():
        sold, gone = offered(chip)
        left += gone
        if isinstance(laid, LeftOut):
            left.append(laid)
            continue
        if not run.bought(chip):
            left.append(LeftOut(chip, None, OWN, "no_price", "no price to buy it at is known"))
        for offer in (*sold, *((None,) if run.bought(chip) else ())):
            each = _wish(chip, offer, laid, True if begun.modelled else None)
            (left if isinstance(each, LeftOut) else wishes).append(each)  # type: ignore[arg-type]
    found, unknown = _priced(wishes, ORDERS[by], begun)
    here = _standing(begun, run.count)
    least = here.totals[ORDERS[by]]
    return Places(
        scenario=begun.own.scenario,
        by=by,
        standing=here,
        better=None if least is None else sum(_value(each, ORDERS[by]) < least.value * LESS for each in found),
        places=tuple(sorted(found, key=partial(_order, ORDERS[by]))),
        left_out=(*left, *unknown),
        tried=len(chips),
        notes=tuple(_notes(begun)),
    )


def _refuse(by: str, accelerators: Sequence[str] | None) -> None:
    known = table("accelerators").rows
    mistakes = [
        Mistake("accelerators", f"{each!r} is in no row of accelerators", nearest(each, known))
        for each in accelerators or ()
        if each not in known
    ]
    if by not in ORDERS:
        mistakes.append(Mistake("by", f"{by!r} is no order", f"one of {', '.join(ORDERS)}"))
    if mistakes:
        raise InputError(mistakes, "places")


# --- one place ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Wish:
    """A place that is to be priced."""

    accelerator: str
    offer: Offer | None
    document: Mapping[str, Any]
    scenario: Scenario
    fits: bool | None


def _wish(chip: str, offer: Offer | None, laid: Mapping[str, Any], fits: bool | None) -> _Wish | LeftOut:
    """The run on a vendor's machines, or on own ones, from that on own ones; or why it cannot be."""
    settings: dict[str, Any] = {path_of(LOST): None} if offer is None or offer.term != SPOT else {}
    if offer is not None:
        settings |= {"site.tenure": "rented", "site.vendor": offer.vendor, "site.term": offer.term}
    document = stating(laid, settings)
    try:
        return _Wish(chip, offer, document, scenario_of(document), fits)
    except InputError as error:
        return _without(chip, offer, "unable", one_line(error))


def _without(chip: str, offer: Offer | None, kind: str, reason: str) -> LeftOut:
    vendor, term = (None, OWN) if offer is None else (offer.vendor, offer.term)
    return LeftOut(chip, vendor, term, kind, reason)


# --- prices -------------------------------------------------------------------------------------------------------


def _priced(wishes: Sequence[_Wish], least: str, begun: Start) -> tuple[list[Place], list[LeftOut]]:
    """Places with their totals, and those that the order cannot hold."""
    scores = begun.ledger.scores
    asked = [(str(n), each.scenario) for n, each in enumerate(wishes)]
    rows = estimate_table(asked, samples=scores.samples, seed=scores.seed, only=(*TOLD, GOODPUT))
    tokens = _central(begun.own, TOKENS)
    leaves = [figures(each.scenario) for each in wishes]
    shares = variants(leaves, (BREAK_EVEN,)).of(np.arange(len(wishes)), Numbers({}, {})).get(BREAK_EVEN)
    found: list[Place] = []
    left: list[LeftOut] = []
    for number, (wish, row) in enumerate(zip(wishes, rows, strict=True)):
        if row.totals is None or row.totals[least] is None:
            left.append(_without(wish.accelerator, wish.offer, "not_known", row.error or f"its {least} is not known"))
            continue
        share = None if shares is None else float(shares[number])
        found.append(_place(wish, row.totals, leaves[number], share, tokens))
    return found, left


def _place(
    wish: _Wish,
    totals: Mapping[str, Total | None],
    leaves: Mapping[str, Figure],
    share: float | None,
    tokens: float | None,
) -> Place:
    offer = wish.offer
    count = round(leaves["accelerator_count"].value)
    least = 1 if offer is None else smallest().get((offer.vendor, wish.accelerator), 1)
    return Place(
        accelerator=wish.accelerator,
        tenure=wish.scenario.choices["tenure"],
        vendor=None if offer is None else offer.vendor,
        term=None if offer is None else offer.term,
        count=count,
        document=wish.document,
        totals={name: totals[name] for name in TOLD},
        tokens=tokens,
        rent=None if offer is None else leaves[RENT],
        price=leaves[PRICE] if offer is None else None,
        month=None if offer is None else offer.month,
        break_even=share if share is not None and isfinite(share) else None,
        redone=None if offer is None or offer.term != SPOT else _redone(totals, leaves[LOST].value),
        fits=wish.fits,
        sold_by=least if least > count else None,
    )


def _redone(totals: Mapping[str, Total | None], lost: float) -> Redone | None:
    """What a place takes beyond the same machines that nobody takes back: hours, and the rent of these.

    Parameters
    ----------
    lost
        Work that is redone, to productive time.
    """
    hours, cost, goodput = totals[WALL], totals["cost_usd"], totals[GOODPUT]
    if hours is None or cost is None or goodput is None:
        return None
    return Redone(hours.value * goodput.value * lost, cost.value * goodput.value * lost)


def _central(ledger: Ledger, quantity: str) -> float | None:
    found = ledger.samples(quantity)
    return None if found is None else float(found[0])


def _value(place: Place, total: str) -> float:
    found = place.totals[total]
    return inf if found is None else found.value


def _order(total: str, place: Place) -> tuple[float, float, str, str, str]:
    """Where a place stands: ties, such as those of time among vendors, by cost."""
    return _value(place, total), _value(place, "cost_usd"), place.accelerator, place.vendor or "", place.term or ""


# --- the scenario itself ------------------------------------------------------------------------------------------


def _standing(begun: Start, count: int) -> Place:
    """The scenario as a row."""
    ledger, choices = begun.own, begun.own.scenario.choices
    chip, vendor, term = choices["accelerator"], choices.get("vendor"), choices["term"]
    rented = choices["tenure"] == "rented"
    asked = offers(chip, vendor, term) if rented and RENT not in ledger.scenario.given else ()
    held = fit(ledger)
    return Place(
        accelerator=ledger.scenario.chip,
        tenure=choices["tenure"],
        vendor=vendor if rented else None,
        term=term if rented else None,
        count=count,
        document=ledger.scenario.document,
        totals={name: ledger.totals[name] for name in TOLD},
        tokens=_central(ledger, TOKENS),
        rent=ledger.figures.get(RENT) if rented else None,
        price=None if rented else ledger.figures.get(PRICE),
        month=asked[0].month if asked else None,
        break_even=_central(ledger, BREAK_EVEN),
        fits=None if held is None else held.fits,
    )


def _notes(begun: Start) -> Iterator[Warn]:
    """What goes for all rows."""
    own = begun.own.scenario
    yield Warn(
        "same_region",
        f"every row keeps the scenario's region, {own.choices['region']}: prices are not by region, nor is it known "
        "where a vendor has a chip, or how many",
    )
    if not begun.modelled:
        yield Warn(
            "not_laid_out",
            "no architecture is known: each chip is told at the utilisation usual on it, and whether the job fits is "
            "not known",
        )
    yield from begun.warnings
    place = [path_of(name) for name in RENTS if name in own.given]
    aside = dict.fromkeys((*place, *(path for path in without_machine(begun.own) if path != COUNT)))
    if aside:
        said = f"{', '.join(aside)}: of the scenario's own place or chip, and set aside elsewhere"
        yield Warn("set_aside", said)
