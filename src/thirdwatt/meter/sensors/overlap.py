"""Which channels may be added: no joule twice.

A module holds an accelerator, its processor and their memory; a node holds all of it. One device may be read in two
ways, of which one counts. What the choice leaves out is still worth reading: it says how a total divides.
"""

from __future__ import annotations

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from .base import Channel

Choice = namedtuple("Choice", ("parts", "whole", "inside"))
"""Ids of channels: ``parts`` may be added, ``whole`` are totals of the node to hold their sum against, and ``inside``
are contained in one of the others, or say the same less well."""

KINDS = ("counter", "average", "gauge")
"""Kinds of channels, the most trusted first: a counter loses nothing to a late reading."""


def chosen(channels: Iterable[Channel]) -> Choice:
    """Of all channels of energy or power, those that may be added.

    The order of the channels is the order of trust, as :func:`thirdwatt.meter.sensors.available` gives its sensors.
    Where modules are counted, accelerators, processors and memory are inside them: the processors of a node with
    modules are those of its modules. Modules read as power alone count only where not both their accelerators and
    their processors are read. Of two sensors that read modules the first is taken: they name them differently.
    A counter of the platform counts where there is no other of the processors.
    """
    energy = [each for each in channels if each.unit in ("J", "W") and each.kind in KINDS and each.scope != "job"]
    best: dict[tuple[str, str], Channel] = {}
    for channel in energy:
        known = best.setdefault((channel.component, channel.device), channel)
        if KINDS.index(channel.kind) < KINDS.index(known.kind):
            best[channel.component, channel.device] = channel
    read = list(best.values())
    modules = sorted((each for each in read if each.component == "module"), key=lambda each: KINDS.index(each.kind))
    split = all(any(each.component == part for each in read) for part in ("accelerator", "cpu"))
    if modules and (modules[0].kind == "counter" or not split):
        first = modules[0].id.partition(":")[0]
        parts = [each for each in modules if each.id.partition(":")[0] == first]
    else:
        parts = [each for each in read if each.component in ("accelerator", "cpu", "dram")]
        if not any(each.component == "cpu" for each in parts):
            platform = [each for each in read if each.component == "platform"]
            parts = [each for each in parts if each.component != "dram" or not platform] + platform
    whole = [each for each in read if each.component == "node"][:1]
    counted = {each.id for each in (*parts, *whole)}
    return Choice(
        tuple(each.id for each in parts),
        tuple(each.id for each in whole),
        tuple(each.id for each in energy if each.id not in counted),
    )
