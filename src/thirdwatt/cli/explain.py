"""``thirdwatt explain``."""

from __future__ import annotations

import click

from thirdwatt.cli.options import columns, dumped, json_option, ledger, scenario_options


@click.command("explain")
@click.argument("scenario")
@click.argument("quantity")
@click.option("--all", "whole", is_flag=True, help="The whole tree, however long.")
@scenario_options
@json_option
def command(
    scenario: str,
    quantity: str,
    whole: bool,
    settings: tuple[str, ...],
    observed: tuple[str, ...],
    samples: int,
    seed: int,
    as_json: bool,
) -> None:
    """How a figure came about: formula, numbers, units, kind, source, file and line.

    QUANTITY is a total (energy_kwh, cost_usd, carbon_kg …) or any quantity of the book.
    """
    from thirdwatt.ledger.provenance import explain

    found = ledger(scenario, settings, observed, samples, seed, also=_also(quantity))
    root = explain(found, quantity)
    if as_json:
        document = {"schema": "thirdwatt/explain/1", "name": found.scenario.name, "boundary": found.boundary}
        click.echo(dumped({**document, "tree": root.to_dict()}))
        return
    from thirdwatt.report.explanation import tree

    click.echo(tree(root, whole=whole, width=columns()), nl=False)


def _also(quantity: str) -> tuple[str, ...]:
    """What the accounts may not need of the book, and this quantity does."""
    from thirdwatt.ledger.book import book
    from thirdwatt.ledger.pricing import OF_DEVELOPMENT, SAID_OF_DEVELOPMENT

    if quantity in SAID_OF_DEVELOPMENT.union(OF_DEVELOPMENT):
        return (*OF_DEVELOPMENT, quantity)
    return (quantity,) if quantity in book().formulas else ()
