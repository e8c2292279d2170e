"""How long documents are in tokens: counted by a tokenizer, or by the bytes of a token in a sample of them.

The sample is of pieces, not of documents. A document longer than :data:`PIECE_BYTES` is cut into pieces of about that
size, each of which is drawn with the same chance. So every byte of the set is as likely in the sample as any other, its
memory is bounded, and a long document neither is left out nor counts for less than it is: a sample of documents that
are cut at a limit, or that ends when memory is full, would favour the beginnings of documents, or the short ones.
"""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import tiktoken
    import tokenizers

T = TypeVar("T")
Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Ids = NDArray[np.uint32]
Batch = tuple[Bytes, Ints]
"""Documents one behind the other, and where each begins, with the end of the last."""

PIECE_BYTES = 8192
"""Of a long document: some 2,000 tokens, of which one is cut in two where there is no space near the cut."""

PIECES = 2000
"""Of a sample: bytes of a token are known to less than a hundredth by then, and they take no more than 20 MB."""

LOAD_BYTES = 1 << 20
"""Text handed to a tokenizer at once: what it keeps of a text is many times as large."""

LOAD_TEXTS = 1024
"""Texts handed to a tokenizer at once."""

BLOCKS = 20
"""Parts of a sample that are timed apart, by which the time of a token has a range."""

CONFIDENCE = 0.9

ENDS = ("<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "<|end▁of▁sentence|>", "<|EOT|>")
"""Special tokens that end a document, the likeliest first."""

PADS = ("<pad>", "[PAD]", "<|pad|>", "<|padding|>", "<PAD>", "<|finetune_right_pad_id|>")
"""Special tokens that fill up a row, the likeliest first."""

_HUB = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_SEEK = 256
_IS_SPACE = np.isin(np.arange(256), [9, 10, 13, 32])
_U = np.uint64


# --- tokenizers -------------------------------------------------------------------------------------------------------


class Tokenizer(Protocol):
    """Cuts texts into tokens, and counts them."""

    @property
    def name(self) -> str:
        """Where it is from."""

    @property
    def vocabulary(self) -> int:
        """Tokens it knows: no number of one is as large."""

    def counts(self, texts: Sequence[str]) -> Ints:
        """Tokens of each text, special ones not among them."""


class Encoder(Tokenizer, Protocol):
    """Says which tokens these are, too."""

    @property
    def special(self) -> Mapping[str, int]:
        """Numbers of its special tokens; empty where it has none."""

    def encode(self, texts: Sequence[str]) -> list[Ids]:
        """Tokens of each text by their numbers, special ones not added."""


def tokenizer(name: str) -> Encoder:
    """A tokenizer by its name.

    Parameters
    ----------
    name
        ``bytes`` (each byte is a token), a ``tokenizer.json``, a folder that has one, ``tiktoken:NAME``, or the name of
        a model on the Hugging Face Hub. Only the last two use the network, and only for what their caches lack.

    Raises
    ------
    ValueError
        If there is no such tokenizer, or it cannot be read or reached.
    ModuleNotFoundError
        If the library that reads it is not installed.
    """
    if name == "bytes":
        return ByteTokenizer()
    if name.startswith("tiktoken:"):
        return _tiktoken(name)
    path = Path(name)
    if path.is_dir():
        path /= "tokenizer.json"
        if not path.is_file():
            raise ValueError(f"{name} has no tokenizer.json")
    if path.is_file():
        return _read(name, path)
    if not _HUB.fullmatch(name) or name.endswith(".json"):
        raise ValueError(f"{name} is no file, no folder, and no name of a model")
    return _fetched(name)


@dataclass(frozen=True, slots=True)
class ByteTokenizer:
    """Each byte is a token."""

    name: str = "bytes"
    vocabulary: int = 256
    special: Mapping[str, int] = field(default_factory=dict, compare=False)

    def counts(self, texts: Sequence[str]) -> Ints:
        """Bytes of each text."""
        return np.fromiter((len(each.encode()) for each in texts), np.int64, len(texts))

    def encode(self, texts: Sequence[str]) -> list[Ids]:
        """Bytes of each text."""
        return [np.frombuffer(each.encode(), np.uint8).astype(np.uint32) for each in texts]


@dataclass(frozen=True, slots=True)
class _Library:
    """Tokens by functions of a library, which are given a few texts at a time."""

    name: str
    vocabulary: int
    special: Mapping[str, int]
    count: Callable[[list[str]], list[int]]
    numbers: Callable[[list[str]], list[list[int]]]

    def counts(self, texts: Sequence[str]) -> Ints:
        return np.array(self._all(self.count, texts), np.int64)

    def encode(self, texts: Sequence[str]) -> list[Ids]:
        return self._all(lambda some: [np.array(each, np.uint32) for each in self.numbers(some)], texts)

    def _all(self, made: Callable[[list[str]], list[T]], texts: Sequence[str]) -> list[T]:
        found: list[T] = []
        for first, last in _loads([len(each) for each in texts]):
            try:
                found += made(list(texts[first:last]))
            except Exception as error:  # libraries raise Exception itself
                raise ValueError(f"{self.name} cannot tokenize a text: {error}") from error
        return found


def _read(name: str, path: Path) -> Encoder:
    from tokenizers import Tokenizer as Read

    try:
        found = Read.from_file(str(path))
    except Exception as error:  # the library raises Exception itself
        raise ValueError(f"{path} is no tokenizer: {error}") from error
    return _of_tokenizers(name, found)


def _fetched(name: str) -> Encoder:
    from tokenizers import Tokenizer as Read

    try:
        found = Read.from_pretrained(name)
    except Exception as error:  # of any kind: no network, no such model, no tokenizer.json
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ValueError(f"{name} is no file here, and cannot be had from the Hugging Face Hub: {first}") from error
    return _of_tokenizers(name, found)


def _of_tokenizers(name: str, found: tokenizers.Tokenizer) -> Encoder:
    found.no_truncation()  # a file may say to cut or pad every text
    found.no_padding()
    encode = getattr(found, "encode_batch_fast", found.encode_batch)

    def count(texts: list[str]) -> list[int]:
        return [len(each) for each in encode(texts, add_special_tokens=False)]

    def numbers(texts: list[str]) -> list[list[int]]:
        return [each.ids for each in encode(texts, add_special_tokens=False)]

    added = {number: each for number, each in found.get_added_tokens_decoder().items() if each.special}
    special = {each.content: number for number, each in sorted(added.items())}
    vocabulary = max(found.get_vocab_size(), 1 + max(found.get_vocab().values(), default=-1))  # there may be holes
    return _Library(name, vocabulary, special, count, numbers)


def _tiktoken(name: str) -> Encoder:
    import tiktoken

    try:
        found: tiktoken.Encoding = tiktoken.get_encoding(name.removeprefix("tiktoken:"))
    except Exception as error:  # of any kind: no such encoding, no network
        raise ValueError(f"{name} cannot be had: {str(error).splitlines()[0]}") from error

    def count(texts: list[str]) -> list[int]:
        return [len(found.encode_ordinary(each)) for each in texts]

    def numbers(texts: list[str]) -> list[list[int]]:
        return [found.encode_ordinary(each) for each in texts]

    special = {each: found.encode_single_token(each) for each in sorted(found.special_tokens_set)}
    return _Library(name, found.n_vocab, special, count, numbers)


def end(tokenizer: Encoder, named: str = "") -> tuple[str, int] | None:
    """The token that ends a document, and its number; none where the tokenizer has none.

    Parameters
    ----------
    named
        One of its special tokens; the likeliest of them where it is empty, and none where it is ``none``.

    Raises
    ------
    ValueError
        If it has no such token.
    """
    if named == "none":
        return None
    if named and named not in tokenizer.special:
        known = ", ".join([*tokenizer.special][:8]) or "none at all"
        raise ValueError(f"{tokenizer.name} has no special token {named}; it has {known}")
    return _likeliest(tokenizer, (named,) if named else ENDS)


def pad(tokenizer: Encoder) -> tuple[str, int] | None:
    """The token that fills up rows, and its number; none where the tokenizer has none."""
    return _likeliest(tokenizer, PADS)


def _likeliest(tokenizer: Encoder, names: Sequence[str]) -> tuple[str, int] | None:
    return next(((each, tokenizer.special[each]) for each in names if each in tokenizer.special), None)


# --- counts -----------------------------------------------------------------------------------------------------------


def exact(tokenizer: Tokenizer, batch: Batch) -> Ints:
    """Tokens of every document.

    Bytes that are no UTF-8 count as the character that stands for them. Documents are handed over in parts of
    :data:`LOAD_BYTES`; one that is longer is cut before a space, which may cost a token each.

    Raises
    ------
    ValueError
        If the tokenizer knows no token for a text.
    """
    data, offsets = batch
    if isinstance(tokenizer, ByteTokenizer):
        return np.diff(offsets)
    found = np.zeros(len(offsets) - 1, np.int64)
    sizes = np.diff(offsets)
    for first, last in _loads(sizes.tolist()):
        if sizes[first] > LOAD_BYTES:
            document = data[offsets[first] : offsets[last]]
            found[first] = sum(int(tokenizer.counts([each])[0]) for each in _parts(document))
        else:
            texts = [_text(data[begin:end]) for begin, end in pairwise(offsets[first : last + 1].tolist())]
            found[first:last] = tokenizer.counts(texts)
    return found


def encoded(tokenizer: Encoder, batch: Batch) -> tuple[Ids, Ints]:
    """Tokens of documents one behind the other, by their numbers, and how many each has: as :func:`exact` counts them.

    Raises
    ------
    ValueError
        If the tokenizer knows no token for a text.
    """
    data, offsets = batch
    sizes = np.diff(offsets)
    if isinstance(tokenizer, ByteTokenizer):
        return data[offsets[0] : offsets[-1]].astype(np.uint32), sizes
    found: list[Ids] = []
    counts = np.zeros(len(sizes), np.int64)
    for first, last in _loads(sizes.tolist()):
        if sizes[first] > LOAD_BYTES:
            parts = [tokenizer.encode([each])[0] for each in _parts(data[offsets[first] : offsets[last]])]
            counts[first] = sum(map(len, parts))
        else:
            parts = tokenizer.encode(
                [_text(data[begin:end]) for begin, end in pairwise(offsets[first : last + 1].tolist())]
            )
            counts[first:last] = [len(each) for each in parts]
        found += parts
    return np.concatenate(found) if found else np.empty(0, np.uint32), counts


def lengths(byte: Ints, ratio: Ratio) -> Ints:
    """Tokens of documents by their bytes, rounded up: at least one where there is a byte."""
    return np.ceil(np.asarray(byte) / ratio.value).astype(np.int64)


def _loads(sizes: list[int]) -> Iterator[tuple[int, int]]:
    """Texts that are handed over together: as many as fit, at least one."""
    first, held = 0, 0
    for number, size in enumerate(sizes):
        if number > first and (held + size > LOAD_BYTES or number - first == LOAD_TEXTS):
            yield first, number
            first, held = number, 0
        held += size
    if first < len(sizes):
        yield first, len(sizes)


def _parts(document: Bytes) -> Iterator[str]:
    begin = 0
    while begin < len(document):
        end = _seam(document, begin + LOAD_BYTES)
        yield _text(document[begin:end])
        begin = end


def _text(data: Bytes) -> str:
    return data.tobytes().decode("utf-8", "replace")


def _seam(document: Bytes, at: int) -> int:
    """Where a document is cut near a place: before the last space ahead of it, else before a character."""
    if at >= len(document):
        return len(document)
    near = document[max(0, at - _SEEK) : at]
    spaces = np.flatnonzero(_IS_SPACE[near])
    starts = spaces if len(spaces) else np.flatnonzero((near & 0xC0) != 0x80)
    return at - len(near) + int(starts[-1]) if len(starts) else at


# --- a sample ---------------------------------------------------------------------------------------------------------


class Sampled:
    """A uniform random sample of the pieces of documents, taken as they pass.

    A piece has a random number that follows from its place in the stream; those with the smallest are the sample.
    So it is the same for the same documents in the same order, whatever the batches, and samples of several streams
    can be put together.

    Parameters
    ----------
    seed
        Another one gives another sample.
    stream
        Number of the stream, where several are sampled apart to be put together, such as files.
    pieces
        Of the sample, at least 2. With fewer than some hundred the interval is too narrow for sets whose documents
        differ much: of 60 it holds the truth 83 to 87 times of 100 instead of 90.
    """

    def __init__(self, seed: int = 0, stream: int = 0, pieces: int = PIECES) -> None:
        if pieces < 2:
            raise ValueError(f"a sample of {pieces} pieces says nothing of its error")
        self.pieces = pieces
        """Of which the sample is to be."""
        self.population = 0
        """Pieces that passed."""
        self.byte = 0
        """Bytes that passed."""
        self.documents = 0
        """Documents that passed and are not empty."""
        own = _mixed(np.array([seed % 2**64, (stream + 1) % 2**64], dtype=np.uint64))
        self._base = int(own[0] ^ own[1])
        self._stream = stream
        self._limit = _U(2**64 - 1)
        self._held: list[tuple[int, tuple[int, int], bytes]] = []

    def add(self, data: Bytes, offsets: Ints) -> None:
        """Take in a batch: documents one behind the other, where each begins, and the end of the last."""
        sizes = np.diff(offsets)
        each = -(-sizes // PIECE_BYTES)
        ends = np.cumsum(each)
        count = int(ends[-1]) if len(ends) else 0
        keys = _mixed(np.arange(self.population, self.population + count, dtype=np.uint64) + _U(self._base))
        small = np.flatnonzero(keys < self._limit)
        if len(small) > self.pieces:
            small = np.sort(small[np.argpartition(keys[small], self.pieces - 1)[: self.pieces]])
        before = np.concatenate((np.zeros(1, np.int64), np.cumsum(each > 0)))
        for piece in small.tolist():
            document = int(np.searchsorted(ends, piece, side="right"))
            number = piece - int(ends[document] - each[document])
            own = data[offsets[document] : offsets[document + 1]]
            begin = _seam(own, number * PIECE_BYTES) if number else 0
            end = _seam(own, (number + 1) * PIECE_BYTES)
            place = (self._stream, self.documents + int(before[document]))
            self._held.append((int(keys[piece]), place, own[begin:end].tobytes()))
            if len(self._held) >= self.pieces + self.pieces // 8 + 8:
                self._keep()
        self.population += count
        self.byte += int(sizes.sum())
        self.documents += int(before[-1])

    def merge(self, other: Sampled) -> None:
        """Take in the sample of another stream.

        Raises
        ------
        ValueError
            If it is of another size: then the pieces of one would be likelier than those of the other.
        """
        if other.pieces != self.pieces:
            raise ValueError(f"a sample of {other.pieces} pieces cannot be added to one of {self.pieces}")
        self.population += other.population
        self.byte += other.byte
        self.documents += other.documents
        self._held += other._held
        self._keep()

    def state(self) -> dict[str, NDArray[Any]]:
        """All that is known, to go on with in another process."""
        self._keep()
        return {
            "counts": np.array([self.population, self.byte, self.documents], np.int64),
            "keys": np.array([int(self._limit), *(key for key, _, _ in self._held)], np.uint64),
            "places": np.array([place for _, place, _ in self._held], np.int64).reshape(-1, 2),
            "sizes": np.array([len(text) for _, _, text in self._held], np.int64),
            "bytes": np.frombuffer(b"".join(text for _, _, text in self._held), np.uint8),
        }

    def restore(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Know what another one of the same seed knew."""
        self.population, self.byte, self.documents = arrays["counts"].tolist()
        limit, *keys = arrays["keys"].tolist()
        self._limit = _U(limit)
        ends = np.cumsum(arrays["sizes"]).tolist()
        data = arrays["bytes"].tobytes()
        texts = [data[end - size : end] for size, end in zip(arrays["sizes"].tolist(), ends, strict=True)]
        places = [(stream, document) for stream, document in arrays["places"].tolist()]
        self._held = list(zip(keys, places, texts, strict=True))

    def drawn(self) -> list[tuple[tuple[int, int], bytes]]:
        """The sample in random order: the stream and the number of the document of each piece, and its bytes."""
        self._keep()
        return [(place, text) for _, place, text in self._held]

    def _keep(self) -> None:
        self._held.sort(key=lambda each: each[0])
        if len(self._held) > self.pieces:
            del self._held[self.pieces :]
            self._limit = _U(self._held[-1][0])


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finisher of SplitMix64 (Steele, Lea and Flood 2014): neighbours become random numbers."""
    values = values * _U(0x9E3779B97F4A7C15)
    values = (values ^ (values >> _U(30))) * _U(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> _U(27))) * _U(0x94D049BB133111EB)
    return values ^ (values >> _U(31))


# --- bytes of a token -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Span:
    """A figure and where it lies with nine tenths of confidence."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Ratio:
    """Bytes of a token.

    Attributes
    ----------
    value, low, high
        Of all tokens together, and where it lies with nine tenths of confidence.
    documents, byte
        Documents that the sample is from, and its bytes; 0 where nothing was measured.
    kind
        Of the figure: measured or assumed.
    source
        By which tokenizer, or from where.
    cpu_s_per_token
        Time one core needs to tokenize, where that was measured.
    """

    value: float
    low: float
    high: float
    documents: int
    byte: int
    kind: str
    source: str
    cpu_s_per_token: Span | None = None


def ratio(sample: Sampled, tokenizer: Tokenizer | None) -> Ratio:
    """Bytes a token: measured on a sample by a tokenizer, assumed where none is named or nothing was drawn."""
    drawn = sample.drawn()
    if tokenizer is not None and drawn:
        return measured(sample, tokenizer)
    text = np.frombuffer(b"".join(piece for _, piece in drawn), np.uint8)
    return assumed(float((text >= 128).mean()) if len(text) else 0.0)


def measured(sample: Sampled, tokenizer: Tokenizer) -> Ratio:
    """Bytes of a token by a sample, and the time it takes to tokenize.

    The time is that of this process on one thread: nothing else should run in it meanwhile. The first part of the
    sample is tokenized twice, since what a tokenizer learns there it knows for all that follows.

    Raises
    ------
    ValueError
        If there is no text, or the tokenizer knows no token for it.
    """
    drawn = sample.drawn()
    if not drawn:
        raise ValueError("there is no text to tokenize")
    byte = np.array([len(text) for _, text in drawn], np.int64)
    source = f"{tokenizer.name}, on {len(drawn):,} of {sample.population:,} pieces of text"
    documents = len({place for place, _ in drawn})
    if isinstance(tokenizer, ByteTokenizer):
        return Ratio(1.0, 1.0, 1.0, documents, int(byte.sum()), "exact", "a byte is a token")
    texts = [text.decode("utf-8", "replace") for _, text in drawn]
    tokens, times = _timed(tokenizer, texts)
    if not tokens.sum():
        raise ValueError(f"{tokenizer.name} finds no token in the text")
    found = estimate(byte, tokens, sample.population)
    return Ratio(found.value, found.low, found.high, documents, int(byte.sum()), "measured", source, times)


def estimate(above: NDArray[np.float64] | Ints, below: Ints, population: float = math.inf) -> Span:
    """Estimate a ratio of two sums by a simple random sample of what is summed.

    The variance is that of the linearised ratio (Särndal, Swensson and Wretman 1992), each residual divided by the
    share of all others, which makes it that of the delete-one jackknife; with the correction for a finite population,
    so that a sample of all has none. The interval is symmetric in the logarithm, by Student's distribution; where a few
    units make most of the variance it is known less well, and the degrees of freedom are 2 n / (kurtosis - 1).

    Parameters
    ----------
    above, below
        Of each unit in the sample, such as bytes and tokens.
    population
        Units there are.
    """
    count, total = len(below), float(below.sum())
    value = float(above.sum()) / total
    if count >= population:
        return Span(value, value, value)
    if count < 2 or value <= 0:
        return Span(value, 0.0, math.inf)
    residual = (above - value * below) / np.maximum(1 - below / total, 1 / count)
    square = float(residual @ residual)
    variance = (1 - count / population) * count / (count - 1) * square / total**2
    spiked = count * float((residual**2) @ (residual**2)) / square**2 if square else 3.0
    freedom = min(count - 1.0, max(3.0, 2 * count / max(spiked - 1, 1e-9)))
    factor = math.exp(_student(freedom) * math.sqrt(variance) / value)
    return Span(value, value / factor, value * factor)


def _student(freedom: float) -> float:
    """The quantile of Student's distribution (Abramowitz and Stegun, 26.7.5)."""
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    terms = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96, (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + math.fsum(term / freedom**power for power, term in enumerate(terms, 1))


def _timed(tokenizer: Tokenizer, texts: list[str]) -> tuple[Ints, Span]:
    """Tokens of each text, and CPU time of a token."""
    parts = [part for part in np.array_split(np.arange(len(texts)), BLOCKS) if len(part)]
    tokens = np.zeros(len(texts), np.int64)
    spent = np.zeros(len(parts))
    with threads(1):
        tokenizer.counts(texts[: len(parts[0])])
        for number, part in enumerate(parts):
            since = time.process_time()
            tokens[part] = tokenizer.counts(texts[part[0] : part[-1] + 1])
            spent[number] = time.process_time() - since
    counted = np.array([tokens[part].sum() for part in parts])
    return tokens, estimate(spent, counted) if counted.sum() else Span(0.0, 0.0, math.inf)


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Ask the library tokenizers to use so many threads of its own.

    Whether it uses any it reads at every call, how many before the first alone.
    """
    if count > 1:
        os.environ.setdefault("RAYON_NUM_THREADS", str(count))
    name = "TOKENIZERS_PARALLELISM"
    before = os.environ.get(name)
    os.environ[name] = "true" if count > 1 else "false"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


ASCII = Span(4.0, 2.4, 5.0)
"""Bytes of a token in text of one-byte characters. 4 "on average, in practice" by the README of tiktoken; 2.4 (formal
proofs), 2.7 (papers in LaTeX) and 3.1 (web forum) by the 50,000 tokens of GPT-NeoX on Proof-Pile (stats.json of
huggingface.co/datasets/hoskinson-center/proof-pile); 3.8 to 4.4 for vocabularies of 32,000 to 250,000 on English of
CC-100 (Tokenizer Arena, huggingface.co/spaces/eson/tokenizer-arena, its binary GB turned into bytes); the best of those
made for one language reach 5."""

OTHER = Span(2.3, 1.1, 4.9)
"""Bytes of a token in characters of several bytes: 4.9 for Chinese by a vocabulary made for it (Baichuan 2), 3.5 by the
one of Llama 3, 2.0 by that of Llama (Tokenizer Arena, as above); 1.1 for scripts of India by that of GPT-2, 1.7 by that
of GPT-4 (evaluation.json of huggingface.co/ace-1/mgpt2-tokenizer, by its bytes and characters, Latin at 4.5). The value
is the geometric middle."""


def assumed(other_share: float = 0.0) -> Ratio:
    """Bytes of a token where there is no tokenizer: those of common vocabularies of byte pairs.

    Parameters
    ----------
    other_share
        Share of bytes that belong to characters of several bytes: those of 128 and more.

    Raises
    ------
    ValueError
        If it is no share.
    """
    if not 0 <= other_share <= 1:
        raise ValueError(f"a share of {other_share} is none")
    value, low, high = (
        1 / ((1 - other_share) / plain + other_share / other)
        for plain, other in ((ASCII.value, OTHER.value), (ASCII.low, OTHER.low), (ASCII.high, OTHER.high))
    )
    source = "common vocabularies of byte pairs: tiktoken's README, Proof-Pile's statistics, Tokenizer Arena"
    return Ratio(value, low, high, 0, 0, "assumed", source)
