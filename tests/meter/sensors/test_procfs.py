"""procfs: the node's work, and that of a job with all it started, the ended included."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time

import pytest

from tests.meter.sensors.conftest import Machine
from thirdwatt.meter.sensors.procfs import WALK_NS, Procfs

TICK = os.sysconf("SC_CLK_TCK")
SECOND = 1_000_000_000


def node(machine: Machine, *fields: int) -> None:
    machine.write("proc/stat", f"cpu  {' '.join(map(str, fields))}\ncpu0 1 1 1 1")


def process(machine: Machine, pid: int, parent: int, ticks: int, waited: int = 0, children: str | None = "") -> None:
    fields = ["S", parent, *[0] * 9, ticks, 0, waited, 0, *[0] * 30]
    machine.write(f"proc/{pid}/stat", f"{pid} (py (x) y) {' '.join(map(str, fields))}")
    if children is not None:
        machine.write(f"proc/{pid}/task/{pid}/children", children)


def gone(machine: Machine, pid: int) -> None:
    machine.write(f"proc/{pid}/stat", "")  # as the kernel answers for a process that is no more: nothing


def job(procfs: Procfs, now_ns: int) -> float:
    found = {each.channel: float(each.value) for each in procfs.read(now_ns) if each.channel == "procfs:job:cpu"}
    return round(found["procfs:job:cpu"] * TICK)


def test_the_node_is_busy_where_it_is_neither_idle_nor_waiting(machine: Machine) -> None:
    node(machine, 100, 20, 30, 5000, 600, 7, 3, 900, 50, 0)
    machine.write("proc/meminfo", "MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 400 kB")
    procfs = Procfs(machine.root, tree=False)
    assert procfs.probe().ok
    assert [(each.id, each.unit) for each in procfs.open()] == [("procfs:node:cpu", "s"), ("procfs:node:memory", "B")]
    assert procfs.read(3) == [("procfs:node:cpu", 160 / TICK, 3), ("procfs:node:memory", 600 * 1024, 3)]
    node(machine, 1)
    machine.write("proc/meminfo", "MemTotal: x")
    assert [each.value for each in procfs.read(4)] == [None, None]
    procfs.close()
    assert procfs.read(5) == []


def test_an_account_that_is_dear_to_read_is_read_rarely(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    node(machine, 1, 1, 1, 1, 1, 1, 1)
    clock = iter(range(0, 10**9, 1_000_000))
    monkeypatch.setattr(time, "thread_time_ns", lambda: next(clock))  # a millisecond for each reading
    procfs = Procfs(machine.root, tree=False)
    procfs.open()
    seen = [procfs.read(0)[0]]
    node(machine, 9, 9, 9, 9, 9, 9, 9)
    seen += [procfs.read(now_ns)[0] for now_ns in (SECOND, 4 * SECOND - 1, 4 * SECOND)]
    assert [(round(each.value * TICK), each.t_ns) for each in seen] == [(5, 0)] * 3 + [(45, 4 * SECOND)]
    procfs.close()


@pytest.mark.parametrize("listed", [True, False])
def test_a_job_is_a_process_and_all_it_started(machine: Machine, listed: bool) -> None:
    node(machine, 1, 1, 1, 1, 1, 1, 1)
    for pid, parent, children in ((10, 1, "11 12"), (11, 10, "13"), (12, 10, ""), (13, 11, ""), (99, 1, "")):
        process(machine, pid, parent, pid, children=children if listed else None)
    procfs = Procfs(machine.root, pid=10)
    assert "process-10" in [each.device for each in procfs.open()]
    assert job(procfs, 0) == 10 + 11 + 12 + 13
    process(machine, 13, 11, 113, children="" if listed else None)
    assert job(procfs, SECOND) == 10 + 11 + 12 + 113
    procfs.close()


def test_new_processes_are_found_at_the_next_walk(machine: Machine) -> None:
    node(machine, 1, 1, 1, 1, 1, 1, 1)
    process(machine, 10, 1, 100)
    procfs = Procfs(machine.root, pid=10)
    procfs.open()
    assert job(procfs, 0) == 100
    process(machine, 10, 1, 100, children="11")
    process(machine, 11, 10, 7)
    assert job(procfs, WALK_NS - 1) == 100
    assert job(procfs, WALK_NS) == 107
    procfs.close()


def test_an_ended_process_is_counted_once_whether_its_parent_waits_or_not(machine: Machine) -> None:
    node(machine, 1, 1, 1, 1, 1, 1, 1)
    process(machine, 10, 1, 100, children="11 12")
    process(machine, 11, 10, 50)
    process(machine, 12, 10, 70)
    procfs = Procfs(machine.root, pid=10)
    procfs.open()
    assert job(procfs, 0) == 220
    gone(machine, 11)
    process(machine, 10, 1, 100, waited=55, children="12")  # it worked on a little before it ended
    assert job(procfs, 1) == 225
    assert job(procfs, 2) == 225
    gone(machine, 12)  # nobody waits for it: what was seen of it is kept
    assert job(procfs, 3) == 225
    assert job(procfs, 4) == 225
    process(machine, 10, 1, 130, waited=55)
    assert job(procfs, 5) == 255
    procfs.close()


def test_a_parent_that_takes_over_a_little_later_does_not_count_twice(machine: Machine) -> None:
    node(machine, 1, 1, 1, 1, 1, 1, 1)
    process(machine, 10, 1, 100, children="11")
    process(machine, 11, 10, 50)
    procfs = Procfs(machine.root, pid=10)
    procfs.open()
    assert job(procfs, 0) == 150
    gone(machine, 11)  # read after its end, its parent before it had waited
    assert job(procfs, 1) == 150
    process(machine, 10, 1, 100, waited=50)
    assert job(procfs, 2) == 150
    assert job(procfs, 3) == 150
    procfs.close()


def test_a_whole_branch_that_ends_at_once_is_handed_up(machine: Machine) -> None:
    node(machine, 1, 1, 1, 1, 1, 1, 1)
    process(machine, 10, 1, 1, children="11")
    process(machine, 11, 10, 20, children="12")
    process(machine, 12, 11, 300)
    procfs = Procfs(machine.root, pid=10)
    procfs.open()
    assert job(procfs, 0) == 321
    gone(machine, 11)
    gone(machine, 12)
    process(machine, 10, 1, 1, waited=320)
    assert job(procfs, 1) == 321
    gone(machine, 10)
    assert job(procfs, 2) == 321
    assert job(procfs, WALK_NS * 2) == 321
    procfs.close()


def test_an_orphan_is_still_followed(machine: Machine) -> None:
    node(machine, 1, 1, 1, 1, 1, 1, 1)
    process(machine, 10, 1, 1, children="11")
    process(machine, 11, 10, 20, children="12")
    process(machine, 12, 11, 300)
    procfs = Procfs(machine.root, pid=10)
    procfs.open()
    job(procfs, 0)
    process(machine, 10, 1, 1, waited=20)
    gone(machine, 11)
    process(machine, 12, 1, 400)
    assert job(procfs, 1) == 1 + 20 + 400
    process(machine, 12, 1, 400, children="13")  # and what it starts
    process(machine, 13, 12, 5)
    assert job(procfs, 2 + WALK_NS) == 426
    gone(machine, 12)
    process(machine, 13, 1, 5)
    assert job(procfs, 3 + WALK_NS) == 426
    assert job(procfs, 4 + WALK_NS) == 426
    procfs.close()


def test_the_meter_itself_is_none_of_the_job(machine: Machine) -> None:
    node(machine, 1, 1, 1, 1, 1, 1, 1)
    process(machine, 10, 1, 100, children=f"11 {os.getpid()}")
    process(machine, 11, 10, 7)
    process(machine, os.getpid(), 10, 5000)
    procfs = Procfs(machine.root, pid=10)
    procfs.open()
    assert job(procfs, 0) == 107
    procfs.close()


def test_reasons(machine: Machine) -> None:
    assert "cannot be read" in Procfs(machine.root, pid=10).probe().reason
    node(machine, 1, 1, 1, 1, 1, 1, 1)
    assert Procfs(machine.root, pid=10).probe().reason == "There is no process 10 here to follow."
    assert Procfs(machine.root, pid=10, tree=False).probe().ok
    assert [each.id for each in Procfs(machine.root, pid=10).open()] == ["procfs:node:cpu"]


BUSY = "import time\nend = time.process_time() + {}\nwhile time.process_time() < end: pass\n"
PARENT = """
import subprocess, sys
for way in ("wait", "ignore"):
    child = subprocess.Popen([sys.executable, "-I", "-S", "-c", sys.argv[1]], stdout=subprocess.PIPE)
    child.stdout.read()
    if way == "wait":
        child.wait()
        print("waited", flush=True)
        import signal
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # from now on the kernel forgets the time of a child
print("done", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="procfs is Linux's")
def test_children_of_a_running_process_are_counted_after_they_end() -> None:
    work = 0.3
    command = [sys.executable, "-I", "-S", "-c", PARENT, BUSY.format(work)]
    seen = [0.0]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        procfs = Procfs(pid=child.pid)
        procfs.open()
        now_ns = 0

        def look() -> None:
            nonlocal now_ns
            now_ns += WALK_NS  # a walk at every reading
            seen.append(next(each.value for each in procfs.read(now_ns) if each.channel == "procfs:job:cpu"))

        said, end = b"", time.monotonic() + 60
        while b"done" not in said and time.monotonic() < end:
            look()
            if select.select([child.stdout], [], [], 0.02)[0]:
                said += os.read(child.stdout.fileno(), 100)
        look()
        child.stdin.close()
        child.wait()
        look()
        procfs.close()
    assert b"done" in said
    assert seen == sorted(seen)
    assert 2 * work - 0.1 <= seen[-1] <= 2 * work + 0.6
