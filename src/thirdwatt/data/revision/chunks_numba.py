"""The same cuts as :mod:`.chunks`, compiled by numba: one pass over the bytes."""
# The body below is numba's dialect: a plain loop over 32-bit words, no Python objects.

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data.near.words_numba import compiled

from .chunks import GEAR, OFTEN, SELDOM, WINDOW, Bytes, Numbers

MOST_SHARE = 1024
"""Of bytes, more places than so many bytes each are looked for by a second pass: none but chosen content has them."""


def cuts(data: Bytes) -> tuple[Numbers, NDArray[np.bool_]]:
    """See :func:`.chunks.cuts`."""
    places = np.empty(len(data) // MOST_SHARE + 16, np.int64)
    count = _cuts(data, places, GEAR)
    if count > len(places):
        places = np.empty(count, np.int64)
        _cuts(data, places, GEAR)
    found = places[:count]
    return found >> 1, (found & 1).astype(bool)


@compiled
def _cuts(data: Any, places: Any, gear: Any) -> Any:
    """Twice each place, and one more where it is one that is seldom; how many there are, be there room or not."""
    number, count = np.uint32(0), 0
    for at in range(len(data)):
        number = np.uint32((number << np.uint32(1)) + gear[data[at]])
        if number & OFTEN == 0 and at + 1 >= WINDOW:
            if count < len(places):
                places[count] = 2 * (at + 1) + (number & SELDOM == 0)
            count += 1
    return count
