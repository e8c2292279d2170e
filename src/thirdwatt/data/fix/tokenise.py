"""A dataset as files of tokens that are not packed: made once, so that no epoch makes them again."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from thirdwatt.data import tokens
from thirdwatt.data.files import files
from thirdwatt.data.findings import Bad
from thirdwatt.data.near.find import ChangedError
from thirdwatt.data.reading import Progress
from thirdwatt.data.survey import EmptyError

from . import inputs, report, token_files, tokenised
from .convert import FILE_BYTES, SCHEMA
from .pack import identity
from .result import DATA, Result

FORMS = {"tokens": token_files.arrow, "megatron": token_files.megatron, "webdataset": token_files.webdataset}
"""Ways to write tokens, by what they are called."""

PROOF = (
    "every file was read back: documents, tokens and the sum of the digests of all documents are those that were made "
    "into tokens"
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked.

    Attributes
    ----------
    path, out
        The dataset, and where the result is to be.
    form
        Of :data:`FORMS`.
    tokenizer, end
        By which documents become tokens, and what is put behind each; as of :class:`.pack.Wish`.
    file_byte
        Tokens of a file, in bytes.
    column
        Where the documents are; found where it is not named.
    workers
        Threads of the tokenizer.
    """

    path: str
    out: str
    form: str
    tokenizer: tokens.Encoder
    end: str = ""
    file_byte: int = FILE_BYTES
    column: str = ""
    workers: int = 1


def tokenise(wish: Wish, say: Callable[[Progress], None] | None = None) -> dict[str, Any]:
    """Write a dataset as tokens; raises, and says, what :func:`.convert.convert` does.

    Raises
    ------
    ValueError
        If there is no such end, or a text has no tokens.
    """
    own = tokenised.marks(wish.tokenizer, wish.end)
    inputs.apart(wish.out, wish.path)
    found, unread = files(wish.path), Bad()
    before = inputs.signatures(wish.path)
    sources = inputs.texts(found, wish.column, unread, "tokens")
    read = [wish.path, wish.column, identity(wish.tokenizer), own.said(), before]
    with closing(Result(wish.out, json.dumps([SCHEMA, read, wish.form, wish.file_byte]))) as result:
        with tokens.threads(wish.workers):
            made = tokenised.tokenised(sources, wish.tokenizer, own, result.work, json.dumps(read), say)
        with closing(made):
            if inputs.signatures(wish.path) != before:
                raise ChangedError(f"{wish.path} changed while it was read")
            if not made.documents:
                raise EmptyError("holds no document with a token", "scan it to see what is in it")
            names, notes = FORMS[wish.form](made, result, wish.file_byte)
            bad = report.together([report.bad_rows(unread), report.bad_rows(made.bad)])
            empty = len(made.empty)
            of = {"documents": made.documents, "bytes": made.byte}
            stored = sum((result.made / DATA / each).stat().st_size for each in names)
            said = {
                "schema": SCHEMA,
                "thirdwatt": version("thirdwatt"),
                "path": wish.path,
                "to": wish.form,
                "options": {"tokenizer": wish.tokenizer.name, "vocabulary": made.vocabulary, **own.said(),
                            "dtype": "uint16" if made.ids.dtype.itemsize == 2 else "int32"},
                "before": {**of, "rows": made.documents + empty, "stored_bytes": found.byte, "files": len(found.paths),
                           "tokens": report.exactly(made.tokens - made.ends), "bad_rows": bad["count"],
                           "bytes_per_token": None, "findings": []},
                "after": {**of, "rows": made.documents, "stored_bytes": stored, "files": len(names),
                          "tokens": report.exactly(made.tokens)},
                "nan": 0,
                "files": [{"name": name, "rows": each["documents"], "bytes": each["tokens"] * made.ids.dtype.itemsize}
                          for name, each in zip(names, notes, strict=True)],
                "proof": PROOF,
                "splits": inputs.splits(found),
                "bad_rows": bad,
            }  # fmt: skip
            result.finish(said, tokenised.left_out(made, bad, sources), names)
    return said
