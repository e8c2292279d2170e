"""``thirdwatt validate``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

from thirdwatt.cli.options import dumped, json_option

if TYPE_CHECKING:
    from thirdwatt.validation import Case


@click.command("validate")
@click.option("--output", "-o", metavar="FILE.md", help="Write the whole validation as a Markdown page.")
@click.option("--errors", metavar="FILE.csv", help="Write the errors that are said beside every answer.")
@click.option("--levers", metavar="FILE.csv", help="Write the errors that are said beside every plan.")
@json_option
def command(output: str | None, errors: str | None, levers: str | None, as_json: bool) -> None:
    """Hold estimates against published runs: time, watts, energy, carbon, water, beside simple baselines."""
    from thirdwatt.cli.files import written
    from thirdwatt.report import scores
    from thirdwatt.validation import validate

    found = validate(_shown, thorough=output is not None)
    if output is not None:
        written(output, scores.page(found))
    if errors is not None:
        written(errors, scores.errors(found))
    if levers is not None:
        written(levers, scores.lever_errors(found.levers))
    if as_json:
        click.echo(dumped(scores.document(found)))
    else:
        click.echo(scores.text(found), nl=False)


def _shown(cases: Sequence[Case]) -> Iterable[Case]:
    """A progress bar where a terminal shows it."""
    if not sys.stderr.isatty():
        yield from cases
        return
    with click.progressbar(cases, label="published runs", file=sys.stderr) as bar:
        yield from bar
