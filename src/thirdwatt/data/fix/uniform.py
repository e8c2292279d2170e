"""One schema for all files of a result, as who reads a folder takes for granted.

Columns of JSON become known as rows come: a file whose rows have fewer of them, or of narrower types, than those of
others is written again when all is known, and read back as it was the first time.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from thirdwatt.data.formats.base import BadRow, Rows

from . import shapes
from .forms import FORMS, Options
from .proof import in_order
from .result import ReckoningError

if TYPE_CHECKING:
    import pyarrow as pa

TYPED = ("parquet", "arrow")


def uniform(form: str, paths: Sequence[str], how: Options) -> None:
    """Write those files again whose schema is not that of all.

    Parameters
    ----------
    form, how
        Of the files.
    paths
        They, in order.

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
    for path, each in zip(paths, found, strict=True):
        if not each.equals(whole):
            whole = shapes.united(whole, each, path)
    for path, each in zip(paths, found, strict=True):
        if not each.equals(whole):
            _again(form, path, whole, how)


def _schema(form: str, path: str) -> pa.Schema:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if form == "parquet":
        return pq.read_schema(path)
    with pa.OSFile(path) as file, pa.ipc.open_stream(file) as stream:
        return stream.schema


def _again(form: str, path: str, whole: pa.Schema, how: Options) -> None:
    part = f"{path}.part"
    writer = FORMS[form].writer(part, how)
    count = 0
    try:
        for rows in FORMS[form].reader(path, how.column).rows(_broken):
            count += len(rows.numbers)
            writer.write(Rows(rows.numbers, shapes.fitted([rows.table], whole, path)))
        wrote = writer.close()
    except BaseException:
        writer.give_up()
        raise
    if wrote.rows != count or not in_order(part, form, how.column).same(in_order(path, form, how.column)):
        raise ReckoningError(f"{path} became another when it was written again with the columns of all")
    Path(part).replace(path)


def _broken(row: BadRow) -> None:
    raise ReckoningError(f"{row.file} cannot be read: row {row.row}: {row.reason}")
