"""``thirdwatt chip fit``."""

from __future__ import annotations

import click

from thirdwatt.cli.options import dumped, json_option


@click.command("fit")
@json_option
def command(as_json: bool) -> None:
    """How constants of silicon were fitted to dies and boards, and how far off they are; nothing is written.

    Each constant with its prior, by how many of the prior's standard deviations it moved and what is left of them; each
    point with its error, those that nothing is fitted to marked; each fitted chip by constants fitted without it.
    """
    if as_json:
        from thirdwatt.report.chip_document import fit_document

        click.echo(dumped(fit_document()))
    else:
        from thirdwatt.validation.chip_fit import main

        main(())
