"""Images: what decoding them costs, and which look alike.

The hash is the difference hash (dHash): brightness of 9 × 8 cells, and for each cell whether it is less than that to
its right. 64 bits, which resizing and compression hardly change. Images that differ in few bits look alike; that is an
observation of 72 cells, and no proof that they show the same.
"""

from __future__ import annotations

import io
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .formats.base import Bad, BadRow, Texts

WIDTH, HEIGHT = 9, 8
LIKE_BITS = 4
"""Images whose hashes differ in no more bits are near copies."""

LARGEST_PIXELS = 100_000_000
"""An image of more pixels is a bad row: decoded it would take 300 MB, and a small file can claim to be one."""

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
PAIRS_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Hashed:
    """Images of a batch.

    Attributes
    ----------
    hash
        64 bits of each.
    known
        Whether that says anything: not where the image cannot be decoded, or all its cells are equally bright.
    pixels
        Width times height; 0 where it cannot be decoded.
    decode_s
        CPU-seconds of this thread it took to decode them all to pixels, measured.
    decoded
        How many that were.
    """

    hash: NDArray[np.uint64]
    known: NDArray[np.bool_]
    pixels: NDArray[np.int64]
    decode_s: float
    decoded: int


def hashes(documents: Texts, bad: Bad) -> Hashed | None:
    """The difference hashes of images; those that cannot be decoded are bad rows. ``None`` if Pillow is missing.

    Of images that move the first frame counts.
    """
    try:
        import PIL.Image  # noqa: F401 - whether it is there
    except ImportError:
        return None
    count = len(documents.rows)
    cells = np.zeros((count, HEIGHT, WIDTH), np.uint8)
    pixels = np.zeros(count, np.int64)
    decode_s = 0.0
    places = enumerate(pairwise(documents.offsets.tolist()))
    for number, (begin, end) in places:
        data = documents.data[begin:end].tobytes()
        try:
            cells[number], pixels[number], took_s = _cells(data)
            decode_s += took_s
        except _ImageError as error:
            bad(BadRow(documents.file, int(documents.rows[number]), str(error), data[:200]))
    bits = np.packbits((cells[:, :, :-1] < cells[:, :, 1:]).reshape(count, -1), axis=1)
    found = bits.view(">u8").astype(np.uint64).reshape(count)
    flat = (cells == cells[:, :1, :1]).all(axis=(1, 2))
    return Hashed(found, (pixels > 0) & ~flat, pixels, decode_s, int((pixels > 0).sum()))


def pairs(hash: NDArray[np.uint64], bits: int = LIKE_BITS) -> NDArray[np.int64]:
    """All pairs of distinct hashes that differ in at most so many bits, each once, the smaller index first.

    The bits are cut into one more band than may differ, so that two such hashes are the same in a band at least
    (pigeonhole) [1]_: only those that share a band are compared. Exact, whatever the hashes are.

    Parameters
    ----------
    hash
        Distinct hashes, shape (n,).
    bits
        0 to 15.

    Returns
    -------
    NDArray[np.int64]
        Indices, shape (pairs, 2), in ascending order.

    References
    ----------
    .. [1] Norouzi, Punjani, Fleet: Fast exact search in Hamming space with multi-index hashing, TPAMI 2014.
    """
    found = [np.empty((0, 2), np.int64)]
    for shift, width in _bands(bits):
        key = (hash >> np.uint64(shift)) & np.uint64((1 << width) - 1)
        order = np.argsort(key, kind="stable")
        for one, other in _within(key[order]):
            left, right = order[one], order[other]
            near = np.bitwise_count(hash[left] ^ hash[right]) <= bits
            both = np.stack((left[near], right[near]), axis=1)
            both.sort(axis=1)
            found.append(both)
    return np.unique(np.concatenate(found), axis=0)


def near_copies(hashed: NDArray[np.uint64], known: NDArray[np.bool_], bits: int = LIKE_BITS) -> NDArray[np.int64]:
    """For each image an earlier one that stays and looks like it, -1 where there is none and it stays.

    Each is held against those that stay alone, so that no chain of likenesses leads from one image to another.

    Parameters
    ----------
    hashed, known
        Of all images in order, shape (n,); those of which nothing is known stay.
    """
    witness = np.full(len(hashed), -1, np.int64)
    some = np.flatnonzero(known)
    distinct, firsts, which = np.unique(hashed[some], return_index=True, return_inverse=True)
    order = np.argsort(firsts)  # those seen first come first
    near = pairs(distinct[order], bits)
    kept = np.full(len(order), -1, np.int64)
    starts = np.searchsorted(near[:, 1][by := np.lexsort((near[:, 0], near[:, 1]))], np.arange(len(order) + 1))
    earlier = near[by, 0]
    for number in np.flatnonzero(np.diff(starts)).tolist():
        before = earlier[starts[number] : starts[number + 1]]
        staying = before[kept[before] < 0]
        if len(staying):
            kept[number] = staying[0]
    first = some[firsts[order]]
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    own = rank[which.reshape(-1)]
    target = np.where(kept[own] >= 0, first[kept[own]], first[own])
    witness[some] = np.where(target == some, -1, target)
    return witness


class _ImageError(Exception):
    """Why an image cannot be decoded."""


def _cells(data: bytes) -> tuple[NDArray[np.uint8], int, float]:
    """Brightness of the cells of an image, its pixels, and the seconds to decode it."""
    import PIL.Image
    from PIL.Image import DecompressionBombError, DecompressionBombWarning, Resampling

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of broken tags; and of size, which is looked at here
            with PIL.Image.open(io.BytesIO(data), formats=FORMATS) as image:
                pixels = image.width * image.height
                if pixels > LARGEST_PIXELS:
                    raise _ImageError("image of more than 100 million pixels")
                since_s = time.thread_time()
                image.load()
                took_s = time.thread_time() - since_s
                small = image.convert("L").resize((WIDTH, HEIGHT), Resampling.BOX)
                return np.asarray(small, np.uint8), pixels, took_s
    except _ImageError:
        raise
    except (DecompressionBombError, DecompressionBombWarning, MemoryError) as error:
        raise _ImageError("image of more than 100 million pixels") from error
    except Exception as error:  # damaged images raise whatever their decoder meets
        raise _ImageError("image that cannot be decoded") from error


def _bands(bits: int) -> Iterator[tuple[int, int]]:
    """Where each band of 64 bits begins, and its bits."""
    count = bits + 1
    edges = [64 * each // count for each in range(count + 1)]
    yield from ((begin, end - begin) for begin, end in pairwise(edges))


def _within(key: NDArray[np.uint64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Places of all pairs of equal keys in ascending order, not too many at once."""
    count = len(key)
    ends = np.searchsorted(key, key, side="right")
    mates = ends - np.arange(count) - 1  # behind each
    total = np.concatenate(([0], np.cumsum(mates)))
    begin = 0
    while begin < count:
        end = max(begin + 1, int(np.searchsorted(total, total[begin] + PAIRS_AT_ONCE, side="right")) - 1)
        one = np.repeat(np.arange(begin, end), mates[begin:end])
        within = np.arange(len(one)) - np.repeat(total[begin:end] - total[begin], mates[begin:end])
        if len(one):
            yield one, one + 1 + within
        begin = end
