"""Shares of documents: exact over all of them, with intervals over the parts of a sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import sample, scan
from .findings import Finding, Range
from .formats.base import Source
from .sample import Sample
from .scan import Documents
from .tokens import Ratio


class Parts:
    """The parts that were read, and what is known of their documents."""

    def __init__(self, found: Documents, sources: Sequence[Source], drawn: Sample | None) -> None:
        self.found, self.drawn = found, drawn
        self.starts = np.array(found.files, np.int64)
        self.stored = np.array([each.stored_byte for each in sources], np.float64)
        self._part = np.repeat(np.arange(len(sources)), np.diff(self.starts))
        self._rows = self._sums(np.ones(len(found.byte)))
        self._byte = self._sums(found.byte)

    def _sums(self, of: NDArray[Any]) -> NDArray[np.float64]:
        passed = np.concatenate((np.zeros(1), np.cumsum(of, dtype=np.float64)))
        return passed[self.starts[1:]] - passed[self.starts[:-1]]

    def finding(self, mask: scan.Mask, ratio: Ratio | None) -> Finding:
        """A finding from its documents."""
        which, found = mask.which, self.found
        rows, byte = int(which.sum()), int(found.byte[which].sum(dtype=np.int64))
        own, own_byte = self._sums(which), self._sums(np.where(which, found.byte, 0))
        rows_share, bytes_share = self._share(own, self._rows), self._share(own_byte, self._byte)
        tokens_share = None
        if ratio is not None:
            tokens_share = bytes_share._replace(kind="modelled", source="bytes, by bytes a token alike for all")
        what = mask.what
        extrapolated = None
        if self.drawn and mask.first is not None:
            extrapolated = sample.copies(mask.first, self._part, self.drawn.share)
            what += "; in a sample a lower bound, since most of their like are not in it"
        return Finding(mask.id, what, mask.verified, rows, byte, rows_share, bytes_share, tokens_share,
                       mask.fix if rows else "", mask.examples, extrapolated)  # fmt: skip

    def _share(self, of: NDArray[np.float64], among: NDArray[np.float64]) -> Range:
        if self.drawn is None:
            value = float(of.sum() / among.sum()) if among.sum() else 0.0
            return Range(value, value, value)
        found = sample.shares(of, among, source="random parts")
        return found._replace(high=min(found.high, 1.0))

    def whole(self) -> dict[str, Range]:
        """Rows and bytes of the whole, by what the parts have for what they take; nothing where all was read."""
        if self.drawn is None:
            return {}
        of = self.drawn.of_byte
        found = {"rows": sample.shares(self._rows, self.stored), "bytes": sample.shares(self._byte, self.stored)}
        return {
            name: Range(each.value * of, each.low * of, each.high * of, "modelled", "random parts, by stored bytes")
            for name, each in found.items()
        }
