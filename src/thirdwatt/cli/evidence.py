"""``thirdwatt evidence``."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from thirdwatt.cli import FAILED
from thirdwatt.cli.options import dumped, json_option, ledger, scenario_options

OF_ESTIMATES = ("settings", "observed", "samples", "seed")
"""Options of an estimate; a pack carries what they were."""


@click.command("evidence")
@click.argument("scenario", required=False)
@click.option("--output", "-o", metavar="PACK.zip", help="Where to write the pack.")
@click.option("--reproduce", metavar="PACK.zip", help="Compute a pack's result again and say what changed.")
@scenario_options
@json_option
@click.pass_context
def command(
    context: click.Context,
    scenario: str | None,
    output: str | None,
    reproduce: str | None,
    settings: tuple[str, ...],
    observed: tuple[str, ...],
    samples: int,
    seed: int,
    as_json: bool,
) -> None:
    """Everything a result rests on, in one file; or a pack computed again. Exit code 1 if anything changed.

    \b
    thirdwatt evidence my-run.toml -o pack.zip
    thirdwatt evidence --reproduce pack.zip
    """  # noqa: D301 - click reads the backspace
    from thirdwatt.report import evidence

    if reproduce is not None:
        if scenario is not None or output is not None or any(_given(context, name) for name in OF_ESTIMATES):
            raise click.UsageError("--reproduce takes a pack alone: scenario, observations, samples and seed are in it")
        changes = evidence.reproduce(_content(reproduce, evidence.LIMIT_BYTES + 1), reproduce)
        if as_json:
            listed = [
                {"where": each.where, "what": each.what, "before": each.before, "now": each.now} for each in changes
            ]
            click.echo(dumped({"schema": evidence.SCHEMA, "same": not changes, "changes": listed}))
        elif not changes:
            click.echo(f"{reproduce}: computed again, the same bytes")
        else:
            what = "1 thing is not as it was" if len(changes) == 1 else f"{len(changes)} things are not as they were"
            click.echo(f"{reproduce}: computed again, {what}")
            for each in changes:
                before, now = evidence.printable(each.before), evidence.printable(each.now)
                click.echo(f"  {each.where}: {evidence.printable(each.what)}: {before} -> {now}")
        context.exit(FAILED if changes else 0)
    if scenario is None or output is None:
        raise click.UsageError("name a scenario and -o PACK.zip, or --reproduce PACK.zip")
    from thirdwatt.cli.files import written

    content = evidence.pack(ledger(scenario, settings, observed, samples, seed))
    written(output, content)
    click.echo(f"{output}: {len(content):,} bytes; check it with thirdwatt evidence --reproduce {output}", err=True)


def _given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is not ParameterSource.DEFAULT


def _content(name: str, most: int) -> bytes:
    from thirdwatt.scenario import InputError, Mistake

    try:
        with Path(name).open("rb") as file:
            return file.read(most)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError([Mistake(name, f"cannot be read: {reason}", "name a pack of evidence")]) from None
