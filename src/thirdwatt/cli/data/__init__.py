"""``thirdwatt data``: one file a verb, loaded when it is called."""

from __future__ import annotations

import click

from thirdwatt.cli import Verbs

VERBS = {
    "scan": "what is in a dataset and what of it is waste, priced",
    "dedup": "a dataset without its copies, and what went with its witnesses",
    "pack": "documents as tokens, packed into rows as long as the context",
    "convert": "a dataset in another format, read back and reconciled",
    "diff": "what a new revision of a dataset really brings",
}
"""Verbs and what they answer."""


class DataVerbs(Verbs):
    """Commands beside this file."""

    package = __name__


@click.group("data", cls=DataVerbs)
def command() -> None:
    """What a dataset wastes, and what mends it."""
