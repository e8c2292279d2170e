"""``thirdwatt compare``."""

from __future__ import annotations

import click

from thirdwatt.cli.options import columns, dumped, json_option, ledger, scenario_options
from thirdwatt.quantity import BOUNDARIES


@click.command("compare")
@click.argument("scenarios", nargs=-1, required=True)
@click.option("--boundary", type=click.Choice(BOUNDARIES), help="Boundary for all; default that of the first.")
@scenario_options
@json_option
def command(
    scenarios: tuple[str, ...],
    boundary: str | None,
    settings: tuple[str, ...],
    observed: tuple[str, ...],
    samples: int,
    seed: int,
    as_json: bool,
) -> None:
    """Scenarios side by side, all at one boundary, with intervals of their ratios."""
    if len(scenarios) < 2:
        raise click.UsageError("name at least two scenarios")
    from thirdwatt.report import comparison

    first = ledger(scenarios[0], settings, observed, samples, seed, boundary or "")
    ledgers = [first]
    for name in scenarios[1:]:
        own = ledger(name, settings, observed, samples, seed)
        if said := comparison.converted(own, first.boundary):
            click.echo(said, err=True)
        ledgers.append(own.within(first.boundary))
    if as_json:
        click.echo(dumped(comparison.document(ledgers)))
    else:
        click.echo(comparison.text(ledgers, columns()), nl=False)
