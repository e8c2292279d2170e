"""``thirdwatt estimate``."""

from __future__ import annotations

import sys

import click

from thirdwatt.cli.options import columns, dumped, emphasised, json_option, ledger, scenario_options


@click.command("estimate")
@click.argument("scenario", required=False)
@click.option("--table", metavar="ROWS.csv", help="Many scenarios as one batch: a column a path, a row a scenario.")
@scenario_options
@json_option
@click.option("--md", "as_markdown", is_flag=True, help="The result as Markdown tables.")
@click.option("--csv", "as_csv", is_flag=True, help="The result as CSV.")
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
) -> None:
    """What training costs: energy, money, carbon and water by component, time, and what it rests on.

    \b
    thirdwatt estimate gpt-4o
    thirdwatt estimate my-run.toml --set site.region=fr --json
    thirdwatt estimate --table runs.csv --csv
    """  # noqa: D301 - click reads the backspace
    if as_json + as_markdown + as_csv > 1:
        raise click.UsageError("choose one of --json, --md and --csv")
    if table is not None:
        if as_markdown:
            raise click.UsageError("--table gives --csv or --json")
        if observed:
            raise click.UsageError("--observed belongs to one scenario, --table holds many")
        _table(table, scenario, settings, samples, seed, as_csv)
        return
    if scenario is None:
        from thirdwatt.scenario.read import presets

        raise click.UsageError(f"name a scenario: a file, or a preset ({', '.join(presets())})")
    found = ledger(scenario, settings, observed, samples, seed)
    if as_json:
        click.echo(dumped(found.to_dict()))
    elif as_markdown:
        from thirdwatt.report import markdown

        click.echo(markdown.estimate(found), nl=False)
    elif as_csv:
        from thirdwatt.report import sheets

        click.echo(sheets.estimate(found), nl=False)
    else:
        from thirdwatt.report import text

        click.echo(emphasised(text.estimate(found, columns()), 1), nl=False)


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
    results = estimate_table(scenarios, samples=samples, seed=seed)
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
        }
        for row in results
    ]
    click.echo(dumped({"schema": "thirdwatt/table/1", "seed": seed, "samples": samples, "rows": listed}))
