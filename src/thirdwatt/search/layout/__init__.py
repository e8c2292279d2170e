"""The layout that takes least time, energy, money or carbon: every one of a space priced by the ledger.

>>> from thirdwatt.search.layout import search
>>> answer = search("llama-3.1-405b", "energy")
>>> answer.found.feasible > 10_000
True
"""

from __future__ import annotations

from thirdwatt.search.layout.find import Candidate, Found, Limits
from thirdwatt.search.layout.search import GOALS, Answer, search

__all__ = ["GOALS", "Answer", "Candidate", "Found", "Limits", "search"]
