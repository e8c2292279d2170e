"""Work that is done again in every epoch, against doing it once and keeping what comes out. Arithmetic alone."""

from __future__ import annotations

from dataclasses import dataclass

SMALL_VOCABULARY = 1 << 16
"""Tokens of a vocabulary that are told apart by two bytes."""

S_PER_H = 3600.0


@dataclass(frozen=True, slots=True)
class Caching:
    """What the same work costs with and without a cache.

    Attributes
    ----------
    epochs
        How often the set is read.
    again_cpu_h
        Core-hours if it is done in every epoch, with the reading of what it is done to.
    cached_cpu_h
        Core-hours if it is done once and read from the cache in every epoch, the first too, since that needs its order.
    work_cpu_h
        Core-hours of doing it once, without any reading: part of both.
    cache_byte
        What the cache takes.
    again_read_byte, cached_read_byte
        What is read over all epochs; with a cache it is the input once, and the cache as often.
    """

    epochs: float
    again_cpu_h: float
    cached_cpu_h: float
    work_cpu_h: float
    cache_byte: float
    again_read_byte: float
    cached_read_byte: float

    @property
    def saved_cpu_h(self) -> float:
        """Core-hours that the cache saves; less than 0 where it costs some."""
        return self.again_cpu_h - self.cached_cpu_h


def token_byte(vocabulary: int) -> int:
    """Bytes of a token in a cache: 2 if a vocabulary has no more than 65,536, else 4.

    Raises
    ------
    ValueError
        If it has none, or more than 32 bits can tell apart.
    """
    if not 1 <= vocabulary <= 1 << 32:
        raise ValueError(f"a vocabulary of {vocabulary:,}: from 1 to {1 << 32:,}")
    return 2 if vocabulary <= SMALL_VOCABULARY else 4


def tokenise(
    tokens: float,
    byte: float,
    cpu_s_per_token: float,
    epochs: float,
    vocabulary: int,
    *,
    read_cpu_s_per_byte: float = 0.0,
    cache_read_cpu_s_per_byte: float = 0.0,
) -> Caching:
    """Tokenising in every epoch against a cache of tokens.

    Parameters
    ----------
    tokens, byte
        Of the set, and the bytes that are read to get at its text: stored ones if requests or disks are looked at.
    cpu_s_per_token
        To tokenise, on one core.
    epochs
        How often the set is read; at least once for a cache to be written.
    vocabulary
        Of the tokenizer.
    read_cpu_s_per_byte
        To read and decode one of ``byte``, as :class:`.storage.Trial` measures it; 0 leaves it out.
    cache_read_cpu_s_per_byte
        To read a byte of the cache; 0 leaves it out, as for one that is mapped into memory.

    Raises
    ------
    ValueError
        If a figure is negative, or the vocabulary has no tokens.
    """
    return _caching(
        work_cpu_s=tokens * cpu_s_per_token,
        byte=byte,
        cache_byte=tokens * token_byte(vocabulary),
        epochs=epochs,
        read_cpu_s_per_byte=read_cpu_s_per_byte,
        cache_read_cpu_s_per_byte=cache_read_cpu_s_per_byte,
    )


def decode(
    images: float,
    stored_byte: float,
    pixels: float,
    cpu_s_per_image: float,
    epochs: float,
    *,
    channels: int = 3,
    cache_read_cpu_s_per_byte: float = 0.0,
) -> Caching:
    """Decoding images in every epoch against a cache of them as they go into the model.

    Parameters
    ----------
    images, stored_byte
        How many, and what all of them take now.
    pixels
        Of an image as it goes into the model: those of the scaled one, if it is scaled before it is kept.
    cpu_s_per_image
        To read, decode and scale one, on one core.
    channels
        Bytes of a pixel.

    Notes
    -----
    What is drawn anew in each epoch, such as crops, cannot be kept, and has to come behind the cache.

    Raises
    ------
    ValueError
        If a figure is negative.
    """
    return _caching(
        work_cpu_s=images * cpu_s_per_image,
        byte=stored_byte,
        cache_byte=images * pixels * channels,
        epochs=epochs,
        read_cpu_s_per_byte=0.0,
        cache_read_cpu_s_per_byte=cache_read_cpu_s_per_byte,
    )


def _caching(
    *,
    work_cpu_s: float,
    byte: float,
    cache_byte: float,
    epochs: float,
    read_cpu_s_per_byte: float,
    cache_read_cpu_s_per_byte: float,
) -> Caching:
    figures = (work_cpu_s, byte, cache_byte, epochs, read_cpu_s_per_byte, cache_read_cpu_s_per_byte)
    if not all(each >= 0 for each in figures):
        raise ValueError("work, bytes, epochs and rates cannot be negative or unknown")
    once_s = work_cpu_s + byte * read_cpu_s_per_byte
    return Caching(
        epochs=epochs,
        again_cpu_h=epochs * once_s / S_PER_H,
        cached_cpu_h=(once_s + epochs * cache_byte * cache_read_cpu_s_per_byte) / S_PER_H,
        work_cpu_h=work_cpu_s / S_PER_H,
        cache_byte=cache_byte,
        again_read_byte=epochs * byte,
        cached_read_byte=byte + epochs * cache_byte,
    )
