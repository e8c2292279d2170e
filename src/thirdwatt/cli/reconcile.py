"""``thirdwatt reconcile``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from thirdwatt.cli.options import columns, dumped, json_option, ledger

if TYPE_CHECKING:
    from thirdwatt.ledger import Ledger
    from thirdwatt.report.sides import Side


@click.command("reconcile")
@click.argument("first")
@click.argument("second")
@click.option("--by", type=click.Choice(["carbon", "energy"]), help="Which figure; default carbon if both tell it.")
@json_option
def command(first: str, second: str, by: str | None, as_json: bool) -> None:
    """Why two numbers differ: the whole difference, step by step, and what remains.

    FIRST and SECOND are scenarios, ledgers (estimate --json), CodeCarbon's CSV or a model card. Of a ledger the figures
    that it states are taken; where its scenario gives others now, that is said.
    """
    from thirdwatt.report import reconciliation, waterfall
    from thirdwatt.report.sides import FIGURES

    one, two = _side(first), _side(second)
    chosen = by or ("carbon" if all(FIGURES["carbon"] in side.values for side in (one, two)) else "energy")
    found = reconciliation.reconcile(one, two, FIGURES[chosen])
    if as_json:
        click.echo(dumped(waterfall.document(found)))
    else:
        click.echo(waterfall.text(found, columns()), nl=False)


def _side(where: str) -> Side:
    from thirdwatt.report import sides
    from thirdwatt.scenario import InputError
    from thirdwatt.scenario.accounts import account
    from thirdwatt.scenario.read import strictly

    if (told := account(where)) is not None:
        return sides.of_account(told, where)
    try:
        document = strictly(where)
    except InputError:
        if where == "-":
            raise
        return sides.of_ledger(ledger(where, (), (), 1, 0))  # a preset, or it says which there are
    if not isinstance(document, Mapping):
        raise _no_table(where, document)
    name = "stdin" if where == "-" else Path(where).stem
    if sides.is_ledger(document):
        return _stored(document, name, where)
    return sides.of_ledger(_computed(document, name))


def _stored(document: Mapping[str, Any], name: str, where: str) -> Side:
    """A ledger by what it states, with a note where its scenario gives something else now."""
    from thirdwatt.report import sides
    from thirdwatt.scenario import InputError, InsufficientError, Mistake

    side = sides.of_document(document, name, where)
    scenario = document.get("scenario")
    try:
        if not isinstance(scenario, Mapping):
            raise InputError([Mistake(f"{where}: scenario", "is missing from this ledger")])
        now = _computed(scenario, name)
    except (InputError, InsufficientError) as error:
        if side is None:
            raise
        return sides.beside(side, document, None, str(error).splitlines()[0])
    if side is None:
        return sides.recomputed(now, document, name, where)
    return sides.beside(side, document, now)


def _computed(document: Mapping[str, Any], name: str) -> Ledger:
    from thirdwatt.ledger import estimate
    from thirdwatt.ledger.book import book
    from thirdwatt.scenario.parse import parse

    return estimate(parse(document, book().names, name=name), samples=1)


def _no_table(where: str, document: object) -> Exception:
    from thirdwatt.scenario import InputError, Mistake

    fix = "a scenario is a table of sections"
    return InputError([Mistake(where, f"holds a {type(document).__name__}", fix)])
