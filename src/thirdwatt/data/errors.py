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


class ColumnTwiceError(EmptyError):
    """Two columns are called alike, so that nothing says which of them holds the documents."""

    def __init__(self, path: str, column: str) -> None:
        fix = "give one of the two another name, or name another column: --column"
        super().__init__(f"{path}: column {column} is there twice", fix)
