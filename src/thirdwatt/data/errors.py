"""What stops whoever reads a dataset."""

from __future__ import annotations


class ChangedError(Exception):
    """Files are others than they were when they were read before."""


class EmptyError(Exception):
    """There is nothing to read: what there is instead, and what could be.

    Attributes
    ----------
    fix
        What could be.
    """

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.fix = fix
