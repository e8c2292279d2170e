"""``thirdwatt reconcile``."""

from __future__ import annotations

import click

from thirdwatt.cli.options import columns, dumped, json_option, ledger


@click.command("reconcile")
@click.argument("first")
@click.argument("second")
@click.option("--by", type=click.Choice(["carbon", "energy"]), help="Which figure; default carbon if both tell it.")
@json_option
def command(first: str, second: str, by: str | None, as_json: bool) -> None:
    """Why two numbers differ: the whole difference, step by step, and what remains.

    FIRST and SECOND are scenarios, ledgers (estimate --json), CodeCarbon's CSV or a model card.
    """
    from thirdwatt.report import reconciliation
    from thirdwatt.scenario import InsufficientError
    from thirdwatt.scenario.accounts import account

    sides = []
    for name in (first, second):
        told = account(name)
        if told is not None:
            sides.append(reconciliation.of_account(told))
        else:
            sides.append(reconciliation.of_ledger(ledger(name, (), (), 1, 0)))
    one, two = sides
    quantity = {"carbon": "carbon_kg", "energy": "energy_kwh"}.get(by or "")
    if quantity is None:
        quantity = "carbon_kg" if all(side.values.get("carbon_kg", 0) > 0 for side in sides) else "energy_kwh"
    try:
        found = reconciliation.reconcile(one, two, quantity)
    except ValueError as error:
        raise InsufficientError(str(error)) from None
    if as_json:
        click.echo(dumped(reconciliation.document(found)))
    else:
        click.echo(reconciliation.text(found, columns()), nl=False)
