"""WebDataset: rows as samples of a tar, each a few members of one name.

The document becomes ``KEY.txt``, an image ``KEY.jpg`` or as it is, other columns together ``KEY.json``; a conversation
stays there, too. What came from a tar keeps its keys and endings. Headers say nothing of when and by whom: the same
rows give the same file.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thirdwatt.data.formats import arrays
from thirdwatt.data.formats.base import Kind, Rows, is_image
from thirdwatt.data.formats.jsonl import document, dumped, exactly, is_halved, is_no_text, loaded
from thirdwatt.data.formats.webdataset import BARE, BLOCK, JSON, KEY

from . import shapes
from .written import Wrote, synced

if TYPE_CHECKING:
    import pyarrow as pa

MAGIC = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg", b"GIF8": "gif", b"BM": "bmp", b"II*\0": "tif", b"MM\0*": "tif"}
"""How images begin, and how their names end."""

TEXT = "txt"
"""How the name of the document ends."""


class Tar:
    """A tar that is written member by member; of none anything stays in memory, as :mod:`tarfile` has it."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "wb")  # noqa: SIM115, PTH123 - closed at the end

    def add(self, name: str, data: bytes) -> None:
        """Put a member at the end."""
        info = tarfile.TarInfo(name)  # its time is 0, and it is nobody's
        info.size = len(data)
        self._file.write(info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape"))
        self._file.write(data)
        self._file.write(bytes(-len(data) % BLOCK))

    def close(self) -> None:
        """Write the end."""
        self._file.write(bytes(2 * BLOCK))
        self._file.write(bytes(-self._file.tell() % tarfile.RECORDSIZE))
        self._file.close()

    def give_up(self) -> None:
        """Let go of the file as it is."""
        self._file.close()


class TarWriter:
    """Writes a tar of samples.

    Parameters
    ----------
    path
        Of the file; keys begin with its name up to the first dot.
    column
        Where the documents are.

    Attributes
    ----------
    keyed
        Whether rows have keys of their own; not known before the first.
    """

    def __init__(self, path: str, column: str) -> None:
        self._path, self._column = path, column
        self._stem = Path(path).name.split(".")[0]
        self._tar = Tar(path)
        self._rows = self._nan = 0
        self._last: str | None = None
        self.keyed: bool | None = None

    def write(self, rows: Rows) -> None:
        """Take in rows."""
        keyed = rows.table is not None and KEY in rows.table.column_names
        if self.keyed not in (None, keyed):
            self._refuse(f"some rows have {KEY}, and others have none")
        self.keyed = keyed
        samples = self._of_lines(rows.lines) if rows.table is None else self._of_table(rows.table)
        for key, members in samples:
            name = key if key is not None else f"{self._stem}_{self._rows:06}"
            if name == self._last:
                self._refuse(f"two rows one behind the other have the key {name}: they would be one sample")
            for ending, data in members.items():
                self._tar.add(f"{name}.{ending}" if ending else name, data)
            self._rows, self._last = self._rows + 1, name

    def close(self) -> Wrote:
        """Write what is left."""
        self._tar.close()
        return Wrote(self._rows, synced(self._path), self._nan)

    def give_up(self) -> None:
        """Leave nothing behind."""
        self._tar.give_up()
        Path(self._path).unlink(missing_ok=True)

    def _refuse(self, what: str) -> None:
        raise shapes.ShapeError(self._path, what, shapes.PARQUET_FIX)

    def _of_lines(self, lines: tuple[bytes, ...]) -> Iterator[tuple[str | None, dict[str, bytes]]]:
        for line in lines:
            try:
                found = exactly(line)
            except ValueError as error:
                what = f"a line cannot be written anew ({error})"
                raise shapes.ShapeError(self._path, what, shapes.JSON_FIX) from error
            members = {}
            text = document(found, self._column)
            if text is not None and isinstance(found[self._column], str) and not is_halved(text):
                members[TEXT] = text
                del found[self._column]
            if found or not members:
                members[JSON] = dumped(found)
            yield None, members

    def _of_table(self, table: pa.Table) -> Iterator[tuple[str | None, dict[str, bytes]]]:
        if len(set(table.column_names)) < len(table.column_names):
            self._refuse("two columns are called alike")
        if self.keyed:
            yield from self._of_samples(table)
            return
        own = [each.name for each in table.schema if _is_member(each.type) or self._is_text(each)]
        rest = table.drop_columns(own)
        others = [b""] * len(table)
        if rest.column_names:
            others, nan = shapes.objects(rest, self._path)
            self._nan += nan
        for row, other in zip(table.select(own).to_pylist(), others, strict=True):
            members: dict[str, bytes] = {}
            for name, value in row.items():
                if value is not None:
                    ending, data = self._member(name, value)
                    if ending in members:
                        self._refuse(f"two columns would be members {ending}")
                    members[ending] = data
            if other or not members:
                members[JSON] = other or b"{}"
            yield None, members

    def _of_samples(self, table: pa.Table) -> Iterator[tuple[str | None, dict[str, bytes]]]:
        """What came from a tar, or is as if it had."""
        names = [each for each in table.column_names if each != KEY]
        for name in names:
            if name != name.lower() or "/" in name:
                self._refuse(f"column {name} cannot be the ending of a member: no capitals, no /")
        for key, row in zip(table.column(KEY).to_pylist(), table.select(names).to_pylist(), strict=True):
            if "." in str(key).rpartition("/")[2]:
                self._refuse(f"{KEY} {key} has a dot: what is behind it would be read as the ending of a member")
            yield key, {"" if name == BARE else name: self._bytes(name, each)
                        for name, each in row.items() if each is not None}  # fmt: skip

    def _bytes(self, name: str, value: Any) -> bytes:
        if not isinstance(value, (str, bytes)):
            self._refuse(f"column {name}, beside {KEY}, holds neither text nor bytes")
        return value.encode() if isinstance(value, str) else bytes(value)

    def _is_text(self, of: pa.Field) -> bool:
        return of.name == self._column and arrays.is_text(of.type) and not arrays.is_list(of.type)

    def _member(self, name: str, value: Any) -> tuple[str, bytes]:
        """How the name of a member ends, and what it holds."""
        if isinstance(value, str):
            return TEXT, value.encode()
        data = value["bytes"] if isinstance(value, dict) else value
        if data is None:
            self._refuse(f"column {name} says where images are ({value['path']}), and holds none")
        if name == self._column and not isinstance(value, dict) and not is_image(data) and not is_no_text(data):
            return TEXT, data
        return member(name, data), data


def member(column: str, data: bytes) -> str:
    """How the name of a member ends that has bytes of a column."""
    known = next((ending for begin, ending in MAGIC.items() if data.startswith(begin)), "")
    known = known or ("webp" if data[8:12] == b"WEBP" else "bin")
    plain = "".join(each if each.isalnum() else "_" for each in column.lower())
    return known if plain in ("image", "img", known) else f"{plain}.{known}"


def documents(table: pa.Table, column: str, kind: Kind) -> Iterator[bytes | None]:
    """The documents of samples that were made of rows without keys; nothing for one that has none."""
    for row in table.to_pylist():
        found = None
        if kind == "image":
            found = next((data for ending, data in row.items() if isinstance(data, bytes)
                          and ending == member(column, data)), None)  # fmt: skip
        if found is None and row.get(TEXT) is not None:
            found = row[TEXT].encode()
        elif found is None and row.get(JSON) is not None:
            found = document(loaded(row[JSON].encode()), column)
        yield None if found is None or (kind == "text" and is_halved(found)) else found


def _is_member(kind: pa.DataType) -> bool:
    """Whether a column holds bytes, or images as Hugging Face's datasets have them."""
    import pyarrow as pa

    if pa.types.is_struct(kind):
        return {each.name for each in kind} == {"bytes", "path"} and _is_member(kind.field("bytes").type)
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))
