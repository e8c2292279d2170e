"""``thirdwatt facts``."""

from __future__ import annotations

from pathlib import Path

import click

from thirdwatt.cli.options import columns, dumped, json_option


@click.command("facts")
@click.argument("table", required=False)
@click.argument("row", required=False, metavar="[ID]")
@click.option("--all", "whole", is_flag=True, help="Every row, however many.")
@click.option("--check", "checked", is_flag=True, help="Say what is wrong with the tables, or with a file TABLE.csv.")
@click.option("--csv", "as_csv", is_flag=True, help="One line a figure, as CSV.")
@json_option
def command(table: str | None, row: str | None, whole: bool, checked: bool, as_csv: bool, as_json: bool) -> None:
    """What is published: tables, rows, and figures with their source, age and confidence.

    \b
    thirdwatt facts
    thirdwatt facts accelerators
    thirdwatt facts accelerators h100
    thirdwatt facts --check my-chips.csv
    """  # noqa: D301 - click reads the backspace
    if as_json and as_csv:
        raise click.UsageError("choose one of --json and --csv")
    if checked:
        if as_json or as_csv:
            raise click.UsageError("--check says what is wrong in words: leave out --json and --csv")
        _check(table)
        return
    from thirdwatt.facts import catalogue
    from thirdwatt.report import factsheet, sheets
    from thirdwatt.scenario import InputError, Mistake
    from thirdwatt.scenario.mistakes import nearest

    if table is None:
        tables = catalogue.tables()
        if as_json:
            click.echo(dumped(factsheet.document("tables", tables)))
        elif as_csv:
            click.echo(sheets.written(factsheet.cells(tables)), nl=False)
        else:
            click.echo(factsheet.contents(tables), nl=False)
        return
    if table not in catalogue.CATALOGUE:
        fix = nearest(table, catalogue.CATALOGUE) or f"there are {', '.join(catalogue.CATALOGUE)}"
        raise InputError([Mistake("TABLE", f"no table {table!r}", fix)])
    if row is None:
        found = catalogue.rows(table)
    else:
        one = catalogue.find(table, row)
        if one is None:
            close = catalogue.nearest(table, row)
            fix = f"did you mean {close}?" if close else f"thirdwatt facts {table} --all lists them"
            raise InputError([Mistake("ID", f"{row!r} is in no row of {table}", fix)])
        found = [one]
    if as_json:
        click.echo(dumped(factsheet.document(table, found)))
    elif as_csv:
        click.echo(sheets.written(factsheet.cells(found)), nl=False)
    elif row is None:
        click.echo(factsheet.listing(table, found, whole=whole, columns=columns()), nl=False)
    else:
        click.echo(factsheet.sheet(table, found[0], columns()), nl=False)


def _check(file: str | None) -> None:
    """Check a contributor's file, or all tables that ship; mistakes are bad input."""
    import csv

    from thirdwatt.facts import sources
    from thirdwatt.facts.checks import check, check_all
    from thirdwatt.scenario import InputError, Mistake

    if file is None:
        wrong = check_all()
    else:
        try:
            rows = list(csv.reader(Path(file).read_text(encoding="utf-8-sig").splitlines()))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise InputError([Mistake(file, f"cannot be read: {getattr(error, 'strerror', None) or error}")]) from None
        wrong = check(Path(file).stem, rows, sources())
        if not wrong and len(rows) == 1:
            wrong = [f"{Path(file).stem}.csv:1: the header stands alone, there are no rows; add a line for each figure"]
    if wrong:
        raise InputError([Mistake("", each) for each in wrong], file or "the tables")
    click.echo("sound: every figure has its unit, range, source and place")
