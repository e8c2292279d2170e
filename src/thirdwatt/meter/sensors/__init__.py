"""Sensors: what a machine can say of its own energy, and of the work of its processors.

Each is loaded when it is asked for, and none raises. :func:`available` gives those that work here.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .base import Sensor

ALL = ("redfish", "nvml", "amd", "rapl", "hwmon", "cgroup", "procfs", "slurm")
"""Sensors by name, the most trusted first: the inputs of the whole machine, counters of accelerators, counters of
processors, power of anything; then the work of the job; then what a scheduler says, which is only for comparison."""

OF_A_JOB = ("cgroup",)
COMPARED = ("slurm",)


def make(name: str, root: str = "/", environ: Mapping[str, str] | None = None, pid: int | None = None) -> Sensor:
    """A sensor by its name, not yet opened.

    Parameters
    ----------
    name
        One of :data:`ALL`.
    root
        Where the kernel's files are; a test gives a folder of its own.
    environ
        The environment that says which devices are the job's; that of this process by default.
    pid
        The job's first process; this one by default.
    """
    kind = _kind(name)
    made: Sensor = kind(root=root, environ=environ, pid=pid)
    return made


def available(root: str = "/", environ: Mapping[str, str] | None = None, pid: int | None = None) -> list[Sensor]:
    """The sensors that work here, in the order of :data:`ALL`, not yet opened.

    With ``pid`` the work of that process and of all it started is read too, by its cgroup where it has one of its own
    and process by process where it has none. Without, only what is of the whole node. What is there for comparison
    alone is not among them.

    The library of a driver is only found here, not set up, as that may wake every board: it may turn out to give no
    channels when it is opened.
    """
    found: list[Sensor] = []
    for name in ALL:
        if name in COMPARED or (pid is None and name in OF_A_JOB):
            continue
        sensor = make(name, root, environ, pid)
        if name == "procfs" and (pid is None or any(each.name in OF_A_JOB for each in found)):
            from .procfs import Procfs

            sensor = Procfs(root=root, environ=environ, pid=pid, tree=False)
        loads = getattr(sensor, "loads", None)
        if sensor.probe().ok if loads is None else loads():
            found.append(sensor)
    return found


def accelerators(root: str = "/", environ: Mapping[str, str] | None = None) -> list[str]:
    """Devices that are accelerators and that an environment leaves to its job, by the names that channels give them.

    A meter of the whole node reads every board, with an empty environment; this says which of them are a job's.
    """
    found: list[str] = []
    for name in ("nvml", "amd", "hwmon"):
        sensor = make(name, root, environ)
        for channel in sensor.open():
            module = channel.component == "module" and name != "hwmon"
            if (module or channel.component == "accelerator") and channel.device not in found:
                found.append(channel.device)
        sensor.close()
    return found


def _kind(name: str) -> Any:
    from importlib import import_module

    if name not in ALL:
        raise ValueError(f"no sensor {name!r}; there are {', '.join(ALL)}")
    return getattr(import_module(f".{name}", __name__), name.capitalize())
