"""One schema for all files of a result, as who reads a folder takes for granted.

Columns of JSON become known as rows come: a file whose rows have fewer of them, or of narrower types, than those of
others is written again when all is known, and read back as it was the first time.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from thirdwatt.data.formats.base import BadRow, Rows

from . import shapes
from .forms import FORMS, Options
from .proof import Held, in_order
from .result import ReckoningError

if TYPE_CHECKING:
    import pyarrow as pa

TYPED = ("parquet", "arrow")


def uniform(form: str, paths: Mapping[str, str], how: Options, held: Held) -> None:
    """Write those files again whose schema is not that of all.

    Parameters
    ----------
    form, how
        Of the files.
    paths
        They, in order, and what the rows of each were read from.
    held
        Where their documents are.

    Raises
    ------
    ShapeError
        If no schema can hold all of them: a column is of one kind here, and of another there.
    ReckoningError
        If what was written again is not what was there.
    """
    if form not in TYPED or not paths:
        return
    found = [_schema(form, each) for each in paths]
    whole = found[0]
    for source, each in zip(paths.values(), found, strict=True):
        if not each.equals(whole):
            whole = shapes.united(whole, each, source)
    for path, each in zip(paths, found, strict=True):
        if not each.equals(whole):
            with shapes.read_from(partial(paths.__getitem__, path)):
                _again(form, path, whole, how, held)


def _schema(form: str, path: str) -> pa.Schema:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if form == "parquet":
        return pq.read_schema(path)
    with pa.OSFile(path) as file, pa.ipc.open_stream(file) as stream:
        return stream.schema


def _again(form: str, path: str, whole: pa.Schema, how: Options, held: Held) -> None:
    part = f"{path}.part"
    writer = FORMS[form].writer(part, how)
    count = 0
    try:
        for rows in FORMS[form].reader(path, "").rows(_broken):
            count += len(rows.numbers)
            writer.write(Rows(rows.numbers, shapes.fitted([rows.table], whole, path)))
        wrote = writer.close()
    except BaseException:
        writer.give_up()
        raise
    if wrote.rows != count or not in_order(part, form, held).same(in_order(path, form, held)):
        raise ReckoningError(f"{path} became another when it was written again with the columns of all")
    Path(part).replace(path)


def _broken(row: BadRow) -> None:
    raise ReckoningError(f"{row.file} cannot be read: row {row.row}: {row.reason}")
