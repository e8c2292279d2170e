"""Types of columns: what rows have in common, tables of JSON lines and JSON lines of tables.

Nothing is lost in silence: what a type cannot hold raises :class:`ShapeError`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data.formats.jsonl import dumped, exactly

if TYPE_CHECKING:
    import pyarrow as pa

ROW_BYTES = 8
"""What a row counts beside its fields, so that a row group ends where fields are empty."""

OTHER_BYTES = 64
"""What a field of a type counts whose bytes nobody looks at."""

EXACT = 1 << 53
"""Whole numbers below are exact in floating point."""

PARSED_BYTES = 1 << 20
"""Lines of JSON parsed at once: fresh memory costs more than it saves."""

JSON_FIX = "write JSON lines: dedup --format jsonl, convert --to jsonl"
PARQUET_FIX = "write Parquet: dedup --format parquet, convert --to parquet"


class ShapeError(ValueError):
    """Rows that a format cannot hold without a loss.

    Attributes
    ----------
    what, fix
        What the rows have, and what to do.
    """

    def __init__(self, path: str, what: str, fix: str) -> None:
        super().__init__(f"{path}: {what}")
        self.what, self.fix = what, fix


@contextmanager
def read_from(where: Callable[[], str]) -> Iterator[None]:
    """Name what rows were read from in errors, and not the file that they were to be written to."""
    try:
        yield
    except ShapeError as error:
        raise ShapeError(where(), error.what, error.fix) from error


# --- how large rows are, and which types they have in common ----------------------------------------------------------


def sizes(table: pa.Table) -> NDArray[np.int64]:
    """Bytes of each row, whatever the batches: those of its fields that are not null, and some for the row itself."""
    found = np.full(len(table), ROW_BYTES, np.int64)
    for column in table.columns:
        at = 0
        for chunk in column.chunks:
            found[at : at + len(chunk)] += _sizes(chunk)
            at += len(chunk)
    return found


def _sizes(column: pa.Array) -> NDArray[np.int64]:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if isinstance(column, pa.ExtensionArray):
        return _sizes(column.storage)
    if pa.types.is_struct(kind):
        found = np.zeros(len(column), np.int64)
        for each in column.flatten():
            found += _sizes(each)
        return found
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        ends = np.cumsum(_numbers(pc.list_value_length(column)))
        sums = np.concatenate((np.zeros(1, np.int64), np.cumsum(_sizes(column.flatten()))))
        return np.diff(sums[ends], prepend=0)
    if _is_view(kind):
        column = column.cast(pa.large_binary())
    if _is_bytes(column.type):
        return _numbers(pc.binary_length(column))
    if pa.types.is_null(kind):
        return np.zeros(len(column), np.int64)
    return _numbers(column.is_valid()) * _width(kind)


def _numbers(column: pa.Array) -> NDArray[np.int64]:
    """Whole numbers, 0 where there is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found: NDArray[np.int64] = pc.fill_null(column.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    return found


def _width(kind: Any) -> int:
    """Bytes of a value of a type of one width; for others a guess."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return int(kind.index_type.bit_width) // 8
    if pa.types.is_fixed_size_list(kind):
        return int(kind.list_size) * _width(kind.value_type)
    try:
        return max(1, int(kind.bit_width) // 8)
    except ValueError:
        return OTHER_BYTES


def nothing() -> pa.Schema:
    """The schema of no columns."""
    import pyarrow as pa

    return pa.schema([])


def united(one: pa.Schema, other: pa.Schema, path: str) -> pa.Schema:
    """A schema that holds the rows of two; the first one itself, if it does.

    What the first says of all columns (Hugging Face's features) is given up where they change.

    Raises
    ------
    ShapeError
        If a column has types that have nothing in common.
    """
    import pyarrow as pa

    if one.equals(other):
        return one
    for each in (one, other):
        if len(set(each.names)) < len(each.names):
            raise ShapeError(path, "columns are called alike in one file, and another has other columns", JSON_FIX)
    names = [*one.names, *(each for each in other.names if each not in one.names)]
    fields = []
    for name in names:
        kinds = [each.field(name).type for each in (one, other) if name in each.names]
        fields.append(pa.field(name, _united(kinds, name, path)))
    found = pa.schema(fields)
    return one if found.equals(one) else found


def _united(kinds: list[Any], name: str, path: str) -> Any:
    """The type that holds what two hold."""
    import pyarrow as pa

    if len(kinds) < 2 or kinds[0].equals(kinds[1]):
        return kinds[0]
    plain = [each.value_type if pa.types.is_dictionary(each) else each for each in kinds]
    for some in (kinds, plain):
        schemas = [pa.schema([("it", each)]) for each in some]
        try:
            return pa.unify_schemas(schemas, promote_options="permissive").field(0).type
        except pa.ArrowException:
            continue
    what = f"column {name} is {kinds[0]} in some rows and {kinds[1]} in others"
    raise ShapeError(path, what, f"{JSON_FIX}, or give only one of them")


def fitted(tables: Sequence[pa.Table], shape: pa.Schema, path: str) -> pa.Table:
    """Tables as one of a schema, each column in one piece, so that nothing tells how they were batched.

    Raises
    ------
    ShapeError
        If a value would be another.
    """
    import pyarrow as pa

    found = []
    for table in tables:
        if not table.schema.equals(shape):
            columns = []
            for field in shape:
                place = table.schema.get_field_index(field.name)
                try:
                    columns.append(_as(table.column(place), field.type) if place >= 0 else _none(table, field.type))
                except pa.ArrowException as error:
                    what = f"column {field.name} cannot be {field.type} in all rows ({error})"
                    raise ShapeError(path, what, JSON_FIX) from error
            table = pa.Table.from_arrays(columns, schema=shape)
        found.append(table.replace_schema_metadata(shape.metadata))
    try:
        return pa.concat_tables(found).unify_dictionaries().combine_chunks()
    except pa.ArrowInvalid as error:
        raise ShapeError(
            path, f"a column of a dictionary has more values than it can count ({error})", JSON_FIX
        ) from error


def _none(table: pa.Table, kind: Any) -> pa.ChunkedArray:
    import pyarrow as pa

    return pa.chunked_array([pa.nulls(len(table), kind)])


def _as(column: pa.ChunkedArray, kind: Any) -> pa.ChunkedArray:
    """A column as one of another type."""
    import pyarrow as pa

    return pa.chunked_array([_cast(each, kind, lambda own, to: own.cast(to)) for each in column.chunks], kind)


def _cast(column: pa.Array, kind: Any, leaf: Callable[[pa.Array, Any], pa.Array]) -> pa.Array:
    """An array as one of another type, whose objects may have more members."""
    import pyarrow as pa
    import pyarrow.compute as pc

    own = column.type
    if own.equals(kind):
        return column
    if pa.types.is_null(own) or pa.types.is_null(kind):
        return pa.nulls(len(column), kind)
    if pa.types.is_struct(own) and pa.types.is_struct(kind):
        members = {field.name: each for field, each in zip(own, column.flatten(), strict=True)}
        fields = list(kind)
        made = [
            _cast(members[each.name], each.type, leaf) if each.name in members else pa.nulls(len(column), each.type)
            for each in fields
        ]
        if not fields:
            return column.cast(kind)
        return pa.StructArray.from_arrays(made, fields=fields, mask=column.is_null())
    is_lists = [pa.types.is_list(each) or pa.types.is_large_list(each) for each in (own, kind)]
    if all(is_lists):
        ends = np.concatenate((np.zeros(1, np.int64), np.cumsum(_numbers(pc.list_value_length(column)))))
        is_large = pa.types.is_large_list(kind)
        nulls = np.append(column.is_null().to_numpy(zero_copy_only=False), False)
        offsets = pa.array(ends, pa.int64() if is_large else pa.int32(), mask=nulls)
        values = _cast(column.flatten(), kind.value_type, leaf)
        return (pa.LargeListArray if is_large else pa.ListArray).from_arrays(offsets, values, type=kind)
    return leaf(column, kind)


def check_parquet(shape: pa.Schema, path: str) -> None:
    """See whether Parquet has all types of a schema.

    Raises
    ------
    ShapeError
        If it has not.
    """
    import pyarrow as pa

    for field in shape:
        for name, kind in leaves(field.name, field.type):
            if pa.types.is_struct(kind):
                raise ShapeError(path, f"column {name} holds objects without members, Parquet cannot", JSON_FIX)


def leaves(name: str, kind: Any) -> Iterator[tuple[str, Any]]:
    """The types in a type that have none in them, each with where it is: ``meta.tags[]``."""
    import pyarrow as pa

    if pa.types.is_struct(kind) and kind.num_fields:
        for each in kind:
            yield from leaves(f"{name}.{each.name}", each.type)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        yield from leaves(f"{name}[]", kind.value_type)
    else:
        yield name, kind


# --- tables of JSON lines ---------------------------------------------------------------------------------------------


def table(lines: Sequence[bytes], known: pa.Schema | None, path: str) -> pa.Table:
    """Objects of JSON as a table. Texts stay texts, also where they look like points in time.

    Parameters
    ----------
    known
        Types of columns that are known from rows before.

    Raises
    ------
    ShapeError
        If a member has values that no type has in common, or numbers that would lose digits.
    """
    import pyarrow as pa

    found = None
    settled = pa.schema([each for each in known if _is_settled(each.type)]) if known is not None else None
    for schema in (settled, None):
        try:
            found = _parsed(lines, schema)
            break
        except pa.ArrowInvalid:
            continue
    if found is None:
        found = _again(lines, path)
    _check_digits(found, lines, path)
    return found


def _again(lines: Sequence[bytes], path: str) -> pa.Table:
    """What could not be parsed, written anew: a member may be there twice."""
    import pyarrow as pa

    try:
        values = [exactly(each) for each in lines]
        _check_kinds(values, path)
        return _parsed([dumped(each) for each in values], None)
    except ShapeError:
        raise
    except (ValueError, TypeError, pa.ArrowInvalid) as error:
        raise ShapeError(path, f"a line cannot be read as columns ({error})", JSON_FIX) from error


def _parsed(lines: Sequence[bytes], schema: pa.Schema | None) -> pa.Table:
    """Lines as columns of the types that are given, others by what stands there.

    Raises
    ------
    pyarrow.ArrowInvalid
        If there are none.
    """
    import pyarrow as pa
    from pyarrow import json as reader

    data = b"\n".join(lines)
    block = max(PARSED_BYTES, max(map(len, lines)) + 2)

    def read(schema: pa.Schema | None) -> pa.Table:
        return reader.read_json(
            pa.BufferReader(data),
            read_options=reader.ReadOptions(use_threads=False, block_size=block),
            parse_options=reader.ParseOptions(explicit_schema=schema, newlines_in_values=False),
        )

    found = read(schema)
    plain = pa.schema([each.with_type(_mapped(each.type, pa.types.is_timestamp)) for each in found.schema])
    known = () if schema is None else schema.names
    # Of lists whose type is not given, or is that of nulls, the parser loses nulls before the first value.
    lists = any("[]" in place for each in plain if each.name not in known for place, _ in leaves("", each.type))
    if lists or not plain.equals(found.schema):
        found = read(pa.schema([each.with_type(_mapped(each.type, pa.types.is_null)) for each in plain]))
        columns = [_as(each, field.type) for field, each in zip(plain, found.columns, strict=True)]
        found = pa.Table.from_arrays(columns, schema=plain)
    found.validate()
    if len(found) != len(lines):
        raise pa.ArrowInvalid("a line is no object")
    return found


def _mapped(kind: Any, which: Callable[[Any], bool]) -> Any:
    """A type with texts where it has some others: the parser takes texts for points in time that look like some."""
    import pyarrow as pa

    if which(kind):
        return pa.string()
    if pa.types.is_list(kind):
        return pa.list_(_mapped(kind.value_type, which))
    if pa.types.is_struct(kind):
        return pa.struct([each.with_type(_mapped(each.type, which)) for each in kind])
    return kind


def _is_settled(kind: Any) -> bool:
    """Whether the parser may be told a type: one of JSON, in which all is known."""
    import pyarrow as pa

    is_json = (pa.types.is_string, pa.types.is_int64, pa.types.is_float64, pa.types.is_boolean)
    return all(any(each(own) for each in is_json) for _, own in leaves("", kind))


def _check_kinds(values: Sequence[Any], path: str) -> None:
    """Look for a member that is of one kind in some objects and of another in others."""
    seen: dict[str, tuple[str, Any]] = {}
    for value in values:
        for name, each in _members("", value):
            kind = _kind(each)
            before = seen.setdefault(name, (kind, each))
            if kind != before[0]:
                what = f"column {name} is {before[0]} ({_short(before[1])}) in some rows and {kind} ({_short(each)})"
                raise ShapeError(path, f"{what} in others", JSON_FIX)


def _members(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """All that is in a value, itself first, with where it is; nulls are nothing."""
    if value is None:
        return
    if name:
        yield name, value
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _members(f"{name}.{key}" if name else key, each)
    elif isinstance(value, list):
        for each in value:
            yield from _members(f"{name}[]", each)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    return "text" if isinstance(value, str) else "a list" if isinstance(value, list) else "an object"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 30 else f"{text[:27]}..."


def _check_digits(found: pa.Table, lines: Sequence[bytes], path: str) -> None:
    """See whether whole numbers that became floating ones are the same."""
    import pyarrow as pa

    suspect = set()
    for batch in found.to_batches():
        for field, column in zip(batch.schema, batch.columns, strict=True):
            for name, own in _values(field.name, column):
                if pa.types.is_float64(own.type) and _largest(own) >= EXACT:
                    suspect.add(name)
    if not suspect:
        return
    for line in lines:
        for name, value in _members("", exactly(line)):
            if name in suspect and isinstance(value, int) and _loses_digits(value):
                why = f"lose digits beside others, or in 64 bits ({_short(value)})"
                what = f"column {name} has whole numbers that {why}"
                raise ShapeError(path, what, JSON_FIX)


def _loses_digits(value: int) -> bool:
    """Whether a whole number is another one in floating point."""
    try:
        return int(float(value)) != value
    except OverflowError:
        return True


def _values(name: str, column: pa.Array) -> Iterator[tuple[str, pa.Array]]:
    """The values in an array that have none in them, as :func:`leaves` names them."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_struct(kind) and kind.num_fields:
        for field, each in zip(kind, column.flatten(), strict=True):
            yield from _values(f"{name}.{field.name}", each)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        yield from _values(f"{name}[]", column.flatten())
    else:
        yield name, column


def _largest(column: pa.Array) -> float:
    import pyarrow.compute as pc

    found = pc.max(pc.abs(column)).as_py()
    return 0.0 if found is None else float(found)


# --- JSON lines of tables ---------------------------------------------------------------------------------------------


def objects(found: pa.Table, path: str) -> tuple[list[bytes], int]:
    """Rows as objects of JSON, and how many numbers are none or infinite: they become ``null``.

    Raises
    ------
    ShapeError
        If a column holds what JSON has not.
    """
    import orjson
    import pyarrow as pa

    names = found.schema.names
    if len(set(names)) < len(names):
        raise ShapeError(path, "two columns are called alike, an object cannot have both", PARQUET_FIX)
    nan = 0
    columns: list[list[Any]] = []
    for field in found.schema:
        for name, own in leaves(field.name, field.type):
            _check_json(name, own, path)
        column = found.column(field.name)
        kind = _in_json(field.type)
        values: list[Any] = []
        for chunk in column.chunks:
            plain = _cast(chunk, kind, _said)
            nan += sum(_nan(own) for _, own in _values("", plain))
            try:
                values += plain.to_pylist()
            except (UnicodeDecodeError, pa.ArrowInvalid) as error:
                what = f"column {field.name} holds texts that are no UTF-8, JSON cannot"
                raise ShapeError(path, what, PARQUET_FIX) from error
        columns.append(values)
    rows = zip(*columns, strict=True) if columns else iter([()] * len(found))
    return [orjson.dumps(dict(zip(names, row, strict=True))) for row in rows], nan


def _check_json(name: str, kind: Any, path: str) -> None:
    """See whether JSON can hold values of a type."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if (_is_bytes(kind) and not _is_words(kind)) or pa.types.is_binary_view(kind):
        raise ShapeError(path, f"column {name} holds bytes, JSON cannot", PARQUET_FIX)
    other = pa.types.is_nested(kind) and not pa.types.is_struct(kind)
    if other or pa.types.is_duration(kind) or pa.types.is_interval(kind) or isinstance(kind, pa.BaseExtensionType):
        raise ShapeError(path, f"column {name} holds {kind}, JSON cannot", PARQUET_FIX)


def _in_json(kind: Any) -> Any:
    """The type of what stands in JSON for values of a type."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return _in_json(kind.value_type)
    if pa.types.is_temporal(kind) or pa.types.is_decimal(kind) or _is_view(kind):
        return pa.string()
    if pa.types.is_float16(kind):
        return pa.float32()
    if pa.types.is_list(kind):
        return pa.list_(_in_json(kind.value_type))
    if pa.types.is_large_list(kind):
        return pa.large_list(_in_json(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([each.with_type(_in_json(each.type)) for each in kind])
    return kind


def _said(column: pa.Array, kind: Any) -> pa.Array:
    """Values as JSON has them; points in time as in ISO 8601, in UTC where they know a zone."""
    import pyarrow as pa
    import pyarrow.compute as pc

    own = column.type
    if pa.types.is_dictionary(own):
        return _cast(column.dictionary_decode(), kind, _said)
    if pa.types.is_timestamp(own):
        if own.tz is not None:
            column = column.cast(pa.timestamp(own.unit, "UTC"))
        return pc.replace_substring(column.cast(kind), " ", "T")
    return column.cast(kind)


def _nan(column: pa.Array) -> int:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_floating(column.type):
        return 0
    return int(pc.sum(pc.invert(pc.is_finite(column))).as_py() or 0)


def _is_bytes(kind: Any) -> bool:
    """Whether a type holds texts or bytes behind offsets, or bytes of one length."""
    import pyarrow as pa

    is_one = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    return any(each(kind) for each in is_one) or _is_words(kind)


def _is_words(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_view(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string_view(kind) or pa.types.is_binary_view(kind))
