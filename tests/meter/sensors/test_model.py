"""What is modelled is a range that holds its value, grows with what is known, and is never a reading."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.meter.sensors.conftest import Machine
from thirdwatt.meter.sensors import model

TIME = st.floats(0, 1e6)
SHARE = st.floats(0, 1)


@given(TIME, TIME, SHARE, st.integers(0, 512), st.integers(0, 8), st.integers(0, 2**42))
def test_the_value_lies_in_its_range(
    cpu_s: float, wall_s: float, share: float, threads: int, packages: int, memory: int
) -> None:
    found = model.estimate(cpu_s, wall_s, share, threads=threads, packages=packages, memory_bytes=memory)
    assert 0 <= found.low <= found.value * (1 + 1e-9)
    assert found.value <= found.high * (1 + 1e-9)
    board = model.accelerator(cpu_s, wall_s, 700.0)
    assert 0 <= board.low <= board.value * (1 + 1e-9) <= board.high * (1 + 2e-9)
    assert board.high <= 700.0 * wall_s * (1 + 1e-9)


@given(st.floats(1, 1e5), st.floats(0, 1), st.integers(1, 64), SHARE)
def test_the_truth_of_any_processor_in_use_lies_in_the_range(
    wall_s: float, load: float, threads: int, share: float
) -> None:
    found = model.cpu(load * threads * wall_s, wall_s, 1.0, threads)
    for power in model.PACKAGE_W:  # whatever idling takes, between none and a third
        for idle in (0.0, model.IDLE[1]):
            work = power * wall_s * load * (1 - idle)
            assert found.low * (1 - 1e-9) <= work <= found.high * (1 + 1e-9)
    assert model.cpu(load * threads * wall_s, wall_s, share, threads).high <= found.high * (1 + 1e-9)


def test_an_unknown_processor_spans_all_that_are_in_use() -> None:
    found = model.cpu(6.0 * 2, 6.0, 1.0, threads=2)
    assert found.high == pytest.approx(500 * 6)
    assert found.low == pytest.approx(8 * 6 * 0.65)
    assert model.cpu(6.0, 6.0, 1.0, threads=2).high < found.high


def test_a_terabyte_is_no_378_watts() -> None:
    found = model.dram(1.0, 1.0, 2**40, 2)
    assert found.low == pytest.approx(4 * 1.5)
    assert found.high == pytest.approx(32 * 5)
    assert model.dram(1.0, 0.1, 2**40, 2).high == pytest.approx(16)


def test_what_a_machine_says_of_itself(machine: Machine) -> None:
    rows = "".join(f"processor : {place}\nmodel name : Big CPU\nphysical id : {place // 2}\n\n" for place in range(4))
    machine.write("proc/cpuinfo", rows)
    machine.write("proc/meminfo", "MemTotal: 1024 kB")
    assert model.host(machine.root) == ("Big CPU", 2, 4, 1024 * 1024, False)
    assert model.host(machine.root + "/nothing") == ("", 0, 0, 0, False)
