"""Image hashes: what is alike stays alike, what is broken is told, and near pairs are all pairs by brute force."""

from __future__ import annotations

import io
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

PIL_IMAGE = pytest.importorskip("PIL.Image", reason="pillow is not installed: the extra data has it")
pytest.importorskip("orjson", reason="orjson is not installed: the extra data has it")
from tests.data.formats import made  # noqa: E402
from thirdwatt.data import images  # noqa: E402
from thirdwatt.data.formats.base import BadRow, Packer, Texts  # noqa: E402


def batch(documents: list[bytes]) -> Texts:
    packer = Packer("a")
    for row, each in enumerate(documents):
        packer.add(10 + row, each)
    found = packer.rest()
    assert found is not None
    return found


def picture(seed: int, size: int = 96) -> NDArray[np.uint8]:
    """Soft shapes, as photographs have them."""
    draw = np.random.default_rng(seed)
    small = PIL_IMAGE.fromarray(draw.integers(0, 256, (6, 6, 3), dtype=np.uint8))
    return np.asarray(small.resize((size, size), PIL_IMAGE.Resampling.BICUBIC))


def stored(pixels: NDArray[np.uint8], kind: str = "PNG", **how: int) -> bytes:
    held = io.BytesIO()
    PIL_IMAGE.fromarray(pixels).save(held, kind, **how)
    return held.getvalue()


def hashed(documents: list[bytes]) -> tuple[images.Hashed, list[BadRow]]:
    bad: list[BadRow] = []
    found = images.hashes(batch(documents), bad.append)
    assert found is not None
    return found, bad


def test_the_hash_is_its_definition() -> None:
    ramp = np.tile(np.arange(0, 90, 10, dtype=np.uint8), (8, 1))
    found, bad = hashed([stored(ramp), stored(ramp[:, ::-1].copy()), stored(np.full((8, 9), 7, np.uint8))])
    assert bad == []
    assert found.hash.tolist() == [2**64 - 1, 0, 0]
    assert found.known.tolist() == [True, True, False]
    assert found.pixels.tolist() == [72, 72, 72]


def test_copies_in_other_sizes_and_formats_are_near_and_others_are_not() -> None:
    for kind, how in (("JPEG", {"quality": 60}), ("WEBP", {"quality": 60}), ("BMP", {}), ("GIF", {}), ("TIFF", {})):
        found, _ = hashed([stored(picture(each)) for each in range(20)] + [
            stored(picture(each, 180), kind, **how) for each in range(20)
        ])  # fmt: skip
        away = np.bitwise_count(found.hash[:20, None] ^ found.hash[None, 20:])
        assert (np.diag(away) <= images.LIKE_BITS).mean() >= 0.95
        assert (away[~np.eye(20, dtype=bool)] > images.LIKE_BITS).all()


def bomb() -> bytes:
    """A small file that claims to be 60,000 × 60,000."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""))  # fmt: skip


def test_what_cannot_be_decoded_is_a_bad_row() -> None:
    good = stored(picture(1))
    found, bad = hashed([good, good[: len(good) // 2], b"no image", bomb(), b"%!PS-Adobe-3.0 EPSF-3.0\n", good])
    assert found.known.tolist() == [True, False, False, False, False, True]
    assert (found.decoded, found.decode_s > 0) == (2, True)
    assert [(each.row, each.reason) for each in bad] == [
        (11, "image that cannot be decoded"), (12, "image that cannot be decoded"),
        (13, "image of more than 100 million pixels"), (14, "image that cannot be decoded"),
    ]  # fmt: skip


def test_without_pillow_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    assert images.hashes(batch([b"x"]), made.none_bad) is None


def test_files_of_images_are_documents(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(stored(picture(1)))
    (tmp_path / "b.JPG").write_bytes(b"none")
    assert made.source(tmp_path / "a.png").kind == "image"
    assert made.read(tmp_path / "a.png") == ([(0, stored(picture(1)))], [])
    assert [each.reason for each in made.read(tmp_path / "b.JPG")[1]] == ["no image"]


NEAR = st.lists(st.tuples(st.integers(0, 5), st.sets(st.integers(0, 63), max_size=6)), max_size=40)


@settings(max_examples=100, deadline=None)
@given(NEAR, st.integers(0, 6))
def test_near_pairs_are_those_of_brute_force(some: list[tuple[int, set[int]]], bits: int) -> None:
    bases = np.random.default_rng(1).integers(0, 2**64, 6, dtype=np.uint64)
    made_of = [int(bases[base]) ^ sum(1 << each for each in flips) for base, flips in some]
    distinct = np.array(list(dict.fromkeys(made_of)), np.uint64)
    truth = [
        [one, other] for one in range(len(distinct)) for other in range(one + 1, len(distinct))
        if int(distinct[one] ^ distinct[other]).bit_count() <= bits
    ]  # fmt: skip
    assert images.pairs(distinct, bits).tolist() == truth


@settings(max_examples=100, deadline=None)
@given(NEAR, st.data())
def test_near_copies_are_kept_first(some: list[tuple[int, set[int]]], data: st.DataObject) -> None:
    bases = np.random.default_rng(1).integers(0, 2**64, 6, dtype=np.uint64)
    found = np.array([int(bases[base]) ^ sum(1 << each for each in flips) for base, flips in some], np.uint64)
    known = np.array(data.draw(st.lists(st.booleans(), min_size=len(found), max_size=len(found))), bool)
    witness = images.near_copies(found, known)
    kept: list[int] = []
    for number in range(len(found)):
        alike = [each for each in kept if int(found[each] ^ found[number]).bit_count() <= images.LIKE_BITS]
        if known[number] and alike:
            assert witness[number] in alike
        else:
            assert witness[number] == -1
            kept += [number] if known[number] else []
