"""What part of a machine a job was given, by scripted control groups."""

from __future__ import annotations

import pytest

from tests.meter.sensors.conftest import Machine
from thirdwatt.meter.sensors.allotment import Allotment, allotment, listed

PID = 77
SLURM = "/system.slice/slurmstepd.scope/job_12"


def cores(machine: Machine, threads: int = 64, each_core: int = 2) -> None:
    rows = [f"processor : {each}\nphysical id : 0\ncpu cores : {threads // each_core}\n" for each in range(threads)]
    machine.write("proc/cpuinfo", "\n".join(rows))


def test_a_job_without_limits_has_the_whole_machine(machine: Machine) -> None:
    cores(machine)
    machine.write(f"proc/{PID}/cgroup", "0::/user.slice/user-1000.slice/session-2.scope")
    assert allotment(machine.root, {}, PID) == Allotment("", None, None, False)


@pytest.mark.parametrize(
    ("files", "processors"),
    [
        ({"pod/cpu.max": "400000 100000"}, 4.0),
        ({"pod/cpu.max": "max 100000", "pod/box/cpuset.cpus.effective": "0-7,16"}, 9.0),
        ({"pod/cpu.max": "400000 100000", "pod/box/cpu.max": "250000 100000"}, 2.5),
        ({"pod/box/cpuset.cpus.effective": "0-63"}, None),
        ({"pod/box/cpu.max": "nonsense"}, None),
    ],
)
def test_the_least_limit_of_all_groups_holds(machine: Machine, files: dict[str, str], processors: float | None) -> None:
    cores(machine)
    machine.write(f"proc/{PID}/cgroup", "12:cpu:/\n0::/kubepods/pod/box")
    for name, text in files.items():
        machine.write(f"sys/fs/cgroup/kubepods/{name}", text)
    machine.write("sys/fs/cgroup/kubepods/pod/memory.max", 1 << 34)
    found = allotment(machine.root, {}, PID)
    assert found.processors == processors
    assert (found.memory_byte, found.contained) == (1 << 34, True)
    assert found.group == "/kubepods/pod/box"


def test_a_container_that_sees_its_group_as_the_top(machine: Machine) -> None:
    cores(machine)
    machine.write(f"proc/{PID}/cgroup", "0::/")
    machine.write("sys/fs/cgroup/cgroup.events", "populated 1")
    machine.write("sys/fs/cgroup/cpu.max", "800000 100000")
    assert allotment(machine.root, {}, PID) == Allotment("/", 8.0, None, True)


def test_steps_of_slurm_have_what_their_job_has(machine: Machine) -> None:
    cores(machine)
    machine.write(f"proc/{PID}/cgroup", f"0::{SLURM}/step_0/user/task_1")
    machine.write(f"sys/fs/cgroup{SLURM}/cpuset.cpus.effective", "0-15")
    machine.write(f"sys/fs/cgroup{SLURM}/step_0/user/task_1/cpuset.cpus.effective", "0-3")
    assert allotment(machine.root, {"SLURM_JOB_ID": "12"}, PID) == Allotment(SLURM, 16.0, None, False)


@pytest.mark.parametrize(("stated", "processors"), [("8", 8.0), ("64", None), ("32", None), ("x", None), ("0", None)])
def test_without_a_group_slurm_says_it(machine: Machine, stated: str, processors: float | None) -> None:
    cores(machine)
    machine.write(f"proc/{PID}/cgroup", "0::/system.slice/slurmd.service")
    found = allotment(machine.root, {"SLURM_JOB_ID": "12", "SLURM_CPUS_ON_NODE": stated}, PID)
    assert (found.processors, found.contained) == (processors, False)
    assert found.group == ("slurm-12" if processors else "")


def test_lists_of_processors() -> None:
    assert [listed(each) for each in ("0", "0-3", "0-3,8", "3-", "-", "a-b", "")] == [1, 4, 5, 0, 0, 0, 0]
