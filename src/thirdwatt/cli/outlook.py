"""``thirdwatt outlook``."""

from __future__ import annotations

import click

from thirdwatt.cli.options import Finite, columns, dumped, emphasised, json_option


@click.command("outlook")
@click.argument("scenario", required=False, metavar="[FILE]")
@click.option("--until", type=int, default=2035, show_default=True, help="Last year.")
@click.option("--scope", metavar="NAME", default="world", show_default=True, help="frontier, world, us, eu or china.")
@click.option(
    "--efficiency-gain", type=Finite(), metavar="NUMBER", default=3.0, show_default=True,
    help="Times the work of a joule.",
)  # fmt: skip
@click.option("--when", type=int, help="First year of the gain; 2028, or the last year where that is earlier.")
@click.option("--gain-by", metavar="NAME", default="chip", show_default=True, help="chip, draw or method: see above.")
@click.option("--rebound", type=Finite(), metavar="NUMBER", help="Part of what is saved that is spent on more: 0.3.")
@click.option(
    "--site-mw", type=Finite(), metavar="MW", help="Power of a site: its part of generation, and what outgrows it."
)
@click.option("--region", metavar="NAME", help="Where it stands: a country, a state, a cloud region.")
@click.option(
    "--set", "settings", multiple=True, metavar="PATH=VALUE", help="Change an assumption: split.rebound_share=0.5"
)
@click.option(
    "--runs", "own_runs", metavar="FILE.csv", help="Runs beside those of the table frontier: fits and scores anew."
)
@click.option("--samples", type=int, default=10_000, show_default=True, help="Paths that are drawn.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Of the draws.")
@click.option("--csv", "as_csv", is_flag=True, help="Every fan as CSV.")
@click.option("--html", metavar="FILE", help="A page with fans and the tables behind them, fit for print.")
@json_option
def command(
    scenario: str | None,
    until: int,
    scope: str,
    efficiency_gain: float,
    when: int | None,
    gain_by: str,
    rebound: float | None,
    site_mw: float | None,
    region: str | None,
    settings: tuple[str, ...],
    own_runs: str | None,
    samples: int,
    seed: int,
    as_csv: bool,
    html: str | None,
    as_json: bool,
) -> None:
    """Where demand goes, what bounds it, what a third buys, and how far to trust it; fans, never a line.

    A gain by a chip does more work at the watts of today, so that fewer chips do the same; by draw as many do the same
    at fewer watts; a method does more on the machines there are.

    FILE states other assumptions: [growth], [caps], [supply], [split], each a number or a range with kind and source.

    \b
    thirdwatt outlook
    thirdwatt outlook --scope us --until 2030
    thirdwatt outlook --efficiency-gain 3 --when 2028 --rebound 0.3
    thirdwatt outlook --efficiency-gain 3 --gain-by method
    thirdwatt outlook --site-mw 500 --region us-va
    thirdwatt outlook --runs my-runs.csv
    thirdwatt outlook slow-grids.toml --html outlook.html
    """  # noqa: D301 - click reads the backspace
    if as_json + as_csv + (html is not None) > 1:
        raise click.UsageError("choose one of --json, --csv and --html")
    from thirdwatt.outlook.answer import outlook
    from thirdwatt.outlook.assumptions import stated
    from thirdwatt.scenario.read import changed

    found = outlook(
        scope, changed(stated(scenario), settings), until=until, efficiency_gain=efficiency_gain,
        when=when, gain_by=gain_by, rebound=rebound, site_mw=site_mw, region=region,
        own_runs=own_runs, samples=samples, seed=seed,
    )  # fmt: skip
    if as_json:
        from thirdwatt.report.outlook_document import document

        click.echo(dumped(document(found)))
    elif as_csv:
        from thirdwatt.report.outlook_document import sheet

        click.echo(sheet(found), nl=False)
    elif html is not None:
        from thirdwatt.cli.files import extra, written

        with extra("report"):
            from thirdwatt.report.outlook_page import page

            written(html, page(found))
        click.echo(f"{html} written", err=True)
    else:
        from thirdwatt.report.outlook import text

        click.echo(emphasised(text(found, columns()), 1), nl=False)
