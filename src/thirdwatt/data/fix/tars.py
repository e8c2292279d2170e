"""WebDataset: rows as samples of a tar, each a few members of one name.

The document becomes ``KEY.txt``, an image ``KEY.jpg`` or as it is, other columns together ``KEY.json``. What came from
a tar keeps its keys and endings. Headers say nothing of when and by whom: the same rows give the same file.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thirdwatt.data.formats.base import Rows
from thirdwatt.data.formats.webdataset import BARE, KEY

from . import shapes
from .written import Wrote, synced

if TYPE_CHECKING:
    import pyarrow as pa

MAGIC = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg", b"GIF8": "gif", b"BM": "bmp", b"II*\0": "tif", b"MM\0*": "tif"}
"""How images begin, and how their names end."""


class TarWriter:
    """Writes a tar of samples.

    Parameters
    ----------
    path
        Of the file; keys begin with its name up to the first dot.
    column
        Where the documents are.
    """

    def __init__(self, path: str, column: str) -> None:
        self._path, self._column = path, column
        self._stem = Path(path).name.split(".")[0]
        self._tar = tarfile.open(path, "w", format=tarfile.GNU_FORMAT)  # noqa: SIM115 - closed at the end
        self._rows = 0

    def write(self, rows: Rows) -> None:
        """Take in rows."""
        samples = self._of_lines(rows.lines) if rows.table is None else self._of_table(rows.table)
        for key, members in samples:
            name = key if key is not None else f"{self._stem}_{self._rows:06}"
            for ending, data in members.items():
                info = tarfile.TarInfo(f"{name}.{ending}" if ending else name)
                info.size = len(data)
                self._tar.addfile(info, io.BytesIO(data))
            self._rows += 1

    def close(self) -> Wrote:
        """Write what is left."""
        self._tar.close()
        return Wrote(self._rows, synced(self._path))

    def give_up(self) -> None:
        """Leave nothing behind."""
        self._tar.close()
        Path(self._path).unlink(missing_ok=True)

    def _of_lines(self, lines: tuple[bytes, ...]) -> Iterator[tuple[str | None, dict[str, bytes]]]:
        for line in lines:
            found = json.loads(line)
            text = found.pop(self._column, None)
            members = {}
            if isinstance(text, str):
                members["txt"] = text.encode("utf-8", "surrogatepass")
            elif text is not None:
                found[self._column] = text
            if found or not members:
                members["json"] = json.dumps(found, ensure_ascii=False).encode("utf-8", "surrogatepass")
            yield None, members

    def _of_table(self, table: pa.Table) -> Iterator[tuple[str | None, dict[str, bytes]]]:
        if KEY in table.column_names:
            keys = table.column(KEY).to_pylist()
            names = [each for each in table.column_names if each != KEY]
            for key, row in zip(keys, table.select(names).to_pylist(), strict=True):
                yield (
                    key,
                    {"" if name == BARE else name: _bytes(each) for name, each in row.items() if each is not None},
                )
            return
        own = [each.name for each in table.schema if _is_member(each.type) or self._is_text(each)]
        rest = table.drop_columns(own)
        others = shapes.objects(rest, self._path)[0] if rest.column_names else [b""] * len(table)
        for row, other in zip(table.select(own).to_pylist(), others, strict=True):
            members: dict[str, bytes] = {}
            for name, value in row.items():
                if value is not None:
                    ending, data = self._member(name, value)
                    if ending in members:
                        raise shapes.ShapeError(
                            self._path, f"two columns would be members {ending}", shapes.PARQUET_FIX
                        )
                    members[ending] = data
            if other or not members:
                members["json"] = other or b"{}"
            yield None, members

    def _is_text(self, of: pa.Field) -> bool:
        import pyarrow as pa

        return of.name == self._column and bool(pa.types.is_string(of.type) or pa.types.is_large_string(of.type))

    def _member(self, name: str, value: Any) -> tuple[str, bytes]:
        """How the name of a member ends, and what it holds."""
        if isinstance(value, str):
            return "txt", value.encode()
        data: bytes = value["bytes"] or b"" if isinstance(value, dict) else value
        known = next((ending for begin, ending in MAGIC.items() if data.startswith(begin)), "")
        known = known or ("webp" if data[8:12] == b"WEBP" else "bin")
        plain = "".join(each if each.isalnum() else "_" for each in name.lower())
        return (known if plain in ("image", "img", known) else f"{plain}.{known}"), data


def _bytes(value: Any) -> bytes:
    if not isinstance(value, (str, bytes)):
        raise shapes.ShapeError(f"column beside {KEY}", "holds neither text nor bytes", shapes.PARQUET_FIX)
    return value.encode() if isinstance(value, str) else value


def _is_member(kind: pa.DataType) -> bool:
    """Whether a column holds bytes, or images as Hugging Face's datasets have them."""
    import pyarrow as pa

    if pa.types.is_struct(kind):
        return {each.name for each in kind} == {"bytes", "path"} and _is_member(kind.field("bytes").type)
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))
