"""Datasets, tokenizers and tokens for tests of what makes files of tokens."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from thirdwatt.data import tokens
from thirdwatt.data.columns import Column
from thirdwatt.data.findings import Bad
from thirdwatt.data.fix.tokenised import Marks, Tokenised

WORDS = [
    "the",
    "quick",
    "brown",
    "fox",
    "jumps",
    "over",
    "lazy",
    "dogs",
    "Größe",
    "und",
    "Länge",
    "in",
    "東京",
    "today",
]


def texts(count: int, seed: int = 0, longest: int = 60) -> list[str]:
    """Documents that are all different, and none empty."""
    draw = np.random.default_rng(seed)
    sizes = draw.integers(1, longest, count)
    return [f"{number} " + " ".join(draw.choice(WORDS, size).tolist()) for number, size in enumerate(sizes.tolist())]


def dataset(where: Path, documents: Sequence[str], files: int = 2) -> Path:
    """A folder of files of JSON lines, with a torn row in each."""
    where.mkdir(exist_ok=True)
    for number in range(files):
        rows = [json.dumps({"text": each}) for each in documents[number::files]]
        rows.insert(len(rows) // 2, '{"text": torn')
        (where / f"{number}.jsonl").write_text("\n".join(rows) + "\n")
    return where


def tokenizer(where: Path, *special: str, size: int = 400) -> tokens.Encoder:
    """A tokenizer of byte pairs in a file."""
    pytest.importorskip("tokenizers", reason="tokenizers is not installed: the extra data has it")
    from tokenizers import Tokenizer as Made
    from tokenizers import models, pre_tokenizers, trainers

    made = Made(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        texts(200),
        trainers.BpeTrainer(
            vocab_size=size, show_progress=False, special_tokens=list(special), initial_alphabet=alphabet
        ),
    )
    path = where / "tokenizer.json"
    made.save(str(path))
    return tokens.tokenizer(str(path))


def tokenised(lengths: Sequence[int], vocabulary: int = 1000, seed: int = 0) -> Tokenised:
    """Documents of these lengths, of random tokens."""
    draw = np.random.default_rng(seed)
    ids = Column("", "", np.uint16 if vocabulary <= 1 << 16 else np.uint32)
    own, empty = Column("", "", np.uint32), Column("", "", np.int64, 2)
    ids.append(draw.integers(1, vocabulary, int(np.sum(lengths))))
    own.append(np.array(lengths))
    return Tokenised(ids, own, empty, Marks(None, ("", 0)), vocabulary, 0, Bad(), resumed=False)


def documents(made: Tokenised) -> list[list[int]]:
    """The tokens of each."""
    ends = np.cumsum(made.lengths.all().astype(np.int64))
    return [each.tolist() for each in np.split(made.ids.all(), ends[:-1])]


def files(where: Path) -> dict[str, bytes]:
    """All that is in a folder."""
    return {str(each.relative_to(where)): each.read_bytes() for each in sorted(where.rglob("*")) if each.is_file()}
