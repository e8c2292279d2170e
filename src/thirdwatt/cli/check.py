"""``thirdwatt check``."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import click
import numpy as np

from thirdwatt.cli import OVER_BUDGET
from thirdwatt.cli.options import columns, dumped, json_option, ledger, scenario_options


@dataclass(frozen=True, slots=True)
class Result:
    """How one figure stands to its limit."""

    quantity: str
    unit: str
    limit: float
    compared: float
    over: bool
    probability_over: float | None


class Finite(click.FloatRange):
    """A number within a range: a comparison with NaN is never true, so NaN passes the range by itself."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Refuse NaN and infinity too."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is no finite number.", param, ctx)
        return number


BUDGET = Finite(min=0)
LIMITS = {"max_kwh": ("energy_kwh", "kWh"), "max_usd": ("cost_usd", "USD"), "max_kg": ("carbon_kg", "kg")}


@click.command("check")
@click.argument("scenario")
@click.option("--max-kwh", type=BUDGET, help="Energy budget.")
@click.option("--max-usd", type=BUDGET, help="Cost budget.")
@click.option("--max-kg", type=BUDGET, help="Carbon budget, location-based.")
@click.option(
    "--confidence", type=Finite(0, 1, min_open=True, max_open=True),
    help="Compare this quantile of the draws in place of the value: 0.9 is the 90 % quantile.",
)  # fmt: skip
@click.option("--gpai", is_flag=True, help="Hold the training compute against the EU's thresholds instead.")
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
    """Hold a scenario against a budget. Exit code 3 if any limit is exceeded, 4 if a figure is unknown."""
    budgets = {"max_kwh": max_kwh, "max_usd": max_usd, "max_kg": max_kg}
    if gpai:
        if confidence is not None or any(limit is not None for limit in budgets.values()):
            raise click.UsageError(
                "--gpai goes without --max-kwh, --max-usd, --max-kg and --confidence: each check has a result and an "
                "exit code of its own; run check twice"
            )
        _gpai(scenario, base, settings, observed, samples, seed, as_json)
        return
    if base is not None:
        raise click.UsageError("--base goes with --gpai")
    if all(limit is None for limit in budgets.values()):
        raise click.UsageError("state at least one of --max-kwh, --max-usd, --max-kg and --gpai")
    if confidence is not None and samples < 2:
        raise click.UsageError("--confidence needs more than one sample")
    from thirdwatt.amounts import amount
    from thirdwatt.ledger.ledger import TOTALS
    from thirdwatt.scenario import InsufficientError

    found = ledger(scenario, settings, observed, samples, seed)
    results = []
    for option, limit in budgets.items():
        if limit is None:
            continue
        name, unit = LIMITS[option]
        drawn = found.samples(TOTALS[name])
        if drawn is None:
            raise InsufficientError(f"{name} is unknown for {found.scenario.name}")
        compared = float(drawn[0] if confidence is None else np.quantile(drawn[1:], confidence))
        chance = float(np.mean(drawn[1:] > limit)) if len(drawn) > 1 else None
        results.append(Result(name, unit, limit, compared, compared > limit, chance))
    over = any(result.over for result in results)
    if as_json:
        head = {"schema": "thirdwatt/check/1", "name": found.scenario.name, "boundary": found.boundary}
        click.echo(
            dumped({**head, "confidence": confidence, "over": over, "results": [asdict(row) for row in results]})
        )
    else:
        what = "value" if confidence is None else f"{confidence:.0%} quantile"
        for row in results:
            odds = "" if row.probability_over is None else f"; {row.probability_over:.0%} of draws are over"
            click.echo(
                f"{'OVER' if row.over else 'ok':5}{row.quantity}: {what} {amount(row.compared, row.unit)}, "
                f"limit {amount(row.limit, row.unit)}{odds}"
            )
    context.exit(OVER_BUDGET if over else 0)


def _gpai(
    scenario: str,
    base: str | None,
    settings: tuple[str, ...],
    observed: tuple[str, ...],
    samples: int,
    seed: int,
    as_json: bool,
) -> None:
    """Training compute against the EU's thresholds; a finding is no failure."""
    from thirdwatt.report import gpai_check

    own = ledger(scenario, settings, observed, samples, seed)
    found = gpai_check.standing(own, None if base is None else ledger(base, (), (), samples, seed))
    if as_json:
        click.echo(dumped(gpai_check.document(found)))
    else:
        click.echo(gpai_check.text(found, columns()), nl=False)
