"""``thirdwatt check``."""

from __future__ import annotations

from typing import Any

import click

from thirdwatt.cli import OVER_BUDGET
from thirdwatt.cli.options import Finite, columns, dumped, json_option, ledger, scenario_options

BUDGET = Finite(min=0)


@click.command("check")
@click.argument("scenario")
@click.option("--max-kwh", type=BUDGET, help="Energy budget.")
@click.option("--max-usd", type=BUDGET, help="Cost budget.")
@click.option("--max-kg", type=BUDGET, help="Carbon budget, location-based.")
@click.option(
    "--confidence", type=Finite(0, 1, min_open=True, max_open=True),
    help="Compare this quantile of the draws in place of the value: 0.9 is the 90 % quantile.",
)  # fmt: skip
@click.option("--gpai", is_flag=True, help="Hold the training compute against the EU's thresholds too, or alone.")
@click.option(
    "--base", metavar="SCENARIO", help="With --gpai: the model that is changed; a third of its compute counts."
)
@scenario_options
@json_option
@click.pass_context
def command(
    context: click.Context,
    scenario: str,
    max_kwh: float | None,
    max_usd: float | None,
    max_kg: float | None,
    confidence: float | None,
    gpai: bool,
    base: str | None,
    settings: tuple[str, ...],
    observed: tuple[str, ...],
    samples: int,
    seed: int,
    as_json: bool,
) -> None:
    """Hold a scenario against a budget. Exit code 3 if any limit is exceeded, 4 if too little is known to compare.

    What --gpai finds is no failure: beside a budget the exit code is the budget's.
    """
    stated = {"energy_kwh": max_kwh, "cost_usd": max_usd, "carbon_kg": max_kg}
    limits = {name: limit for name, limit in stated.items() if limit is not None}
    if base is not None and not gpai:
        raise click.UsageError("--base goes with --gpai")
    if not limits and not gpai:
        raise click.UsageError("state at least one of --max-kwh, --max-usd, --max-kg and --gpai")
    if confidence is not None and not limits:
        raise click.UsageError("--confidence goes with --max-kwh, --max-usd and --max-kg")
    if confidence is not None and samples < 2:
        raise click.UsageError("--confidence needs more than one sample")
    from thirdwatt.report import budget, gpai_check

    own = ledger(scenario, settings, observed, samples, seed)
    changed = None if base is None else ledger(base, (), (), samples, seed)
    standing = gpai_check.standing(own, changed) if gpai else None
    held = budget.held(own, limits, confidence) if limits else None
    said: list[str] = []
    document: dict[str, Any] = {}
    if standing is not None:
        said, document = [gpai_check.text(standing, columns())], gpai_check.document(standing)
    if held is not None:
        said, document = [budget.text(held, columns()), *said], budget.document(held, standing)
    click.echo(dumped(document) + "\n" if as_json else "\n".join(said), nl=False)
    context.exit(OVER_BUDGET if held and held.over else 0)
