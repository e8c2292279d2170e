"""What is asked of a survey."""

from __future__ import annotations

from dataclasses import dataclass

from .tokens import Tokenizer

FINDS = ("near", "lines", "storage")
"""What is looked for beside lengths and exact copies, each of which may be left out."""

CONTEXT, BATCH = 4096, 8
"""Tokens of a sequence and sequences of a batch where nobody states any."""

BATCHINGS = ("context", "longest", "dynamic", "bucketed", "packed", "concatenated")
"""Ways to make batches, as :func:`.packing.table` names them."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a survey.

    Attributes
    ----------
    path, against
        The dataset, and a second one whose documents are looked for in it.
    column
        Where the documents are; found where it is not named.
    finds
        Of :data:`FINDS`.
    sample_byte, seed
        How much of it is read, as it is stored; all of it where that is 0. The seed of every draw.
    memory_byte
        What a scan may take.
    tokenizer
        By which documents are counted in tokens.
    context, batch, epochs, batching
        Of the training: tokens of a sequence, sequences of a batch, passes, and how batches are made; 0 and empty
        where nobody states it.
    folder
        Where the scan works and can be gone on with; a temporary one if empty.
    """

    path: str
    against: str = ""
    column: str = ""
    finds: frozenset[str] = frozenset(FINDS)
    sample_byte: int = 0
    seed: int = 0
    memory_byte: int = 2_000_000_000
    tokenizer: Tokenizer | None = None
    context: int = 0
    batch: int = 0
    epochs: float = 0.0
    batching: str = ""
    folder: str = ""
