"""What is published: tables with a source per figure, their loader and their checks."""

from __future__ import annotations

from thirdwatt.facts.figure import Figure
from thirdwatt.facts.table import Row, Table, digest, sources, table

__all__ = ["Figure", "Row", "Table", "digest", "sources", "table"]
