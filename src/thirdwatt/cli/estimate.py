"""``thirdwatt estimate``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thirdwatt.cli.options import columns, dumped, emphasised, json_option, ledger, scenario_options, settled
from thirdwatt.report.formats import FORMATS

if TYPE_CHECKING:
    from thirdwatt.ledger import Ledger


@click.command("estimate")
@click.argument("scenario", required=False)
@click.option("--table", metavar="ROWS.csv", help="Many scenarios as one batch: a column a path, a row a scenario.")
@scenario_options
@json_option
@click.option("--md", "as_markdown", is_flag=True, help="The result as Markdown tables.")
@click.option("--csv", "as_csv", is_flag=True, help="The result as CSV.")
@click.option("--html", metavar="FILE", help="A report as one page, fit for print.")
@click.option("--pdf", metavar="FILE", help="The same as PDF.")
@click.option(
    "--development", is_flag=True, help="Tell too what failed runs, ablations and searches take, and failures by size."
)
@click.option("--against", metavar="SCENARIO", help="With --html or --pdf: what to stand it beside.")
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    metavar="NAME",
    help=f"The result as others ask for it. {'; '.join(f'{name}: {what}' for name, what in FORMATS.items())}.",
)
@click.option("--card", metavar="FILE", help="With --format model-card: what would change in this card, as a diff.")
@click.option("--write", is_flag=True, help="With --card: change the card too.")
def command(
    scenario: str | None,
    table: str | None,
    settings: tuple[str, ...],
    observed: tuple[str, ...],
    samples: int,
    seed: int,
    as_json: bool,
    as_markdown: bool,
    as_csv: bool,
    html: str | None,
    pdf: str | None,
    development: bool,
    against: str | None,
    form: str | None,
    card: str | None,
    write: bool,
) -> None:
    """What training costs: energy, money, carbon and water by component, time, and what it rests on.

    \b
    thirdwatt estimate gpt-4o
    thirdwatt estimate my-run.toml --set site.region=fr --json
    thirdwatt estimate my-run.toml --html report.html --pdf report.pdf
    thirdwatt estimate my-run.toml --development
    thirdwatt estimate --table runs.csv --csv
    thirdwatt estimate my-run.toml --format model-card --card README.md --write
    """  # noqa: D301 - click reads the backspace
    if as_json + as_markdown + as_csv + (form is not None) + (html is not None or pdf is not None) > 1:
        raise click.UsageError("choose one of --json, --md, --csv, --html (with --pdf) and --format")
    if (card is not None and form != "model-card") or (write and card is None):
        raise click.UsageError("--card FILE goes with --format model-card, and --write with --card")
    if against is not None and html is None and pdf is None:
        raise click.UsageError("--against goes with --html or --pdf")
    if development and (table is not None or form is not None):
        what = "--table" if table is not None else "--format"
        raise click.UsageError(
            f"--development belongs to one scenario, in text, --json, --md, --csv or --html: not {what}"
        )
    if table is not None:
        if as_markdown or html or pdf or form is not None:
            raise click.UsageError("--table gives --csv or --json")
        if observed:
            raise click.UsageError("--observed belongs to one scenario, --table holds many")
        _table(table, scenario, settings, samples, seed, as_csv)
        return
    if scenario is None:
        from thirdwatt.scenario.read import presets

        raise click.UsageError(f"name a scenario: a file, or a preset ({', '.join(presets())})")
    from thirdwatt.ledger.pricing import OF_DEVELOPMENT

    pages = [name for name in (html, pdf) if name is not None]
    if pages:
        _check_places(pages, [name for name in (scenario, against, *observed) if name is not None])
    also = OF_DEVELOPMENT if development else ()
    found = ledger(scenario, settings, observed, samples, seed, also=also)
    if pages:
        beside = None if against is None else ledger(against, (), (), samples, seed)
        _page(found, beside, html, pdf)
    elif card is not None:
        _card(found, card, write)
    elif form is not None:
        from thirdwatt.report.formats import written

        click.echo(written(found, form), nl=False)
    elif as_json:
        click.echo(dumped(found.to_dict()))
    elif as_markdown:
        from thirdwatt.report import markdown

        click.echo(markdown.estimate(found), nl=False)
    elif as_csv:
        from thirdwatt.report import sheets

        click.echo(sheets.estimate(found), nl=False)
    else:
        from thirdwatt.report import text

        click.echo(emphasised(text.estimate(found, columns(), asked=scenario), 1), nl=False)


def _check_places(pages: Sequence[str], inputs: Sequence[str]) -> None:
    """Refuse reports that would overwrite one another or what they are computed from, or that have no place."""
    from thirdwatt.cli.files import unreachable
    from thirdwatt.scenario import InputError

    read = set(map(os.path.realpath, inputs))
    for name in pages:
        if os.path.realpath(name) in read and Path(name).is_file():
            raise click.UsageError(f"{name} is read, and the report would overwrite it; name another file")
    if len(pages) > len({os.path.realpath(name) for name in pages}):
        raise click.UsageError(f"--html and --pdf both name {pages[-1]}; name two files")
    if mistakes := [mistake for name in pages for mistake in unreachable(name)]:
        raise InputError(mistakes)


def _page(found: Ledger, against: Ledger | None, html: str | None, pdf: str | None) -> None:
    """Draw everything, then write: what fails on the way leaves no file."""
    from thirdwatt.cli.files import extra, written

    with extra("report"):
        from thirdwatt.report.html import page

        said = page(found, against)
    pages: dict[str, str | bytes] = {} if html is None else {html: said}
    if pdf is not None:
        with extra("pdf"):
            from thirdwatt.report.pdf import printed

            pages[pdf] = printed(said)
    for name, content in pages.items():
        written(name, content)
    click.echo(f"{', '.join(pages)} written", err=True)


def _card(found: Ledger, card: str, write: bool) -> None:
    from thirdwatt.cli.files import rewrite, text_of
    from thirdwatt.report.formats.model_card import difference, merged

    old = text_of(card)
    new = merged(old, found)
    if write and new != old:
        rewrite(card, new)
        click.echo(f"{card} is written", err=True)
    click.echo(difference(old, new, card), nl=False)


def _table(table: str, base: str | None, settings: tuple[str, ...], samples: int, seed: int, as_csv: bool) -> None:
    from thirdwatt.ledger import estimate_table
    from thirdwatt.ledger.book import book
    from thirdwatt.scenario.read import changed, read
    from thirdwatt.scenario.rows import rows

    document = changed(read(base)[1] if base else {}, settings)
    found = rows(table, document, book().names)
    if sys.stderr.isatty():
        with click.progressbar(found, label="reading", file=sys.stderr) as bar:
            scenarios = list(bar)
    else:
        scenarios = list(found)
    laid_out = [(name, row if isinstance(row, str) else settled(row)) for name, row in scenarios]
    results = estimate_table(laid_out, samples=samples, seed=seed)
    if as_csv:
        from thirdwatt.report import sheets

        click.echo(sheets.table(results), nl=False)
        return
    from thirdwatt.ledger.document import three

    listed = [
        {
            "id": row.id,
            "totals": None if row.totals is None else {name: three(each) for name, each in row.totals.items()},
            "error": row.error,
            "warnings": list(row.codes),
        }
        for row in results
    ]
    click.echo(dumped({"schema": "thirdwatt/table/1", "seed": seed, "samples": samples, "rows": listed}))
