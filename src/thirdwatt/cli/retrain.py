"""``thirdwatt retrain``."""

from __future__ import annotations

import click

from thirdwatt.cli.options import Finite, columns, dumped, emphasised, json_option, ledger, scenario_options


@click.command("retrain")
@click.argument("scenario")
@click.option("--data-diff", metavar="FILE", help="What came, as thirdwatt data diff OLD NEW --json wrote it.")
@click.option("--new-tokens", metavar="N", help="What came: 5% of what there was, or tokens as 750e9 or 750B.")
@click.option("--drift", metavar="TEXT", help="Points of quality lost with time: 0.5/30d, 0.5/30d^0.7, 8~90d.")
@click.option("--value", metavar="TEXT", help="What a point of quality is worth: 200/d (USD), 50 kWh/d.")
@click.option("--every", metavar="TIME", help="An interval to compare with the best: 30d, 2w.")
@click.option("--monitor", type=Finite(min=0), default=0.0, help="What watching quality costs a day.")
@click.option("--updates", type=click.IntRange(min=1), metavar="N", help="Updates between two full retrains.")
@click.option("--tolerated", type=Finite(min=0), metavar="LOSS", help="Loss that updates may leave before a full one.")
@click.option("--gap", type=Finite(min=0), metavar="POINTS", help="What each update leaves missing, as measured.")
@click.option("--history", metavar="CSV", help="date, tokens, evaluation, model: policies replayed on it.")
@click.option("--html", metavar="FILE", help="A page with charts, fit for print.")
@scenario_options
@json_option
def command(
    scenario: str,
    data_diff: str | None,
    new_tokens: str | None,
    drift: str | None,
    value: str | None,
    every: str | None,
    monitor: float,
    updates: int | None,
    tolerated: float | None,
    gap: float | None,
    history: str | None,
    html: str | None,
    settings: tuple[str, ...],
    observed: tuple[str, ...],
    samples: int,
    seed: int,
    as_json: bool,
) -> None:
    """Whether new data are worth training again, in which way and how often; what more data would buy.

    SCENARIO is the training that made the model there is.

    \b
    thirdwatt retrain llama-3.1-8b --new-tokens 5%
    thirdwatt data diff OLD NEW --json > diff.json; thirdwatt retrain my-run.toml --data-diff diff.json
    thirdwatt retrain my-run.toml --new-tokens 5% --drift 0.5/30d --value 200/d --every 30d
    thirdwatt retrain my-run.toml --new-tokens 5% --tolerated 0.05
    """  # noqa: D301 - click reads the backspace
    if as_json and html is not None:
        raise click.UsageError("choose one of --json and --html")
    from thirdwatt.ledger.pricing import OF_LAWS
    from thirdwatt.report import retraining
    from thirdwatt.search.retraining.news import diff_among
    from thirdwatt.search.retraining.question import asked

    found = ledger(scenario, settings, observed, samples, seed, also=OF_LAWS)
    if data_diff is None and new_tokens is None:
        data_diff = diff_among(observed)
    answer = asked(
        found, new_tokens=new_tokens, data_diff=data_diff, drift=drift,
        value=value, every=every, monitor=monitor, history=history,
        updates=updates, tolerated=tolerated, gap=gap,
    )  # fmt: skip
    if as_json:
        click.echo(dumped(retraining.document(answer)))
    elif html is not None:
        from thirdwatt.cli.files import extra, written

        with extra("report"):
            from thirdwatt.report.retraining_page import page

            written(html, page(answer))
        click.echo(f"{html} written", err=True)
    else:
        click.echo(emphasised(retraining.text(answer, columns(), scenario), 1), nl=False)
