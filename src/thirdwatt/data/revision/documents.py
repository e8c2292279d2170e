"""Documents of two revisions that have the same bytes, each of one standing for one of the other."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from . import match
from .match import Groups
from .sides import Documents


class Class(IntEnum):
    """What has become of a document; one of OLD is unchanged, moved, replaced or removed."""

    UNCHANGED = 0
    MOVED = 1
    COPIED = 2
    STAMPED = 3
    EDITED = 4
    NEW = 5
    REPLACED = 6
    REMOVED = 7


SETTLED = (Class.UNCHANGED, Class.MOVED)
"""Classes of documents that stand for one of the other revision with the same bytes."""

Classes = NDArray[np.uint8]


def classes(old: Documents, new: Documents, memory_byte: int) -> tuple[Classes, Classes]:
    """Classes of the documents of OLD and of NEW by their bytes alone.

    What stands nowhere in OLD is new, for now; what stands there less often is copied, as far as it is more.

    Parameters
    ----------
    memory_byte
        About so much is used beside the answer.
    """
    olds = np.full(len(old), Class.REMOVED, np.uint8)
    news = np.full(len(new), Class.NEW, np.uint8)
    for group, is_new, number in match.groups(old.hashes, new.hashes, memory_byte):
        before, after = match.counts(group, is_new)
        shared = (before > 0)[group] & (after > 0)[group]
        group, is_new, number = group[shared], is_new[shared], number[shared]
        place = np.empty(len(number), np.uint64)
        for side, documents in ((False, old), (True, new)):
            mine = np.flatnonzero(is_new == side)
            mine = mine[np.argsort(number[mine])]
            place[mine] = documents.places.take(number[mine])
        found = np.full(len(number), Class.COPIED, np.uint8)
        found[~is_new] = Class.REMOVED
        found[match.matched(Groups(_both(group, place), is_new, number))] = Class.UNCHANGED
        rest = np.flatnonzero(found != Class.UNCHANGED)
        found[rest[match.matched(Groups(group[rest], is_new[rest], number[rest]))]] = Class.MOVED
        olds[number[~is_new]], news[number[is_new]] = found[~is_new], found[is_new]
    return olds, news


def _both(group: NDArray[np.int64], place: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Groups of what is alike in two numbers."""
    order = np.lexsort((place, group))
    fresh = (group[order][1:] != group[order][:-1]) | (place[order][1:] != place[order][:-1])
    found = np.empty(len(group), np.int64)
    found[order] = np.concatenate((np.zeros(min(1, len(group)), np.int64), np.cumsum(fresh)))
    return found
