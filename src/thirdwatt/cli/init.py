"""``thirdwatt init``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from thirdwatt.scenario.foreign import Draft, Entry

TOKENS_PER_PARAMETER = 20


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
    text = scenario(whole, title=" and ".join(titles), tokens=_tokens(whole))
    if output is None:
        click.echo(text, nl=False)
        return
    created(output, text)


def _tokens(whole: Draft) -> Entry | None:
    """Tokens to take where no file says: a guess of its kind, with a wide range and marked as one."""
    from thirdwatt.scenario.foreign import Entry

    method = whole.value("workload.method") or "pretrain"
    if method != "pretrain":
        guess = {
            "value": 1e8,
            "low": 1e7,
            "high": 1e9,
            "kind": "assumed",
            "source": "no file tells the size of the dataset",
        }
        return Entry(guess, "state the tokens of your dataset")
    if whole.value("workload.model"):
        return None
    size = _parameters(whole)
    if size is None:
        return None
    tokens = float(f"{TOKENS_PER_PARAMETER * size:.3g}")
    source = f"{TOKENS_PER_PARAMETER} a parameter, as compute-optimal training takes"
    return Entry(
        {"value": tokens, "low": tokens / 2, "high": 50 * tokens, "kind": "assumed", "source": source}, "state your own"
    )


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
