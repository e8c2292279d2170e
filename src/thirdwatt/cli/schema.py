"""``thirdwatt schema``."""

from __future__ import annotations

import click

from thirdwatt.cli.options import dumped


@click.command("schema")
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """JSON Schema of a scenario or of a result; without NAME, which there are."""
    from thirdwatt.report.schemas import NAMES, schema

    if name is None:
        for each, what in NAMES.items():
            click.echo(f"{each:14} {what}")
        return
    if name not in NAMES:
        from difflib import get_close_matches

        close = get_close_matches(name.lower(), NAMES, n=1)
        meant = f"did you mean {close[0]}? " if close else ""
        raise click.BadParameter(f"no schema {name!r}; {meant}there are {', '.join(NAMES)}", param_hint="NAME")
    click.echo(dumped(schema(name)))
