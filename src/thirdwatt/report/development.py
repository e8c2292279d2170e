"""A whole project beside its final run, as all reports tell it: parts, accounts, failures by size, what others took."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace

from thirdwatt.amounts import amount, percent, plain
from thirdwatt.ledger import Ledger
from thirdwatt.ledger.development import Both, Development
from thirdwatt.ledger.ledger import ACCOUNTED
from thirdwatt.report.phrases import UNKNOWN, sized

FINAL = "final run"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: its title, heads and cells; the first column names the rows."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def summary(found: Development) -> str:
    """What the whole project takes, in one sentence."""
    return (
        f"The whole project takes {sized(found.multiplier, '')} times the final run, "
        "as if all of it ran on the same machines and as well; the totals above stay those of the final run."
    )


def expected(ledger: Ledger, found: Development) -> str:
    """How many failures the final run meets, and what rests on which figures."""
    hours, write, restart = (
        ledger.of(name) for name in ("accelerator_hours_per_failure", "checkpoint_time_s", "restart_time_h")
    )
    assert hours is not None and write is not None and restart is not None  # noqa: S101, PT018 - the book has them
    rate = f"a failure each {amount(hours.value, 'hours')} of an accelerator"
    assumed = f"{rate}, {plain(write.value)} s to write a checkpoint, {amount(restart.value, 'h')} to restart"
    if found.expected_failures is None:
        return f"At {assumed}; how long this run takes is {UNKNOWN}."
    return f"At {assumed}, this run meets {sized(found.expected_failures, '')} failures."


def sheets(ledger: Ledger, found: Development) -> tuple[Sheet, ...]:
    """Every table."""
    return parts(ledger, found), accounts(found), failures(ledger, found), others(found)


def parts(ledger: Ledger, found: Development) -> Sheet:
    """The final run and each part of development in its units."""
    energy = ledger.totals["energy_kwh"]
    rows = [(FINAL, "1", "", "" if energy is None else amount(energy.value, "kWh"), "", "")]
    for part in found.parts:
        ratio = sized(part.ratio, "")
        own = "" if energy is None else amount(energy.value * part.ratio.value, "kWh")
        rows.append((part.name.replace("_", " "), ratio.value, ratio.ends, own, part.kind, part.how))
    head = ("part", "x final run", "90 % interval", "energy", "kind", "how")
    return Sheet("Development by part", head, tuple(rows))


def accounts(found: Development) -> Sheet:
    """What development and the whole project take of each account."""
    rows = [_both(account.title, found.accounts[account.name], account.unit) for account in ACCOUNTED.values()]
    rows.append(_both("accelerator hours", found.accelerator_hours, "hours"))
    head = ("account", "development", "90 % interval", "whole project", "90 % interval")
    return Sheet("The whole project by account", head, tuple(rows))


def _both(title: str, both: Both | None, symbol: str) -> tuple[str, ...]:
    if both is None:
        return (title, UNKNOWN, "", UNKNOWN, "")
    two = sized(both.development, symbol), sized(both.project, symbol)
    return (title, *(cell for each in two for cell in (each.value, each.ends)))


def failures(ledger: Ledger, found: Development) -> Sheet:
    """What failures take by number of accelerators."""
    count = ledger.of("accelerator_count")
    rows = [
        (
            f"{plain(each.accelerators, 7)}{' (this run)' if count and each.accelerators == count.value else ''}",
            amount(each.time_between_failures_h, "h"),
            amount(each.young_interval_h, "h"),
            amount(each.daly_interval_h, "h"),
            percent(each.checkpoint_share),
            percent(each.lost_share),
            percent(each.waste_share),
            percent(each.daly_waste_share),
        )
        for each in found.failures
    ]
    head = ("accelerators", "between failures", "Young", "Daly", "writing", "redone", "lost", "full model")
    return Sheet("Failures by size", head, tuple(rows))


def others(found: Development) -> Sheet:
    """Projects that published their multipliers."""
    rows = [(each.name, each.year, plain(each.multiplier), each.counts, each.source) for each in found.published]
    return Sheet("What others took", ("project", "year", "multiplier", "counts", "source"), tuple(rows))


def meaning() -> str:
    """What the columns of failures mean."""
    return (
        "Writing, redone (work since the last checkpoint, and restarts) and lost (both) are shares of all time at "
        "Young's interval, to a first order; the full model counts failures while writing and restarting too."
    )


# --- a terminal ---------------------------------------------------------------------------------------------------

GAP = 2
LEAST = 24
"""Columns that a last column of words needs beside the others; with fewer, rows are told one after the other."""


def text(ledger: Ledger, found: Development, width: int) -> Iterator[str]:
    """The block as a terminal shows it."""
    yield from textwrap.wrap(f"Development: {summary(found)}", width)
    yield ""
    yield from _laid_out(parts(ledger, found), width, words=True)
    yield ""
    *rows, hours = accounts(found).rows
    yield from _laid_out(replace(accounts(found), rows=tuple(rows)), width)
    yield from _by_row(replace(accounts(found), rows=(hours,)), width)  # too long for a column
    yield ""
    yield from textwrap.wrap(f"Failures: {expected(ledger, found)}", width)
    yield ""
    yield from _laid_out(failures(ledger, found), width)
    yield from textwrap.wrap(meaning(), width)
    yield ""
    told = "; ".join(f"{each.name.split(',')[0].split(':')[0]} {plain(each.multiplier)} ({each.counts}, {each.year})"
                     for each in found.published)  # fmt: skip
    yield from textwrap.wrap(f"Published: {told}.", width)


def _laid_out(sheet: Sheet, width: int, *, words: bool = False) -> Iterator[str]:
    """A table in columns, its last column wrapped if it is words; row by row where the columns have no room."""
    lines = (sheet.head, *sheet.rows)
    figures = range(len(sheet.head) - words)
    wide = [max(len(line[number]) for line in lines) for number in figures]
    start = sum(wide) + GAP * len(wide)
    if start - GAP > width or (words and width - start < LEAST):
        yield from _by_row(sheet, width)
        return
    for line in lines:
        cells = [line[0].ljust(wide[0]), *(line[number].rjust(wide[number]) for number in figures[1:])]
        head = (" " * GAP).join(cells)
        if not words:
            yield head.rstrip()
            continue
        first, *more = textwrap.wrap(line[-1], width - start) or [""]
        yield f"{head}{' ' * GAP}{first}".rstrip()
        yield from (f"{' ' * start}{each}" for each in more)


def _by_row(sheet: Sheet, width: int) -> Iterator[str]:
    """A table as sentences, one a row."""
    for row in sheet.rows:
        told = "; ".join(f"{head} {cell}" for head, cell in zip(sheet.head[1:], row[1:], strict=True) if cell)
        yield from textwrap.wrap(f"{row[0]}: {told}", width, subsequent_indent="  ")


# --- Markdown -----------------------------------------------------------------------------------------------------


def markdown(ledger: Ledger, found: Development) -> Iterator[str]:
    """The block as Markdown."""
    from thirdwatt.report.formats.markup import clean
    from thirdwatt.report.formats.markup import markdown as escaped

    yield ""
    yield "### Development"
    yield ""
    yield summary(found)
    yield ""
    yield expected(ledger, found)
    for sheet in sheets(ledger, found):
        yield ""
        yield f"| {' | '.join(sheet.head)} |"
        yield f"|{'---|' * len(sheet.head)}"
        for row in sheet.rows:
            yield f"| {' | '.join(escaped(clean(cell)) for cell in row)} |"
    yield ""
    yield meaning()
