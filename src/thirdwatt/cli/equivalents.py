"""``thirdwatt equivalents``."""

from __future__ import annotations

import re

import click

from thirdwatt.cli.options import dumped, json_option

KG_PER = {"g": 1e-3, "kg": 1.0, "t": 1e3, "kt": 1e6, "mt": 1e9, "lb": 0.45359237}


@click.command("equivalents")
@click.argument("mass")
@click.option(
    "--edition",
    help="Edition of the factors: a year of the US EPA, or uk-2025, eu-2024 …; default the EPA's current one.",
)
@json_option
def command(mass: str, edition: str | None, as_json: bool) -> None:
    """A mass of CO2 in things people know: thirdwatt equivalents 7546t --edition 2021.

    Factors move by up to a half between editions, so each count names its own.
    """
    from thirdwatt.amounts import amount, plain
    from thirdwatt.ledger.ledger import equivalences

    carbon_kg = _kg(mass)
    try:
        found = equivalences(carbon_kg, edition)
    except KeyError as error:
        raise click.BadParameter(str(error.args[0]), param_hint="--edition") from None
    if as_json:
        rows = [
            {"name": row.name, "count": row.count, "factor": row.factor, "unit": row.unit, "edition": row.edition}
            for row in found
        ]
        click.echo(dumped({"schema": "thirdwatt/equivalents/1", "carbon_kg": carbon_kg, "equivalents": rows}))
        return
    click.echo(f"{amount(carbon_kg, 'kg', 4)} CO2e is, by {found[0].edition}:")
    for row in found:
        click.echo(f"  {plain(row.count):>12} {row.name}   ({plain(row.factor, 4)} {row.unit})")


def _kg(text: str) -> float:
    match = re.fullmatch(r"\s*([0-9][0-9_,]*(?:\.[0-9]*)?(?:[eE][+-]?\d+)?)\s*([A-Za-z]+)\s*", text)
    unit = match[2].lower() if match else ""
    if match is None or unit not in KG_PER:
        raise click.BadParameter(f"{text!r} is no mass; write 7546t, 12kg, 1.5kt, 3Mt or 100lb", param_hint="MASS")
    value = float(match[1].replace(",", "").replace("_", "")) * KG_PER[unit]
    if not value < 1e18:
        raise click.BadParameter(f"{text!r} is more than the Earth's carbon cycle moves", param_hint="MASS")
    return value
