"""The shortest path to a third: which changes, in which order, and how sure it is."""

from thirdwatt.search.plan.question import plan

__all__ = ["plan"]
