"""The ring: no mark is lost but by overwriting, and no total ever."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.meter.scripted import python
from thirdwatt.meter import ring


def opened(path: Path, capacity: int = 64) -> ring.Ring:
    return ring.Ring(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), str(path), 5, rank=3, capacity=capacity)


def test_marks_are_read_back(tmp_path: Path) -> None:
    own = opened(tmp_path / "r")
    own.of("a").mark(10, 15, 7)
    with ring.Phase(own.of("outer")), ring.Phase(own.of("outer")):
        own.of("a").mark(20, 21)
    found = ring.read(str(tmp_path / "r"))
    assert found.ok
    assert (found.pid, found.rank, found.began_ns, found.lost) == (os.getpid(), 3, 5, 0)
    assert found.records[:2] == [("a", 10, 15, 7, 1), ("a", 20, 21, 0, 2)]
    assert found.totals["a"] == (2, 6, 7)
    inner, outer = (each for each in found.records if each[0] == "outer")
    assert outer[1] <= inner[1] <= inner[2] <= outer[2]
    own.stop()
    own.of("a").mark(1, 2)
    assert ring.read(str(tmp_path / "r")).totals["a"] == (2, 6, 7)


@pytest.mark.parametrize("marks", [1, 31, 32, 63, 64, 65, 96, 97, 1000])
def test_an_overflow_loses_no_total(tmp_path: Path, marks: int) -> None:
    own = opened(tmp_path / "r")
    own.of("rare").mark(0, 1000, 1)
    for number in range(marks):
        own.of(f"n{number % 3}").mark(number, number + 2, 10)
    found = ring.read(str(tmp_path / "r"))
    assert sum(total[0] for total in found.totals.values()) == marks + 1
    assert found.totals["rare"] == (1, 1000, 1)
    assert sum(total[1] for name, total in found.totals.items() if name != "rare") == 2 * marks
    assert sum(total[2] for name, total in found.totals.items() if name != "rare") == 10 * marks
    assert len(found.records) == min(64, marks + 1)
    assert found.lost == max(0, marks + 1 - 64)
    own.stop()


def test_more_names_than_places_share_the_last(tmp_path: Path) -> None:
    own = opened(tmp_path / "r", 4096)
    for number in range(300):
        own.of(f"name {number}").mark(0, 1)
    found = ring.read(str(tmp_path / "r"))
    assert sum(total[0] for total in found.totals.values()) == 300
    assert len(found.totals) == ring.NAMES
    assert found.totals["(other)"][0] == 300 - ring.NAMES + 1
    own.stop()


def test_threads_share_a_name(tmp_path: Path) -> None:
    own = opened(tmp_path / "r", 1 << 15)

    def work() -> None:
        for _ in range(3000):
            with ring.Phase(own.of("shared")):
                pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    found = ring.read(str(tmp_path / "r"))
    assert found.totals["shared"][0] == 12_000
    assert [record[4] for record in found.records] == list(range(1, 12_001))
    own.stop()


@pytest.mark.parametrize("attempt", range(3))
def test_a_kill_loses_no_mark(tmp_path: Path, attempt: int) -> None:
    path = tmp_path / "r"
    process = python(
        """
        import os, sys
        from thirdwatt.meter import ring
        own = ring.Ring(os.open(sys.argv[1], os.O_RDWR | os.O_CREAT), sys.argv[1], 0, capacity=4096)
        series, other, number = own.of("a"), own.of("b"), 0
        while True:
            series.mark(number, number + 1, 2)
            other.mark(number, number + 3)
            number += 1
            os.write(1, b"x")
        """,
        str(path),
    )
    assert process.stdout is not None
    process.stdout.read(5000 + 3001 * attempt)
    process.kill()
    said = 5000 + 3001 * attempt + len(process.stdout.read())
    process.communicate()
    found = ring.read(str(path))
    marks, ns, tokens = found.totals["a"]
    assert marks - said in (0, 1)
    assert (ns, tokens) == (marks, 2 * marks)
    assert found.totals["b"][1] == 3 * found.totals["b"][0]
    assert [record[4] for record in found.records] == sorted(record[4] for record in found.records)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_bytes_are_read(data: st.DataObject) -> None:
    own = ring.Ring(-1, "", 0, capacity=16)
    for number in range(20):
        own.of("a").mark(number, number + 1)
    raw = bytearray(own.buffer)
    for _ in range(data.draw(st.integers(0, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    ring.parsed(bytes(raw[: data.draw(st.integers(0, len(raw)))]))
    ring.parsed(data.draw(st.binary(max_size=64)))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 16 * 64))
def test_a_cut_ring_keeps_its_totals(length: int) -> None:
    own = ring.Ring(-1, "", 0, capacity=16)
    for number in range(10):
        own.of("a").mark(number, number + 1)
    own.flush()
    found = ring.parsed(bytes(own.buffer[: ring.PAGE + length]))
    assert found.totals["a"] == (10, 10, 0)
    assert [each[4] for each in found.records] == list(range(1, min(10, length // 64) + 1))
