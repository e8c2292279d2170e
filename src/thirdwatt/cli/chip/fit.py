"""``thirdwatt chip fit``."""

from __future__ import annotations

import click

from thirdwatt.cli.chip.options import refuse_two
from thirdwatt.cli.options import columns, dumped, json_option


@click.command("fit")
@click.option("--all", "whole", is_flag=True, help="Every die and board too.")
@json_option
def command(whole: bool, as_json: bool) -> None:
    """How constants of silicon were fitted to dies and boards, and how far off they are; nothing is written.

    Each constant with its prior, by how many of the prior's standard deviations it moved and what is left of them; each
    point with its error, those that nothing is fitted to marked.
    """
    refuse_two(whole=whole, json=as_json)
    from thirdwatt.report.chip_document import fit_document

    if as_json:
        click.echo(dumped(fit_document()))
    else:
        from thirdwatt.report.chip_fits import text

        click.echo(text(fit_document(), columns(), whole=whole), nl=False)
