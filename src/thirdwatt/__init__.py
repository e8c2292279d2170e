"""What training a model costs in time, energy, money, carbon and water, and the shortest way to a third of it.

>>> import thirdwatt
>>> ledger = thirdwatt.estimate("gpt-4o", samples=1)
>>> round(ledger.totals["accelerator_hours"].value)
35000000

Importing the package costs next to nothing: what needs numpy is loaded when it is first used.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from thirdwatt.ledger import Ledger, estimate  # as the search's, which settles layouts first
    from thirdwatt.meter import measure

    chip: Callable[..., Any]
    layout: Callable[..., Any]
    outlook: Callable[..., Any]
    plan: Callable[..., Any]
    retrain: Callable[..., Any]

__version__ = "0.1.0"
__all__ = ["Ledger", "__version__", "chip", "estimate", "layout", "measure", "outlook", "plan", "retrain"]

_LAZY = {
    "Ledger": ("thirdwatt.ledger", "Ledger"),
    "chip": ("thirdwatt.search.blueprint.answer", "search"),
    "estimate": ("thirdwatt.search.auto", "estimate"),
    "layout": ("thirdwatt.search.layout", "search"),
    "measure": ("thirdwatt.meter.run", "measure"),
    "outlook": ("thirdwatt.outlook", ""),  # a package that is called
    "plan": ("thirdwatt.search.plan", "plan"),
    "retrain": ("thirdwatt.search.retraining.question", "retrain"),
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module 'thirdwatt' has no attribute {name!r}")
    from importlib import import_module

    module, attribute = _LAZY[name]
    loaded = import_module(module)
    return getattr(loaded, attribute) if attribute else loaded


def __dir__() -> list[str]:
    return sorted([*globals(), *_LAZY])
