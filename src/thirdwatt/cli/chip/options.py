"""Options that verbs of chips share."""

from __future__ import annotations

import sys
from collections.abc import Sequence

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
