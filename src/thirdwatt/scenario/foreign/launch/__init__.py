"""Launch arguments for a chosen layout: the inverse of reading them.

Each tool is a file of its own with a name and three functions: why it cannot run a layout, what to paste, and what the
text leaves to its reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType, ModuleType

from thirdwatt.scenario.foreign.launch import deepspeed, maxtext, megatron, torchtitan
from thirdwatt.scenario.foreign.launch.plan import Launch, Launched, faults

__all__ = ["TOOLS", "Launch", "Launched", "launch"]


@dataclass(frozen=True, slots=True)
class Tool:
    """How to launch with one tool."""

    name: str
    refusals: Callable[[Launch], Iterator[str]]
    text: Callable[[Launch], str]
    notes: Callable[[Launch], Iterator[str]]


def _tool(module: ModuleType) -> Tool:
    return Tool(module.NAME, module.refusals, module.text, module.notes)


TOOLS: Mapping[str, Tool] = MappingProxyType(
    {
        "megatron": _tool(megatron),
        "deepspeed": _tool(deepspeed),
        "torchtitan": _tool(torchtitan),
        "maxtext": _tool(maxtext),
    }
)
"""Tools by the word that chooses them."""


def launch(tool: str, plan: Launch) -> Launched:
    """What to give a tool so that it runs a layout.

    Parameters
    ----------
    tool
        A key of :data:`TOOLS`.
    plan
        The layout.

    Returns
    -------
    Launched
        With an empty text, and the reasons as notes, if it cannot run the layout.

    Raises
    ------
    KeyError
        If the tool is not known.
    """
    chosen = TOOLS[tool]
    why = tuple(faults(plan)) or tuple(chosen.refusals(plan))
    if why:
        return Launched(chosen.name, "", why)
    return Launched(chosen.name, chosen.text(plan), tuple(chosen.notes(plan)))
