"""Files far away: read by ranges, the same as here, and what is wrong is said."""

from __future__ import annotations

import importlib
import re
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed: the extra remote has it")
pytest.importorskip("aiohttp", reason="aiohttp is not installed: the extra remote has it")
pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")
import pyarrow.parquet as pq  # noqa: E402

from tests.data.formats import made  # noqa: E402
from thirdwatt.data import store  # noqa: E402
from thirdwatt.data.files import files  # noqa: E402

TEXTS = ["one two", "", "größer", '東京\n"quoted", and more', "x" * 5000]


class Server:
    """A server of a folder, with ranges or without, that counts what it gives."""

    def __init__(self, folder: Path, *, ranges: bool = True) -> None:
        self.folder, self.ranges = folder, ranges
        self.sent_byte = self.failing = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Handler(BaseHTTPRequestHandler):
    def __init__(self, owner: Server, *arguments: Any) -> None:
        self.owner = owner
        super().__init__(*arguments)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = self.owner.folder / self.path.split("?")[0].lstrip("/")
        if path.is_dir():
            data = "".join(f'<a href="{each.name}">{each.name}</a>\n' for each in sorted(path.iterdir())).encode()
        elif path.is_file():
            data = path.read_bytes()
        else:
            self.send_error(404)
            return
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if self.owner.failing and wanted and self.command == "GET":
            self.owner.failing -= 1
            self.send_error(503)
            return
        begin, end = 0, len(data)
        if wanted and self.owner.ranges:
            begin, end = int(wanted[1]), min(len(data), int(wanted[2] or len(data)) + 1)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {begin}-{end - 1}/{len(data)}")
        else:
            self.send_response(200)
        if self.owner.ranges:
            self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", f'"{path.stat().st_mtime_ns}"')
        self.send_header("Content-Length", str(end - begin))
        self.end_headers()
        if self.command == "GET":
            self.owner.sent_byte += end - begin
            self.wfile.write(data[begin:end])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    found = Server(tmp_path)
    yield found
    found.close()


@pytest.fixture
def memory() -> Iterator[Any]:
    found = fsspec.filesystem("memory")
    yield found
    found.store.clear()
    found.pseudo_dirs[:] = [""]


@pytest.mark.parametrize("name", made.WRITERS)
def test_every_format_reads_the_same_from_far_away(tmp_path: Path, server: Server, memory: Any, name: str) -> None:
    path = made.write(tmp_path, name, TEXTS)
    memory.pipe_file(f"/set/{name}", path.read_bytes())
    column = "txt" if "tar" in name else "text"
    truth = [(row, each.encode()) for row, each in enumerate(TEXTS)]
    for where in (f"{server.url}/{name}?download=true", f"memory://set/{name}"):
        assert made.read(where, column) == (truth, [])
        assert made.read(where, column, 3) == (truth[3:], [])
        source = made.source(where)
        assert source.column == column
        found = [text for part in source.parts() for _, text in made.rows(source.part(part, made.none_bad))]
        assert found == [each.encode() for each in TEXTS]


def test_a_row_group_is_read_without_the_rest(tmp_path: Path, server: Server) -> None:
    draw = np.random.default_rng(0)
    texts = [draw.bytes(2000).hex() for _ in range(2000)]
    blobs = [draw.bytes(1000) for _ in range(2000)]
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": texts, "blob": blobs}), path, row_group_size=100, use_dictionary=False)
    source = made.source(f"{server.url}/a.parquet", "text")
    parts = source.parts()
    assert len(parts) == 20
    before = server.sent_byte
    found = made.rows(source.part(parts[7], made.none_bad))
    assert found == [(row, texts[row].encode()) for row in range(700, 800)]
    column = pq.ParquetFile(path).metadata.row_group(7).column(0).total_compressed_size
    assert server.sent_byte - before < column + 6 * (1 << 16) + 20_000
    assert server.sent_byte < path.stat().st_size / 4


@pytest.mark.parametrize("name", ["a.jsonl", "a.arrow", "a.tar"])
def test_a_part_is_read_without_the_rest(tmp_path: Path, server: Server, name: str) -> None:
    draw = np.random.default_rng(0)
    texts = [draw.bytes(250_000).hex() for _ in range(80)]
    path = made.write(tmp_path, name, texts)
    source = made.source(f"{server.url}/{name}", "txt" if "tar" in name else "text")
    parts = source.parts()
    before = server.sent_byte
    found = made.rows(source.part(parts[2], made.none_bad))
    assert 10 < len(found) < 25
    assert server.sent_byte - before < 3 * parts[2].stored_byte < path.stat().st_size


def test_what_is_read_once_is_not_sent_twice(tmp_path: Path, server: Server) -> None:
    texts = [np.random.default_rng(each).bytes(30_000).hex() for each in range(200)]
    for name in ("a.jsonl", "a.parquet", "a.arrow", "a.tar"):
        path = made.write(tmp_path, name, texts)
        source = made.source(f"{server.url}/{name}", "txt" if "tar" in name else "text")
        server.sent_byte = 0
        assert len(made.rows(source.texts(made.none_bad))) == len(texts)
        assert server.sent_byte < 1.3 * path.stat().st_size + (1 << 20)


def test_a_range_that_does_not_come_is_asked_for_again(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "PAUSES_S", (0, 0))
    made.write(tmp_path, "a.jsonl", TEXTS * 10)
    source = made.source(f"{server.url}/a.jsonl")
    server.failing = 2
    assert len(made.rows(source.texts(made.none_bad))) == 50
    server.failing = 1000
    bad: list[Any] = []
    assert made.rows(source.texts(bad.append)) == []
    assert [(each.row, each.reason) for each in bad] == [(0, "rest of the file cannot be read")]


def test_a_server_without_ranges_gives_what_is_read_from_its_beginning(tmp_path: Path) -> None:
    for name in ("a.jsonl", "a.csv.gz", "a.parquet"):
        made.write(tmp_path, name, TEXTS)
    server = Server(tmp_path, ranges=False)
    try:
        for name in ("a.jsonl", "a.csv.gz"):
            assert made.read(f"{server.url}/{name}", "text") == (
                [(n, each.encode()) for n, each in enumerate(TEXTS)],
                [],
            )
        large = tmp_path / "b.parquet"
        made.parquet(large, ["x" * 50 + str(each) for each in range(20_000)])
        with pytest.raises((OSError, ValueError)):
            made.source(f"{server.url}/b.parquet")
    finally:
        server.close()


def test_folders_and_patterns_of_a_store(tmp_path: Path, memory: Any) -> None:
    for name in ("set/data/a.parquet", "set/data/b.parquet", "set/README.md", "set/.cache/c.parquet", "other.txt"):
        memory.pipe_file(f"/{name}", b"xx")
    assert files("memory://set").paths == ("memory:///set/data/a.parquet", "memory:///set/data/b.parquet")
    assert files("memory://set").byte == 4
    assert files("memory://set/data/a*").paths == ("memory:///set/data/a.parquet",)
    assert files("memory://set/**/*.parquet").paths == files("memory://set").paths
    assert files("memory://other.txt").paths == ("memory:///other.txt",)
    assert files("memory://nothing").paths == ()
    assert files("memory://set/*.nothing").paths == ()


def test_a_page_of_links_is_a_folder(tmp_path: Path, server: Server) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        made.write(tmp_path, name if name == "a.jsonl" else "a.ndjson.bz2", TEXTS)
    found = files(f"{server.url}/")
    assert [store.name(each) for each in found.paths] == ["a.jsonl", "a.ndjson.bz2"]
    assert found.byte == sum(each.stat().st_size for each in tmp_path.iterdir())
    assert files(f"{server.url}/gone.jsonl").paths == ()


def test_a_signature_changes_with_its_file(tmp_path: Path, server: Server, memory: Any) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"one")
    memory.pipe_file("/a.txt", b"one")
    places = (str(path), f"{server.url}/a.txt", "memory://a.txt")
    before = [store.signature(each) for each in places]
    assert before == [store.signature(each) for each in places]
    assert [size for size, _ in before] == [3, 3, 3] == [store.size(each) for each in places]
    path.write_bytes(b"two")
    memory.pipe_file("/a.txt", b"two")
    after = [store.signature(each) for each in places]
    assert all(one != other for one, other in zip(before, after, strict=True))


WRONG = r"gone.jsonl|nokind|127.0.0.1:9"


@pytest.mark.parametrize("path", ["memory://gone.jsonl", "nokind://a/b.jsonl", "http://127.0.0.1:9/a.jsonl"])
def test_what_cannot_be_reached_is_said(path: str) -> None:
    with pytest.raises(OSError, match=WRONG):
        store.size(path)
    with pytest.raises(OSError, match=WRONG):
        store.opened(path)


@pytest.mark.parametrize(
    ("path", "library", "extra"),
    [("hf://datasets/a/b/c.parquet", "huggingface_hub", "hub"), ("http://a/b.jsonl", "aiohttp", "remote"),
     ("s3://a/b.jsonl", "s3fs", "s3")],
)  # fmt: skip
def test_a_missing_library_names_the_extra(
    path: str, library: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = importlib.import_module("fsspec.registry")
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.setitem(sys.modules, "fsspec.implementations.http", None)
    monkeypatch.delitem(registry._registry, path.split(":")[0], raising=False)
    with pytest.raises(store.NeededError, match=rf"{library}: pip install 'thirdwatt\[{extra}\]'") as told:
        store.opened(path)
    assert (told.value.name, told.value.extra) == (library, extra)


@pytest.mark.parametrize(
    ("path", "remote", "name"),
    [
        ("/a/b.txt", False, "b.txt"),
        ("b?.txt", False, "b?.txt"),
        ("file:///a/b.txt", False, "b.txt"),
        ("C:\\a", False, "C:\\a"),
        ("https://a/b.csv?x=1#y", True, "b.csv"),
        ("s3://a/b?.csv", True, "b?.csv"),
        ("hf://datasets/a/b/c.arrow", True, "c.arrow"),
    ],
)
def test_paths_and_addresses(path: str, remote: bool, name: str) -> None:
    assert (store.is_remote(path), store.name(path)) == (remote, name)
