"""``thirdwatt chip show``."""

from __future__ import annotations

import click

from thirdwatt.cli.chip.options import samples_option, seed_option
from thirdwatt.cli.options import columns, dumped, emphasised, json_option


@click.command("show")
@click.argument("chip", metavar="CHIP|FILE")
@click.option("--precision", metavar="P", help="What it computes in; 16 bit if it has it.")
@click.option(
    "--workload", default="llama-3.1-405b", show_default=True, metavar="PRESET", help="What it is shown training."
)
@samples_option
@seed_option
@json_option
def command(chip: str, precision: str | None, workload: str, samples: int, seed: int, as_json: bool) -> None:
    """A chip: area, limits, power, and where every joule goes, in large products and in training.

    CHIP is one on sale; FILE is a blueprint, as chip search --out writes it.

    \b
    thirdwatt chip show h100-sxm-80gb
    thirdwatt chip show chip.toml --precision fp8 --workload deepseek-v3
    """  # noqa: D301 - click reads the backspace
    from thirdwatt.search.blueprint.sheet import sheet

    found = sheet(chip, precision, workload, samples=samples, seed=seed)
    if as_json:
        from thirdwatt.report.chip_document import sheet_document
        from thirdwatt.report.chip_sheets import measured, nearest

        click.echo(dumped(sheet_document(found, nearest(found), measured(found))))
    else:
        from thirdwatt.report.chip_sheets import text

        click.echo(emphasised(text(found, columns()), 1), nl=False)
