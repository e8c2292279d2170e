"""``thirdwatt evidence``."""

from __future__ import annotations

from pathlib import Path

import click

from thirdwatt.cli import FAILED
from thirdwatt.cli.options import dumped, json_option, ledger, scenario_options


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
    from thirdwatt.scenario import InputError, Mistake

    if reproduce is not None:
        if scenario is not None or output is not None:
            raise click.UsageError("--reproduce takes a pack alone")
        try:
            content = Path(reproduce).read_bytes()
        except OSError as error:
            raise InputError([Mistake(reproduce, f"cannot be read: {error.strerror}")]) from None
        changes = evidence.reproduce(content, reproduce)
        if as_json:
            listed = [
                {"where": each.where, "what": each.what, "before": each.before, "now": each.now} for each in changes
            ]
            click.echo(dumped({"schema": evidence.SCHEMA, "same": not changes, "changes": listed}))
        elif not changes:
            click.echo(f"{reproduce}: computed again, the same bytes")
        else:
            click.echo(f"{reproduce}: computed again, {len(changes)} things are not as they were")
            for each in changes:
                click.echo(f"  {each.where}: {each.what}: {each.before} -> {each.now}")
        context.exit(FAILED if changes else 0)
    if scenario is None or output is None:
        raise click.UsageError("name a scenario and -o PACK.zip, or --reproduce PACK.zip")
    from thirdwatt.cli.files import written

    content = evidence.pack(ledger(scenario, settings, observed, samples, seed))
    written(output, content)
    click.echo(f"{output}: {len(content):,} bytes; check it with thirdwatt evidence --reproduce {output}", err=True)
