"""Core-hours and bytes of repeated work against a cache, by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thirdwatt.data.caching import decode, token_byte, tokenise


def test_a_terabyte_tokenised_in_every_epoch() -> None:
    """Measured in research: 1.34 MB of text a CPU-second are 208 core-hours a terabyte."""
    found = tokenise(1e12 / 3.7, 1e12, 3.7 / 1.34e6, epochs=4, vocabulary=50_257)
    assert found.work_cpu_h == pytest.approx(207.3, abs=0.1)
    assert found.again_cpu_h == pytest.approx(4 * found.work_cpu_h)
    assert found.cached_cpu_h == pytest.approx(found.work_cpu_h)
    assert found.cache_byte == pytest.approx(0.54e12, rel=0.01)
    assert found.saved_cpu_h == pytest.approx(3 * found.work_cpu_h)
    assert found.again_read_byte == 4e12
    assert found.cached_read_byte == pytest.approx(1e12 + 4 * found.cache_byte)


def test_readings_are_part_of_both() -> None:
    found = tokenise(3600, 7200, 1.0, 3, 10**6, read_cpu_s_per_byte=0.5, cache_read_cpu_s_per_byte=0.25)
    assert found.work_cpu_h == 1
    assert found.again_cpu_h == 3 * (1 + 1)
    assert found.cache_byte == 4 * 3600
    assert found.cached_cpu_h == 2 + 3 * 1


@pytest.mark.parametrize(("vocabulary", "byte"), [(1, 2), (65_536, 2), (65_537, 4), (2**32, 4)])
def test_bytes_of_a_token(vocabulary: int, byte: int) -> None:
    assert token_byte(vocabulary) == byte


@pytest.mark.parametrize("vocabulary", [0, -1, 2**32 + 1])
def test_vocabularies_that_are_none(vocabulary: int) -> None:
    with pytest.raises(ValueError, match="vocabulary"):
        tokenise(1, 1, 1, 1, vocabulary)


def test_images() -> None:
    found = decode(images=7200, stored_byte=1e9, pixels=224 * 224, cpu_s_per_image=0.01, epochs=90)
    assert found.work_cpu_h == pytest.approx(0.02)
    assert found.again_cpu_h == pytest.approx(1.8)
    assert found.cache_byte == 7200 * 224 * 224 * 3
    assert found.cached_read_byte == 1e9 + 90 * found.cache_byte


@pytest.mark.parametrize("epochs", [-1.0, float("nan")])
def test_what_is_no_figure_is_refused(epochs: float) -> None:
    with pytest.raises(ValueError, match="negative or unknown"):
        tokenise(1, 1, 1, epochs, 100)


RATES = st.floats(0, 1e3)


@given(tokens=st.floats(0, 1e15), byte=st.floats(0, 1e15), rate=RATES, epochs=st.floats(1, 100), read=RATES)
def test_a_cache_that_is_free_to_read_never_costs(
    tokens: float, byte: float, rate: float, epochs: float, read: float
) -> None:
    found = tokenise(tokens, byte, rate, epochs, 32_000, read_cpu_s_per_byte=read)
    assert found.saved_cpu_h >= -1e-9 * found.again_cpu_h
    more = tokenise(tokens, byte, rate, epochs + 1, 32_000, read_cpu_s_per_byte=read)
    assert more.saved_cpu_h >= found.saved_cpu_h * (1 - 1e-9)
