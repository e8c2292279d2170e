"""``thirdwatt init``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from thirdwatt.scenario.foreign import Draft


@click.command("init")
@click.option(
    "--from",
    "files",
    multiple=True,
    metavar="FILE",
    help="A model's config.json or a launch configuration; several say more together.",
)
@click.option("--params", type=click.FloatRange(min=1), help="Number of parameters, where there is no file: 7e9.")
@click.option("--tokens", type=click.FloatRange(min=1), help="Tokens of the training set: 1e12.")
@click.option("--output", "-o", metavar="FILE", help="Write to a file that does not exist yet.")
def command(files: tuple[str, ...], params: float | None, tokens: float | None, output: str | None) -> None:
    """A commented scenario from what you have; without --from and --params, from this machine.

    \b
    thirdwatt init --from config.json --from ds_config.json
    thirdwatt init --params 7e9 --tokens 1e12 > my-run.toml
    """  # noqa: D301 - click reads the backspace
    from pathlib import Path

    from thirdwatt.cli.files import created
    from thirdwatt.scenario.foreign import Draft, understand
    from thirdwatt.scenario.foreign.draft import assumed_tokens
    from thirdwatt.scenario.foreign.machine import machine
    from thirdwatt.scenario.foreign.write import merged, scenario
    from thirdwatt.scenario.read import loosely

    drafts = [understand(name, *loosely(name)) for name in files]
    if params is not None:
        stated = Draft("its number of parameters")
        stated.put("workload.parameters", params, "--params")
        drafts.append(stated)
    if not drafts:
        drafts.append(machine())
    if tokens is not None:
        stated = Draft("the command line")
        stated.put("workload.tokens", tokens, "--tokens")
        drafts.insert(0, stated)
    whole = merged(drafts)
    titles = [Path(name).stem for name in files] or [f"{params:g} parameters" if params else "a run on this machine"]
    text = scenario(whole, title=" and ".join(titles), tokens=assumed_tokens(whole, _parameters))
    if output is None:
        click.echo(text, nl=False)
        return
    created(output, text)


def _parameters(whole: Draft) -> float | None:
    """Parameters one token uses, by the book."""
    from thirdwatt.ledger import estimate
    from thirdwatt.scenario.read import put

    document: dict[str, Any] = {}
    for path, entry in whole.entries.items():
        if path.startswith("workload.") and path != "workload.tokens":
            put(document, path, entry.value)
    put(document, "workload.flop", 1e20)
    found = estimate(document, samples=1).of("active_parameter_count")
    return None if found is None else found.value
