"""Prices of what a scan found, in words: lines for a terminal, cells for a page."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from thirdwatt.amounts import amount, percent, plain, span
from thirdwatt.report.phrases import UNKNOWN

WIDTH = 100
"""Most columns of a line."""

HEAD = ("waste", "energy", "90 %", "cost, USD", "CO2e", "hours", "of all")
WIDTHS = (25, 11, 22, 13, 11, 11, 7)
"""What is in each column of the table, and how wide it is: 100 together."""

ENERGY, COST, CARBON, HOURS = "facility_energy_kwh", "cost_usd", "carbon_kg", "accelerator_hours"

LAW = (
    "Repeats still teach, ever less: by the data-constrained law of Muennighoff et al. 2023 (arXiv:2305.16264), which "
    "is for even repetition; a document that is there a thousand times is worth less than it says."
)
NOT_VERIFIED = "not verified: it says where to look, and no saving"
BRIEF = (
    "Each is the run with it less the run without it; they touch one another and do not add up. Fewer tokens are not "
    "the same training: whether the model is as good has to be measured. --html says how each came about."
)
CAVEAT = (
    "Each is the difference between the run with it and the run without it, draw by draw with one seed; they touch "
    "one another and do not add up. Fewer tokens are not the same training: whether the model is as good has to be "
    "measured."
)


def text(found: Mapping[str, Any]) -> str:
    """All prices for a terminal, the largest first; how each came about is on the page."""
    rows, at = found["prices"], found["priced_at"]
    known = any(row[ENERGY] is not None for row in rows)
    lines = [*_wrapped(headline(at)), *([""] if known else []), *table(found)]
    none = [words(row["id"]) for row in rows if row[ENERGY] is None]
    if none:
        lines += _wrapped(f"no price: {', '.join(none)}")
    for note in at["notes"]:
        lines += _wrapped(f"note: {note}")
    if known:
        lines += _wrapped(BRIEF)
    return "\n".join(lines)


def table(found: Mapping[str, Any]) -> list[str]:
    """The prices that are known, a line each below a head; nothing where none is."""
    rows, at = found["prices"], found["priced_at"]
    known = [row for row in rows if row[ENERGY] is not None]
    lines = [_line(HEAD)] if known else []
    for row in known:
        lines.append(_line(cells(row, words(row["id"]))))
        if row["faded"]:
            lines.append(_line(cells({**row["faded"], "tokens_share": None}, "  of it, value had faded")))
    if known and at["together"]:
        lines.append(_line(cells({**at["together"], "tokens_share": None}, "together")))
    return lines


def headline(at: Mapping[str, Any]) -> str:
    """The run that prices are part of, in one line."""
    said = []
    if at["tokens"] and at["epochs"]:
        said.append(f"{amount(at['tokens']['value'], '1')} tokens x {plain(at['epochs']['value'])}")
    said += [f"{name} {each}" for name, each in (("", _value(at, ENERGY, "kWh")), ("", _money(at))) if each]
    carbon = _value(at, CARBON, "kg")
    said += [f"{carbon} CO2e"] if carbon else []
    return f"Priced in the run {at['scenario']}: {', '.join(each.strip() for each in said)} for the whole facility"


def words(name: str) -> str:
    """A finding as it is read."""
    return name.replace("_", " ")


def cells(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """What stands in each column of the table of prices."""
    of = row["energy_share"]
    return (
        name,
        _value(row, ENERGY, "kWh") or UNKNOWN,
        interval(row),
        "" if row[COST] is None else plain(row[COST]["value"]),
        _value(row, CARBON, "kg"),
        "" if row[HOURS] is None else plain(row[HOURS]["value"]),
        "" if of is None else percent(of["value"]),
    )


def interval(row: Mapping[str, Any], name: str = ENERGY, symbol: str = "kWh") -> str:
    """The 90 % interval of a price; empty where there is none."""
    found = row[name]
    if found is None or found["low"] == found["high"]:
        return ""
    return span(found["low"], found["high"], symbol, found["value"] or None)


def below(row: Mapping[str, Any]) -> str:
    """What else is to be known of a price, under its figures."""
    ends, wall = interval(row), row["wall_time_h"]
    took = f"{clock(wall['value'])} on the clock" if wall and wall["value"] else ""
    return "; ".join(filter(None, (f"90 %: {ends}" if ends else "", took, because(row)))) + _fix(row)


def clock(hours: float) -> str:
    """Time on the wall, from days to seconds."""
    seconds = 3600 * hours
    return amount(seconds, "s") if 0 < abs(seconds) < 60 else amount(hours, "h")


def because(row: Mapping[str, Any]) -> str:
    """How a price came about."""
    said = [row["how"], row["why"]]
    if row["faded"]:
        worth = row["faded"]["worth_share"]["value"]
        said.append(f"these tokens still counted {percent(worth)} of new ones")
    if row["small"]:
        said.append("small: less than 0.1 % of the run")
    return "; ".join(filter(None, said))


def ways(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Ways to make batches, and what each takes beyond packing."""
    for row in rows:
        for each in row.get("by_strategy") or ():
            found = each[ENERGY]
            said = UNKNOWN if found is None else amount(found["value"], "kWh")
            yield (
                f"batches {words(each['id'])}",
                f"{percent(each['padding_share']['value'])} padding, {said} beyond packed",
            )


def _fix(row: Mapping[str, Any]) -> str:
    return f". Fix: {row['fix']}" if row["fix"] else ""


def _value(row: Mapping[str, Any], name: str, symbol: str) -> str:
    return "" if row[name] is None else amount(row[name]["value"], symbol)


def _money(row: Mapping[str, Any]) -> str:
    return "" if row[COST] is None else f"{plain(row[COST]['value'])} USD"


def _line(texts: Sequence[str]) -> str:
    first, *others = (f"{text:{width}}" if not number else f"{text:>{width}}"
                      for number, (text, width) in enumerate(zip(texts, WIDTHS, strict=True)))  # fmt: skip
    return "".join((first, *others)).rstrip()


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ", break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
