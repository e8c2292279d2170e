"""How what is said of a chip is known, in the words in which architects ask for it."""

from __future__ import annotations

from collections.abc import Mapping

KNOWN_BY = ("datasheet", "derived", "fitted", "assumed", "stated", "definition")
"""Ways in which a field is known, the surest first; stated is what whoever drew the design chose."""

KINDS: Mapping[str, str] = {
    "published": "datasheet", "claimed": "datasheet", "measured": "datasheet", "modelled": "derived",
    "assumed": "assumed", "stated": "stated", "exact": "definition",
}  # fmt: skip
FITTED_TO = "chip-points"
"""Source of what is fitted to dies and boards."""


def known_by(kind: str, source: str) -> str:
    """How a figure is known.

    Examples
    --------
    >>> known_by("published", "nvidia-h100"), known_by("modelled", "chip-points"), known_by("stated", "user")
    ('datasheet', 'fitted', 'stated')

    What is fitted to points that are guesses is a guess:

    >>> known_by("assumed", "chip-points")
    'assumed'
    """
    return "fitted" if source == FITTED_TO and kind != "assumed" else KINDS.get(kind, "derived")
