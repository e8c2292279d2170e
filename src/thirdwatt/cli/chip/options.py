"""Options that verbs of chips share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import click

from thirdwatt.cli.options import MAX_SAMPLES


def several(said: Sequence[str]) -> tuple[str, ...]:
    """Words of an option that takes one or several between commas, each once."""
    return tuple(dict.fromkeys(word.strip() for each in said for word in each.split(",") if word.strip()))


samples_option = click.option(
    "--samples", type=click.IntRange(1, MAX_SAMPLES), default=1_000, show_default=True, help="Draws behind intervals."
)
seed_option = click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Seed of draws and of designs."
)

html_option = click.option("--html", metavar="FILE", help="A page with charts, fit for print.")


def refuse_two(**asked: bool) -> None:
    """Refuse more than one way to write an answer; ``whole`` is ``--all``, the whole text."""
    said = [f"--{'all' if name == 'whole' else name}" for name, on in asked.items() if on]
    if len(said) > 1:
        raise click.UsageError(f"choose one of {' and '.join(said)}")


def kept(where: str, page: Callable[[], str]) -> None:
    """Write a page to a file, and say so."""
    from thirdwatt.cli.files import extra, written

    with extra("report"):
        written(where, page())
    click.echo(f"{where} written", err=True)


class Working:
    """What is being done, on a terminal; nothing elsewhere."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._word = False

    def __enter__(self) -> Working:
        return self

    def say(self, what: str, share: float) -> None:
        """Say what is being done, and how much of all is."""
        if self._shown:
            click.echo(f"\r\x1b[K{share:4.0%} {what} …", nl=False, err=True)
            self._word = True

    def __exit__(self, *_: object) -> None:
        if self._word:
            click.echo("\r\x1b[K", nl=False, err=True)
