"""What training a model costs in time, energy, money, carbon and water, and the shortest way to a third of it.

>>> import thirdwatt
>>> ledger = thirdwatt.estimate("gpt-4o", samples=1)
>>> round(ledger.totals["accelerator_hours"].value)
35000000

Importing the package costs next to nothing: what needs numpy is loaded when it is first used.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from thirdwatt.ledger import Ledger, estimate  # as the search's, which settles layouts first
    from thirdwatt.meter import measure

__version__ = "0.1.0"
__all__ = ["Ledger", "__version__", "estimate", "measure"]

_LAZY = {"estimate": "thirdwatt.search.auto", "Ledger": "thirdwatt.ledger", "measure": "thirdwatt.meter.run"}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module 'thirdwatt' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_LAZY])
