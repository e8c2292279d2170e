"""``thirdwatt chip show``."""

from __future__ import annotations

import click

from thirdwatt.cli.chip.options import html_option, kept, refuse_two, samples_option, seed_option
from thirdwatt.cli.options import columns, dumped, emphasised, json_option


@click.command("show")
@click.argument("chip", metavar="CHIP|FILE")
@click.option("--precision", metavar="P", help="What it computes in; 16 bit if it has it.")
@click.option(
    "--workload", default="llama-3.1-405b", show_default=True, metavar="PRESET", help="What it is shown training."
)
@samples_option
@seed_option
@click.option("--all", "whole", is_flag=True, help="Everything in text, however long.")
@html_option
@json_option
def command(
    chip: str,
    precision: str | None,
    workload: str,
    samples: int,
    seed: int,
    whole: bool,
    html: str | None,
    as_json: bool,
) -> None:
    """A chip: area, limits, power, and where every joule goes, in large products and in training.

    CHIP is one on sale; FILE is a blueprint, as chip search --out writes it, or a datasheet.

    \b
    thirdwatt chip show h100-sxm-80gb
    thirdwatt chip show chip.toml --precision fp8 --workload deepseek-v3 --html chip.html
    """  # noqa: D301 - click reads the backspace
    refuse_two(whole=whole, html=html is not None, json=as_json)
    from thirdwatt.search.blueprint.sheet import sheet

    found = sheet(chip, precision, workload, samples=samples, seed=seed)
    if as_json:
        from thirdwatt.report.chip_document import sheet_document
        from thirdwatt.report.chip_sheets import measured, nearest

        click.echo(dumped(sheet_document(found, nearest(found), measured(found))))
    elif html is not None:

        def page() -> str:
            from thirdwatt.report.chip_sheet_page import sheet_page

            return sheet_page(found, samples, seed)

        kept(html, page)
    else:
        from thirdwatt.report.chip_sheets import text, title
        from thirdwatt.report.chips import lines_of

        said = text(found, columns(), whole=whole)
        click.echo(emphasised(said, lines_of(title(found), columns())), nl=False)
