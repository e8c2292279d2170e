"""``thirdwatt chip compare``."""

from __future__ import annotations

import click

from thirdwatt.cli.chip.options import html_option, kept, refuse_two, samples_option, seed_option
from thirdwatt.cli.options import columns, dumped, json_option


@click.command("compare")
@click.argument("chips", metavar="CHIP|FILE…", nargs=-1, required=True)
@click.option("--precision", metavar="P", help="What all of them compute in; else 16 bit, each as it has it.")
@click.option("--mix", default="today", show_default=True, help="What is trained.")
@samples_option
@seed_option
@html_option
@click.option("--csv", "as_csv", is_flag=True, help="Every figure with its range and unit as CSV.")
@json_option
def command(
    chips: tuple[str, ...],
    precision: str | None,
    mix: str,
    samples: int,
    seed: int,
    html: str | None,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Chips side by side: joules per TFLOP by part, and how many times less energy than the first on a mix.

    CHIP is one on sale; FILE is a blueprint or a datasheet.

    \b
    thirdwatt chip compare a100-sxm-80gb h100-sxm-80gb b200-sxm-180gb
    thirdwatt chip compare h100-sxm-80gb chip.toml --precision fp8 --html chips.html
    """  # noqa: D301 - click reads the backspace
    refuse_two(html=html is not None, csv=as_csv, json=as_json)
    from thirdwatt.search.blueprint.sheet import compare

    found = compare(chips, precision, mix, samples=samples, seed=seed)
    if as_json:
        from thirdwatt.report.chip_document import comparison_document

        click.echo(dumped(comparison_document(found, mix)))
    elif as_csv:
        from thirdwatt.report.chip_document import comparison_rows
        from thirdwatt.report.sheets import written as sheet

        click.echo(sheet(comparison_rows(found)), nl=False)
    elif html is not None:

        def page() -> str:
            from thirdwatt.report.chip_sheet_page import comparison_page

            return comparison_page(found, mix, samples, seed)

        kept(html, page)
    else:
        from thirdwatt.report.chip_sheets import comparison_text

        click.echo(comparison_text(found, mix, columns()), nl=False)
