"""Where to run it, in words, as rows and as a part of a page: accelerator x vendor x term, the best first."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from thirdwatt.amounts import amount, percent
from thirdwatt.facts import Figure
from thirdwatt.facts.prices import OLD_DAYS
from thirdwatt.ledger import Total
from thirdwatt.ledger.change import ends
from thirdwatt.report import sheets
from thirdwatt.report.html import template
from thirdwatt.report.phrases import UNKNOWN, Column, column, located, number
from thirdwatt.report.retraining import columns
from thirdwatt.report.text import WIDTH
from thirdwatt.search.places import ORDERS, OWN, PER, LeftOut, Place, Places

SCREEN, PAGE = 15, 40
"""Places that a screen and a page name."""
SYMBOLS = {"cost_usd": "USD", "energy_kwh": "kWh", "carbon_kg": "kg", "wall_time_h": "h"}
TITLES = {"cost": "cost", "energy": "energy", "carbon": "carbon", "time": "time"}
HEADS = {"cost_usd": "cost", "energy_kwh": "energy", "carbon_kg": "CO2e", "wall_time_h": "time"}
COST, CARBON = "cost_usd", "carbon_kg"
FIRST = (COST, "energy_kwh", "wall_time_h")
"""Totals that a narrow screen shows before others."""
AS_IS, YOURS, NEVER = "the scenario as it is", "as it is: ", "never"
PRICED, OWN_FROM = "price", "own from"
LEFT: Mapping[str, str] = {
    "no_price": "no price is known",
    "gone": "prices of a market gone by",
    "average": "averages of a market",
    "unable": "chips without what the scenario states",
    "no_fit": "no layout fits",
    "not_known": "too little is known",
}
"""Kinds of reasons for which places are left out."""


# --- words --------------------------------------------------------------------------------------------------------


def seller(place: Place) -> str:
    """Who has the machines, and how.

    Examples
    --------
    >>> from thirdwatt.search.places import places
    >>> found = places("startup-lora-8xh100", accelerators=("h100-sxm-80gb",))
    >>> seller(found.standing), seller(found.places[0])
    ('market on-demand', 'nebius spot')
    """
    if place.tenure != "rented":
        return {OWN: "own", "colo": "own, colocated"}[place.tenure]
    if place.vendor is None and place.month is None:
        return "rent as stated"
    return f"{place.vendor or 'market'} {place.term}"


def name(place: Place, count: int | None = None) -> str:
    """A place in a table's cell; the number of accelerators is said where it is not the one given."""
    many = "" if place.count == count else f"{place.count:,} x "
    return f"{many}{place.accelerator}, {seller(place)}"


def owned_from(place: Place) -> str:
    """Share of its hours from which on an own cluster is as cheap; ``never`` where it never is."""
    if place.break_even is None:
        return UNKNOWN
    return percent(place.break_even) if 0 <= place.break_even <= 1 else NEVER


def priced(place: Place) -> str:
    """Month of a rent, and whether it is old; of what is bought, the kind of its price."""
    if place.price is not None:
        return place.price.kind
    if place.month is None:
        return "stated" if place.rent is not None else UNKNOWN
    return f"{place.month}{', old' if place.old else ''}"


def redone(place: Place) -> str:
    """What is expected to be redone on spot machines; empty elsewhere."""
    if place.redone is None:
        return ""
    return f"{amount(place.redone.wall_time_h, 'h')}, {amount(place.redone.cost_usd, 'USD')}"


def remarks(place: Place) -> str:
    """What a reader of a row should know beside its figures."""
    said = []
    if place.fits is False:
        said.append("does not fit")
    if place.sold_by is not None:
        said.append(f"by {place.sold_by}")
    return ", ".join(said)


def lead(found: Places) -> str:
    """The answer in one sentence."""
    total = ORDERS[found.by]
    here, best = found.standing.totals[total], found.best
    if best is None:
        return "Nowhere: no place could be priced."
    least = best.totals[total]
    assert least is not None  # noqa: S101 - places are ordered by it
    said = f"The least {TITLES[found.by]} is {amount(least.value, SYMBOLS[total])}{_gas(total)}: "
    said += f"{best.count:,} x {best.accelerator}, {seller(best)}"
    if here is None:
        return f"{said}; what {AS_IS} takes is {UNKNOWN}."
    stands = f"{amount(here.value, SYMBOLS[total])}{_gas(total)}"
    better = f"{found.better:,} of {len(found.places):,} places take less" if found.better else "no place takes less"
    return f"{said}; {AS_IS} takes {stands}, and {better}."


def _gas(total: str) -> str:
    return " CO2e" if total == "carbon_kg" else ""


def below(places: Sequence[Place], heads: str) -> Iterator[str]:
    """What goes for the rows that are shown, in sentences.

    Parameters
    ----------
    places
        Those that are shown.
    heads
        Heads of the columns that are: of others nothing is said.
    """
    spot = next((place for place in places if place.redone is not None), None)
    if spot is not None:
        yield (
            f"Spot counts what is expected to be redone after machines are taken back: {redone(spot)} of "
            f"{name(spot, spot.count)}."
        )
    larger = sorted({place.sold_by for place in places if place.sold_by is not None})
    if larger:
        yield f"By {' or '.join(f'{each:,}' for each in larger)}: rented out in machines of so many, told for fewer."
    if PRICED in heads and any(place.old for place in places):
        yield f"Old: the price is of more than {OLD_DAYS} days ago."
    if OWN_FROM in heads and any(place.break_even is not None for place in places):
        yield "Own from: share of its hours that an own cluster must work to be as cheap as that rent or the market's."
    if any(place.tenure == OWN for place in places):
        yield "Own pays for the hours of this run: its machines are taken to work for others as own clusters do."


def _notes(found: Places) -> Iterator[str]:
    yield from (f"note [{note.code}] {note.text}" for note in found.notes)


def reasons(left_out: Sequence[LeftOut]) -> list[tuple[str, list[str]]]:
    """Reasons for which places are left out, the commonest first, and the places."""
    gathered: dict[str, list[str]] = {}
    for each in left_out:
        who = ", ".join(filter(None, (each.accelerator, " ".join(filter(None, (each.vendor, each.term))))))
        gathered.setdefault(each.reason, []).append(who)
    return sorted(gathered.items(), key=lambda item: (-len(item[1]), item[0]))


# --- a screen -----------------------------------------------------------------------------------------------------


def text(found: Places, width: int = WIDTH, most: int = SCREEN) -> str:
    """The table for a terminal.

    Parameters
    ----------
    found
        What :func:`thirdwatt.search.places.places` gave.
    width
        Columns of the screen; a narrow one goes without the last columns of the table.
    most
        Rows at most, that of the scenario itself among them.

    Returns
    -------
    str
        Lines, each ended.
    """
    places = shown(found, most)
    lines = [*_wrapped(lead(found).replace(AS_IS, f"{AS_IS} (>)"), width), ""]
    head, *rows = table(found, places)
    marks = ("> " if place is found.standing else "  " for place in places)
    told = columns([head, *((f"{mark}{row[0]}", *row[1:]) for mark, row in zip(marks, rows, strict=True))], width)
    lines += told
    named = sum(place is not found.standing for place in places)
    if named < len(found.places):
        lines += _wrapped(f"{len(found.places) - named:,} more places: --json has all", width)
    lines += [
        line
        for said in (*below(places, " ".join(told[:2])), *_notes(found), *_left(found))
        for line in _wrapped(said, width)
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def shown(found: Places, most: int) -> list[Place]:
    """The first places, and the scenario itself where it stands among all."""
    if found.better is None:
        return [*found.places[: max(most - 1, 0)], found.standing]
    at = min(found.better, max(most - 1, 0))
    first = list(found.places[: max(most - 1, 0)])
    return [*first[:at], found.standing, *first[at:]]


def table(found: Places, places: Sequence[Place], *, full: bool = False) -> Iterator[tuple[str, ...]]:
    """Head and rows of places; what they are ordered by comes first.

    Parameters
    ----------
    found
        What :func:`thirdwatt.search.places.places` gave.
    places
        Those to show.
    full
        Tell intervals of costs, and energy and time for a million tokens, too.
    """
    columns = list(_columns(found, places, full=full))
    count = found.standing.count
    yield f"{count:,} accelerator{'s' if count > 1 else ''}", *(head for head, _ in columns)
    for at, place in enumerate(places):
        said = ", ".join(filter(None, (name(place, count), remarks(place))))
        yield said, *(cells[at] for _, cells in columns)


def _columns(found: Places, places: Sequence[Place], *, full: bool) -> Iterator[tuple[str, list[str]]]:
    """Head and cells of each column, those first that a narrow screen should keep."""
    order = list(dict.fromkeys((ORDERS[found.by], *FIRST, *((CARBON,) if full else ()))))
    for total in order:
        cells = column([_centre(place, total) for place in places], SYMBOLS[total])
        yield cells.head(HEADS[total]), [cells.cell(_centre(place, total)) for place in places]
        if total == COST and full:
            yield cells.head("90 %"), [_ends(cells, place.totals[total]) for place in places]
        if total == COST or (full and total != CARBON):
            per = column([place.per_million(total) for place in places], SYMBOLS[total])
            what = per.head(f"{HEADS[total]} per M tokens") if full else "/M tok"
            yield what, [per.cell(place.per_million(total)) for place in places]
    yield PRICED, [priced(place) for place in places]
    yield OWN_FROM, [owned_from(place) for place in places]
    if any(place.redone is not None for place in places):
        yield from _redone(places, full=full)
    if CARBON not in order:
        cells = column([_centre(place, CARBON) for place in places], SYMBOLS[CARBON])
        yield cells.head(HEADS[CARBON]), [cells.cell(_centre(place, CARBON)) for place in places]


def _redone(places: Sequence[Place], *, full: bool) -> Iterator[tuple[str, list[str]]]:
    """What is expected to be redone on spot machines: in one cell of a screen, in two of a page."""
    if not full:
        yield "of it redone", [redone(place) for place in places]
        return
    lost = [place.redone for place in places]
    hours = column([None if each is None else each.wall_time_h for each in lost], "h")
    cost = column([None if each is None else each.cost_usd for each in lost], "USD")
    yield hours.head("redone"), ["" if each is None else hours.cell(each.wall_time_h) for each in lost]
    yield cost.head("redone"), ["" if each is None else cost.cell(each.cost_usd) for each in lost]


def _ends(cells: Column, found: Total | None) -> str:
    return UNKNOWN if found is None else cells.ends(found)


def _centre(place: Place, total: str) -> float | None:
    found = place.totals[total]
    return None if found is None else found.value


def _left(found: Places) -> Iterator[str]:
    """How many places are left out, and why."""
    counts = {kind: sum(each.kind == kind for each in found.left_out) for kind in LEFT}
    said = "; ".join(f"{count:,}: {LEFT[kind]}" for kind, count in counts.items() if count)
    if said:
        yield f"Left out, each with its reason in --json: {said}."


def _wrapped(said: str, width: int) -> list[str]:
    return textwrap.wrap(said, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


# --- as data ------------------------------------------------------------------------------------------------------


def as_rows(found: Places) -> list[dict[str, Any]]:
    """Every place as a flat row, the scenario itself first: what a table of data or a spreadsheet takes.

    Parameters
    ----------
    found
        What :func:`thirdwatt.search.places.places` gave.

    Returns
    -------
    list of dict
        All of the same keys: ``scenario`` says which row is the scenario itself, ``rank`` counts the others. Totals
        are of a run; ``…_per_million_tokens`` are theirs for a million trained tokens. What is not known is ``None``.
    """
    return [_row(found.standing, None), *(_row(place, rank) for rank, place in enumerate(found.places, start=1))]


def _row(place: Place, rank: int | None) -> dict[str, Any]:
    totals: dict[str, Any] = {}
    for total in place.totals:
        three = ends(place.totals[total]) or {}
        for end, ending in (("value", ""), ("low", "_low"), ("high", "_high")):
            totals[f"{total}{ending}"] = three.get(end)
    per = {f"{total}_per_million_tokens": place.per_million(total) for total in SYMBOLS}
    return {
        "rank": rank,
        "scenario": rank is None,
        "accelerator": place.accelerator,
        "count": place.count,
        "tenure": place.tenure,
        "vendor": place.vendor,
        "term": place.term,
        **totals,
        **per,
        **_priced("rent_usd_per_accelerator_h", place.rent),
        **_priced("accelerator_price_usd", place.price),
        "month": place.month,
        "old": place.old,
        "break_even_utilisation_share": place.break_even,
        "redone_h": None if place.redone is None else place.redone.wall_time_h,
        "redone_usd": None if place.redone is None else place.redone.cost_usd,
        "fits": place.fits,
        "sold_by": place.sold_by,
    }


def _priced(name: str, figure: Figure | None) -> dict[str, Any]:
    if figure is None:
        return dict.fromkeys((name, f"{name}_low", f"{name}_high", f"{name}_source"))
    return {
        name: figure.value,
        f"{name}_low": figure.low,
        f"{name}_high": figure.high,
        f"{name}_source": figure.source,
    }


def document(found: Places) -> dict[str, Any]:
    """The table as plain data: a part of a document, of the schema's ``PlacesTable``."""
    documents = [found.standing.document, *(place.document for place in found.places)]
    standing, *rows = (row | {"document": dict(own)} for row, own in zip(as_rows(found), documents, strict=True))
    return {
        "by": found.by,
        "boundary": found.scenario.boundary,
        "region": found.scenario.choices["region"],
        "tried": found.tried,
        "better": found.better,
        "standing": standing,
        "rows": rows,
        "left_out": [
            {
                "accelerator": each.accelerator,
                "vendor": each.vendor,
                "term": each.term,
                "kind": each.kind,
                "reason": each.reason,
            }
            for each in found.left_out
        ],
        "notes": [{"code": note.code, "text": note.text} for note in found.notes],
    }


def sheet(found: Places) -> str:
    """Every place as CSV, the scenario itself first."""
    rows = as_rows(found)
    return sheets.written([tuple(rows[0]), *(["" if cell is None else cell for cell in row.values()] for row in rows)])


# --- a part of a page ---------------------------------------------------------------------------------------------


def context(found: Places, most: int = PAGE) -> dict[str, Any]:
    """What the template ``places.html.j2`` needs: pass it on as ``where`` and include that template.

    Parameters
    ----------
    found
        What :func:`thirdwatt.search.places.places` gave.
    most
        Rows at most, that of the scenario itself among them.

    Returns
    -------
    dict
        Words and cells, escaped by the template.
    """
    places = shown(found, most)
    head, *rows = table(found, places, full=True)
    left = len(found.places) - sum(place is not found.standing for place in places)
    return {
        "lead": lead(found),
        "caption": _caption(found, places),
        "head": head,
        "rows": [(cells, YOURS if place is found.standing else "") for cells, place in zip(rows, places, strict=True)],
        "more": f"{left:,} more places are in the JSON." if left else "",
        "notes": [*below(places, " ".join(head)), *(f"{note.text}." for note in found.notes)],
        "sources": _sources(places),
        "left_out": [(why, f"{len(who):,}", "; ".join(who)) for why, who in reasons(found.left_out)],
    }


def _caption(found: Places, places: Sequence[Place]) -> str:
    """What the figures are of, and of when the prices."""
    months = sorted(place.month for place in places if place.month is not None)
    when = "" if not months else f"rents of {months[0]}" + ("" if months[0] == months[-1] else f" to {months[-1]}")
    per = f"per M tokens: for {number(PER)} trained tokens"
    return "; ".join(
        filter(None, (f"A run by accelerator, vendor and term, boundary {found.scenario.boundary}", per, when))
    )


def _sources(places: Sequence[Place]) -> list[str]:
    """Sources of the prices that are shown, each once."""
    figures = (place.rent or place.price for place in places)
    return sorted({located(figure.source) for figure in figures if figure is not None})


def fragment(found: Places, most: int = PAGE) -> str:
    """The table as a part of a page.

    Parameters
    ----------
    found
        What :func:`thirdwatt.search.places.places` gave.
    most
        Rows at most, that of the scenario itself among them.

    Returns
    -------
    str
        A section of HTML without scripts, in the looks of ``page.html.j2``.
    """
    rendered: str = template("places.html.j2").render(where=context(found, most))
    return rendered
