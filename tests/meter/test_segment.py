"""Segments: whatever happens to a file, what is read of it was written."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.meter.scripted import python
from thirdwatt.meter import segment

HEADER = segment.dumped({"v": 1, "n": 0, "channels": [["a", "b", "c", "device", "counter", "J", 0, "x"]]})


def written(path: Path, samples: int = 40) -> list[tuple[int, int, list[tuple[float, int] | None]]]:
    writer = segment.Writer(str(path))
    writer.write("H", HEADER, 0.0)
    writer.write("C", "1 2 3", 0.0)
    for number in range(samples):
        writer.write("S", segment.sample(0, number * 10, [(number / 3, number * 10)]), float(number))
    writer.write("N", segment.dumped({"note": "line\nbreak \x00 é"}), 1.0)
    writer.write("E", segment.dumped({"how": "finished"}), float(samples))
    writer.close()
    return [(0, number * 10, [(number / 3, number * 10)]) for number in range(samples)]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    expected = written(tmp_path / "s")
    found = segment.read(str(tmp_path / "s"))
    assert found.samples == expected
    assert found.clocks == [(1, 2, 3)]
    assert found.notes == [{"note": "line\nbreak \x00 é"}]
    assert found.end == {"how": "finished"}
    assert found.bad == 0
    assert segment.head(str(tmp_path / "s")) == found.headers[0]


def test_values_keep_their_own_time_and_all_their_digits() -> None:
    text = segment.sample(3, 10**15, [(0.1 + 0.2, 10**15), None, (7, 10**15 + 2_000_000), (float("nan"), 1)])
    data = segment.line("S", text)
    expected = (3, 10**15, [(0.1 + 0.2, 10**15), None, (7.0, 10**15 + 2_000_000), None])
    assert segment.parsed(data).samples == [expected]


def test_a_missing_file_is_an_empty_segment(tmp_path: Path) -> None:
    assert segment.read(str(tmp_path / "none")).samples == []


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_torn_and_flipped_files_lose_lines_and_invent_none(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("torn") / "s"
    expected = written(path, samples=12)
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = raw[: data.draw(st.integers(0, len(raw)))]
    found = segment.parsed(bytes(cut))
    assert all(each in expected for each in found.samples)
    assert found.end in (None, {"how": "finished"})
    assert all(header["v"] == 1 for header in found.headers.values())


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read(raw: bytes) -> None:
    found = segment.parsed(raw)
    assert found.samples == []
    segment.parsed(segment.line("S", raw.decode("latin-1")))
    segment.parsed(segment.line("H", raw.decode("latin-1")))
    segment.parsed(segment.line("E", "[" * 10_000))


def test_a_torn_end_loses_one_line(tmp_path: Path) -> None:
    path = tmp_path / "s"
    expected = written(path)
    raw = path.read_bytes()
    at = raw.index(b"S 0 390 ") + 4
    assert segment.parsed(raw[:at]).samples == expected[:-1]


def test_what_a_full_disk_refuses_is_kept_and_written_later(tmp_path: Path) -> None:
    path = tmp_path / "s"
    spare = os.memfd_create("spare")
    before, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    writer = segment.Writer(str(path), spare)
    writer.write("H", HEADER, 0.0)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500, hard))
        for number in range(100):
            writer.write("S", segment.sample(0, number, [(1.0, number)]), 0.01 * number)
        full = segment.read(str(path))
        assert 1 < len(full.samples) < 40
        assert "no space" in writer.trouble.lower() or "too large" in writer.trouble.lower()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, hard))
        signal.signal(signal.SIGXFSZ, old)
    # the limit holds for files in memory too; a disk that is full leaves those alone, as test_run shows on a real one
    writer.write("S", segment.sample(0, 100, [(1.0, 100)]), 1000.0)
    writer.close()
    found = segment.read(str(path))
    assert [each[1] for each in found.samples] == list(range(101))
    assert os.fstat(spare).st_size == 0
    os.close(spare)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "SPARE_BYTES", 4000)
    spare = os.memfd_create("spare")
    writer = segment.Writer("", spare)
    writer.write("H", HEADER, 0.0)
    for number in range(2000):
        writer.write("S", segment.sample(0, number, [(1.0, number)]), float(number))
        assert os.fstat(spare).st_size <= 4100
    found = segment.parsed(os.pread(spare, 1 << 20, 0))
    times = [each[1] for each in found.samples]
    assert found.headers
    assert times == sorted(times)
    assert times[0] == 0
    assert times[-1] == 1999
    assert writer.dropped == 2000 - len(times)
    os.close(spare)


def test_lines_are_whole_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "s"
    process = python(
        """
        import sys
        from thirdwatt.meter import segment
        writer = segment.Writer(sys.argv[1])
        number = 0
        while True:
            writer.write("S", segment.sample(0, number, [(1.0, number)]), 0.0)
            number += 1
            if number == 200:
                print("on", flush=True)
        """,
        str(path),
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.kill()
    process.communicate()
    found = segment.read(str(path))
    assert found.bad == 0
    assert [each[1] for each in found.samples] == list(range(len(found.samples)))
    assert len(found.samples) >= 200
