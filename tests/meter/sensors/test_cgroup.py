"""cgroup v2: the job's own group, and only that."""

from __future__ import annotations

import pytest

from tests.meter.sensors.conftest import Machine
from thirdwatt.meter.sensors.cgroup import FIX, Cgroup

PID = 4242


def group(
    machine: Machine, path: str, usage: object = 1_500_000, procs: str = str(PID), top: str | None = None
) -> None:
    machine.write("sys/fs/cgroup/cgroup.controllers", "cpu memory")
    machine.write(f"proc/{PID}/cgroup", f"0::{path}")
    folder = f"sys/fs/cgroup{path if top is None else top}"
    machine.write(f"{folder}/cpu.stat", f"usage_usec {usage}\nuser_usec 1\nsystem_usec 2")
    machine.write(f"{folder}/memory.current", 1 << 30)
    machine.write(f"{folder}/cgroup.procs", procs)


def stat(machine: Machine, pid: int, parent: int) -> None:
    machine.write(f"proc/{pid}/stat", f"{pid} (a (b) c) S {parent} " + "0 " * 40)


@pytest.mark.parametrize(
    "path",
    [
        "/kubepods.slice/kubepods-pod1.slice/cri-containerd-abc.scope",
        "/system.slice/docker-0f3a.scope",
        "/user.slice/user-1000.slice/run-r12.scope",
    ],
)
def test_a_group_made_for_a_job_is_read(machine: Machine, path: str) -> None:
    group(machine, path)
    cgroup = Cgroup(machine.root, pid=PID)
    assert cgroup.probe() == (True, "", "")
    cpu, memory = cgroup.open()
    assert (cpu.component, cpu.scope, cpu.kind, cpu.unit) == ("process", "job", "counter", "s")
    assert cpu.device == memory.device == f"cgroup-{path.strip('/')}"
    assert cgroup.read(7) == [(cpu.id, 1.5, 7), (memory.id, 1 << 30, 7)]
    machine.write(f"sys/fs/cgroup{path}/cpu.stat", "usage_usec 2500000")
    assert cgroup.read(8)[0].value == 2.5
    cgroup.close()
    assert cgroup.read(9) == []


def test_a_step_of_slurm_counts_the_whole_job_of_the_node(machine: Machine) -> None:
    job = "/system.slice/slurmstepd.scope/job_77"
    group(machine, f"{job}/step_0/user/task_3", top=job)
    cgroup = Cgroup(machine.root, pid=PID)
    assert [each.device for each in cgroup.open()] == [f"cgroup-{job.strip('/')}"] * 2
    cgroup.close()


def test_a_container_sees_its_group_as_the_top(machine: Machine) -> None:
    group(machine, "/")
    assert not Cgroup(machine.root, pid=PID).probe().ok  # the top of a machine has no events
    machine.write("sys/fs/cgroup/cgroup.events", "populated 1")
    cgroup = Cgroup(machine.root, pid=PID)
    assert cgroup.probe().ok
    assert cgroup.open()[0].device == "cgroup-"
    cgroup.close()


def test_a_group_that_others_share_is_not_the_jobs(machine: Machine) -> None:
    group(machine, "/user.slice/user-1000.slice/session-3.scope", procs=f"{PID}\n{PID + 1}\n{PID + 2}")
    stat(machine, PID + 1, PID)
    stat(machine, PID + 2, 1)
    probe = Cgroup(machine.root, pid=PID).probe()
    assert probe == (False, "The job has no group of its own: other programs share it.", FIX)
    assert Cgroup(machine.root, pid=PID).open() == []
    stat(machine, PID + 2, PID + 1)  # all descend from the job
    assert Cgroup(machine.root, pid=PID).probe().ok
    machine.write("sys/fs/cgroup/user.slice/user-1000.slice/session-3.scope/child/cgroup.procs", "")
    assert not Cgroup(machine.root, pid=PID).probe().ok


def test_a_job_that_is_the_first_process_of_its_container(machine: Machine) -> None:
    group(machine, "/alone", procs="1\n7\n8")
    machine.write("proc/1/cgroup", "0::/alone")
    stat(machine, 7, 1)
    stat(machine, 8, 7)
    assert Cgroup(machine.root, pid=1).probe().ok
    stat(machine, 8, 0)
    assert not Cgroup(machine.root, pid=1).probe().ok


def test_reasons(machine: Machine) -> None:
    assert Cgroup(machine.root, pid=PID).probe().reason == "The group of the job cannot be read."
    machine.write(f"proc/{PID}/cgroup", "4:memory:/x\n0::/x")
    assert Cgroup(machine.root, pid=PID).probe().reason == "This machine does not use cgroup v2."
    machine.write("sys/fs/cgroup/cgroup.controllers", "")
    assert Cgroup(machine.root, pid=PID).probe().reason == "The group of the job is not visible from here."
    group(machine, "/docker/x", usage="none")
    assert "does not say what processor time" in Cgroup(machine.root, pid=PID).probe().reason
