"""``thirdwatt cite``."""

from __future__ import annotations

import click

from thirdwatt.cli.options import dumped, json_option, ledger, scenario_options


@click.command("cite")
@click.argument("scenario")
@scenario_options
@json_option
def command(
    scenario: str, settings: tuple[str, ...], observed: tuple[str, ...], samples: int, seed: int, as_json: bool
) -> None:
    """How to cite a result: the tool, the version of its facts, and every source it rests on."""
    import thirdwatt
    from thirdwatt.facts import sources
    from thirdwatt.report.phrases import citation, used

    found = ledger(scenario, settings, observed, samples, seed)
    listed = [
        {
            "id": source,
            **{key: value for key, value in sources().get(source, {}).items() if key != "id"},
            "quantities": names,
        }
        for source, names in used(found).items()
    ]
    if as_json:
        head = {"schema": "thirdwatt/cite/1", "name": found.scenario.name, "version": thirdwatt.__version__}
        click.echo(dumped({**head, "boundary": found.boundary, "seed": seed, "sources": listed}))
        return
    click.echo(citation(found))
    click.echo("\nIt rests on:")
    for entry in sorted(listed, key=lambda entry: str(entry.get("title", entry["id"]))):
        said = [str(entry.get(key)) for key in ("title", "year", "locator") if entry.get(key)] or [str(entry["id"])]
        click.echo(
            f"  {', '.join(said)}: {len(entry['quantities'])} figure{'s' if len(entry['quantities']) > 1 else ''}"
        )
