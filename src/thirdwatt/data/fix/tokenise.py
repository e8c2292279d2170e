"""A dataset as files of tokens that are not packed: made once, so that no epoch makes them again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from thirdwatt.data import tokens
from thirdwatt.data.reading import Progress

from . import inputs, report, token_files, tokenised
from .convert import FILE_BYTES, SCHEMA
from .result import DATA
from .token_files import INDEX
from .tokenised import Begun

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
    asked = [SCHEMA, wish.form, wish.file_byte]
    with tokenised.begun(wish, asked, say) as begun:
        names, notes = FORMS[wish.form](begun.made, begun.result, wish.file_byte)
        stored = sum((begun.result.made / DATA / each).stat().st_size for each in names)
        size = begun.made.ids.dtype.itemsize
        said = _said(wish, begun, stored, [_file(each, note, size) for each, note in zip(names, notes, strict=True)])
        return begun.finish(said, names)


def _file(name: str, note: Mapping[str, Any], size: int) -> dict[str, Any]:
    """What a report says of a file: of an index nothing, since the rows are in what it belongs to."""
    rows, count = (0, 0) if name.endswith(INDEX) else (note["documents"], note["tokens"])
    return {"name": name, "rows": rows, "bytes": count * size}


def _said(wish: Wish, begun: Begun, stored_byte: int, names: list[dict[str, Any]]) -> dict[str, Any]:
    """The report."""
    made, found = begun.made, begun.found
    of = {"documents": made.documents, "bytes": made.byte}
    kind = "uint16" if made.ids.dtype.itemsize == 2 else "int32"
    return {
        "schema": SCHEMA,
        "thirdwatt": version("thirdwatt"),
        "path": wish.path,
        "to": wish.form,
        "options": {"tokenizer": wish.tokenizer.name, "vocabulary": made.vocabulary, **made.marks.said(),
                    "dtype": kind},
        "before": {**of, "rows": made.documents + len(made.empty), "stored_bytes": found.byte,
                   "files": len(found.paths), "tokens": report.exactly(made.tokens - made.ends),
                   "bad_rows": begun.bad["count"], "bytes_per_token": None, "findings": []},
        "after": {**of, "rows": made.documents, "stored_bytes": stored_byte, "files": len(names),
                  "tokens": report.exactly(made.tokens)},
        "nan": 0,
        "files": names,
        "proof": PROOF,
        "splits": inputs.splits(found),
        "bad_rows": begun.bad,
    }  # fmt: skip
