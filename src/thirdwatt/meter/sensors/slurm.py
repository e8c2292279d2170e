"""Slurm: what the cluster's own accounting says a job consumed, to hold a measurement against. It is never added.

The figure is that of whole nodes, and exists only where the administrator has set ``AcctGatherEnergyType``.
"""

from __future__ import annotations

import os
import re

from .base import Channel, Probe, Reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT_S = 5.0
EVERY_NS = 60_000_000_000
"""Time between two questions: each starts a program and asks the cluster's servers."""

NOT_KNOWN = (0, 0xFFFFFFFFFFFFFFFE, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF)
"""Values with which Slurm says that it has none."""


class Slurm:
    """``ConsumedEnergyRaw`` of the job: from ``sstat`` while it runs, from ``sacct`` once steps have ended."""

    name = "slurm"

    def __init__(self, root: str = "/", environ: Mapping[str, str] | None = None, pid: int | None = None) -> None:  # noqa: ARG002
        self.notes: list[str] = []
        self._environ = os.environ if environ is None else environ
        self._job = self._environ.get("SLURM_JOB_ID", "")
        self._opened = False
        self._asked_ns: int | None = None
        self._last: Reading | None = None

    def probe(self) -> Probe:
        """Whether this is a job of a cluster that accounts for energy."""
        if not (self._job.isascii() and self._job.isdigit()):
            return Probe(False, "This is no job of Slurm.", "")
        told = self._run("scontrol", "show", "config")
        if told is None:
            return Probe(False, "scontrol gives no answer here.", "")
        found = re.search(r"^AcctGatherEnergyType\s*=\s*(\S+)", told, re.MULTILINE)
        if found is None or found[1] in ("(null)", "acct_gather_energy/none"):
            fix = "An administrator of the cluster can set AcctGatherEnergyType in slurm.conf."
            return Probe(False, "This cluster does not account for energy.", fix)
        if self.joules() is None:
            return Probe(False, "Slurm has no energy for this job yet.", "")
        return Probe(True, "", "")

    def open(self) -> list[Channel]:
        """The job's energy, if there is any."""
        self.close()
        if not self.probe().ok:
            return []
        self._opened = True
        self.notes = ["Slurm accounts for whole nodes: other jobs on them are in its figure."]
        source = "Slurm ConsumedEnergyRaw, for comparison"
        return [Channel(f"slurm:{self._job}:energy", f"job-{self._job}", "node", "job", "counter", "J", 0.0, source)]

    def read(self, now_ns: int) -> list[Reading]:
        """Joules of the job, asked for once a minute at most."""
        if not self._opened:
            return []
        if self._asked_ns is None or now_ns - self._asked_ns >= EVERY_NS:
            self._asked_ns = now_ns
            self._last = Reading(f"slurm:{self._job}:energy", self.joules(), now_ns)
        return [] if self._last is None else [self._last]

    def close(self) -> None:
        """Forget the last answer; nothing is kept open."""
        self.notes, self._opened, self._asked_ns, self._last = [], False, None, None

    def joules(self) -> float | None:
        """The energy of the job: of the steps that run, else of those that have ended."""
        running = self._run("sstat", "-a", "-n", "-P", "-j", self._job, "-o", "JobID,ConsumedEnergyRaw")
        found = consumed(running or "")
        if found is None:
            found = consumed(self._run("sacct", "-n", "-P", "-j", self._job, "-o", "JobID,ConsumedEnergyRaw") or "")
        return found

    def _run(self, *command: str) -> str | None:
        import shutil
        import subprocess

        program = shutil.which(command[0], path=self._environ.get("PATH"))
        if program is None:
            return None
        try:
            done = subprocess.run(  # noqa: S603 - a program of the cluster, with arguments of ours
                [program, *command[1:]],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=TIMEOUT_S,
                env={**self._environ, "LC_ALL": "C"},
                check=False,
            )
        except (OSError, subprocess.SubprocessError, ValueError):
            return None
        return done.stdout if done.returncode == 0 else None


def consumed(told: str) -> float | None:
    """Joules of a job from lines ``JOB.STEP|JOULES``: the sum of what ``srun`` started.

    The script itself and the step outside all others see the same nodes at the same time, so they are never added: the
    greater of them counts where there is nothing else, and the job's own line where there is no step at all.
    """
    steps: dict[str, int] = {}
    around: list[int] = []
    own: list[int] = []
    for line in told.splitlines():
        name, _, value = line.strip().partition("|")
        if not (value.isascii() and value.isdigit()) or int(value) in NOT_KNOWN:
            continue
        step = name.partition(".")[2]
        if step.isdigit():
            steps[step] = int(value)
        else:
            (around if step else own).append(int(value))
    if steps:
        return float(sum(steps.values()))
    return float(max(around or own)) if around or own else None
