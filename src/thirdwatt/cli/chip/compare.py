"""``thirdwatt chip compare``."""

from __future__ import annotations

import click

from thirdwatt.cli.chip.options import samples_option, seed_option
from thirdwatt.cli.options import columns, dumped, json_option


@click.command("compare")
@click.argument("chips", metavar="CHIP|FILE…", nargs=-1, required=True)
@click.option("--precision", metavar="P", help="What all of them compute in; else 16 bit, each as it has it.")
@click.option("--mix", default="today", show_default=True, help="What is trained.")
@samples_option
@seed_option
@json_option
def command(chips: tuple[str, ...], precision: str | None, mix: str, samples: int, seed: int, as_json: bool) -> None:
    """Chips side by side: joules per TFLOP by part, and how many times less energy than the first on a mix.

    \b
    thirdwatt chip compare a100-sxm-80gb h100-sxm-80gb b200-sxm-180gb
    thirdwatt chip compare h100-sxm-80gb chip.toml --precision fp8
    """  # noqa: D301 - click reads the backspace
    from thirdwatt.search.blueprint.sheet import compare

    found = compare(chips, precision, mix, samples=samples, seed=seed)
    if as_json:
        from thirdwatt.report.chip_document import comparison_document

        click.echo(dumped(comparison_document(found, mix)))
    else:
        from thirdwatt.report.chip_sheets import comparison_text

        click.echo(comparison_text(found, mix, columns()), nl=False)
