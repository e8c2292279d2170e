"""``thirdwatt chip``: one file a verb, loaded when it is called."""

from __future__ import annotations

import click

from thirdwatt.cli import Verbs

VERBS = {
    "search": "the blueprint that trains today's models with the least energy, and what that hangs on",
    "show": "a chip: area, limits, power, and where every joule goes",
    "compare": "chips side by side: joules per TFLOP and what they make of a mix",
    "fit": "how constants of silicon were fitted to boards and dies, and how far off they are",
}
"""Verbs and what they answer."""


class ChipVerbs(Verbs):
    """Commands beside this file."""

    package = __name__


@click.group("chip", cls=ChipVerbs)
def command() -> None:
    """Blueprints of chips: what one of them takes, and which would take a third."""
