"""A run: what a training process does to be measured.

>>> import thirdwatt
>>> with thirdwatt.measure("train") as run:  # doctest: +SKIP
...     with run.phase("data"):
...         batch = next(batches)
...     run.step(tokens=8192)

Measuring never hurts: nothing here raises, replaces a handler of signals, prints a result, waits for a network or a
lock, or ends the process. What cannot be done is left out, with one line on standard error.
"""
# Paths are text here: pathlib costs an import 5 ms.
# ruff: noqa: PTH100, PTH103, PTH108, PTH116, PTH118, PTH119

from __future__ import annotations

import os
import sys
import time

from .launch import SAMPLING, Sampling, in_memory, moved
from .ring import Phase, Ring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_now = time.monotonic_ns

MOST_COMMAND = 4_000
LONG_S = 6 * 3600.0
"""A run of this length is not added up by the process that it measured: each day takes seconds."""

NETWORKED = frozenset(
    "nfs nfs4 cifs smb3 lustre ceph beegfs gpfs 9p virtiofs glusterfs panfs wekafs".split()  # noqa: SIM905
)
"""File systems on which a mapped file is not safe: the ring of marks stays in memory, and the sampler copies it."""

_live: list[Run] = []
_named: dict[str, int] = {}
_watching = False


def folder(stated: str | None = None, environ: Mapping[str, str] | None = None) -> str:
    """Where runs live: what is stated, else ``$THIRDWATT_DIR``, else ``.thirdwatt`` here."""
    given = stated or (os.environ if environ is None else environ).get("THIRDWATT_DIR") or ".thirdwatt"
    return os.path.abspath(given)


def kernel(stated: str = "") -> str:
    """Where the file systems of the kernel are: what is stated, else ``$THIRDWATT_ROOT``, else ``/``."""
    return os.path.abspath(stated or os.environ.get("THIRDWATT_ROOT") or "/")


def measure(
    name: str = "run",
    dir: str | os.PathLike[str] | None = None,
    interval_s: float = 1.0,
    *,
    report: str = "line",
    root: str = "",
    command: str = "",
    pid: int = 0,
) -> Run:
    """Measure this process, with all that descends from it, from now until :meth:`Run.close`.

    Parameters
    ----------
    name
        What the run is called; its id begins with it.
    dir
        Where runs live; by default ``$THIRDWATT_DIR``, else ``.thirdwatt`` in the working directory.
    interval_s
        Time between two samples.
    report
        What the first process of a run says of it at its end, on standard error: ``line``, ``all`` or nothing. What
        no file could take is said in full in any case.
    root
        Where the file systems of the kernel are found, if a container has those of its host elsewhere; by default
        ``$THIRDWATT_ROOT``, else ``/``.
    command
        What is measured, for people.
    pid
        Another process to measure in place of this one.

    Returns
    -------
    Run
        A context manager. If nothing can be recorded it does nothing.
    """
    try:
        if SAMPLING in os.environ:
            raise ValueError("this process measures another")
        if not 0.01 <= float(interval_s) <= 3600:
            raise ValueError(f"an interval of {interval_s} s")
        return Run(name, None if dir is None else os.fspath(dir), float(interval_s), report, root, command, pid)
    except Exception as error:  # measuring must never be the reason why training fails
        _say(f"this run is not measured: {type(error).__name__}: {error}")
        return Run.nothing(name)


class Run:
    """One process of a run that is being recorded.

    Attributes
    ----------
    id
        The run's; empty if nothing is recorded.
    dir
        Where runs live.
    """

    __slots__ = (
        "_arguments", "_closed", "_kept", "_last_ns", "_owner", "_report", "_ring", "_series", "_steps",
        "begin_ns", "dir", "id", "name", "rank", "sampling", "trouble",
    )  # fmt: skip

    def __init__(
        self, name: str, where: str | None, interval_s: float, report: str, root: str, command: str, pid: int
    ) -> None:
        self.begin_ns = self._last_ns = _now()
        self.name, self.trouble = str(name), ""
        self._report = "" if "THIRDWATT_RUN" in os.environ and report == "line" else report
        self.rank = _number("RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PMI_RANK")
        self.id = _id(self.name)
        self.dir = folder(where)
        self._owner, self._closed = os.getpid(), False
        self._kept: tuple[bytes, bytes, bytes | None] | None = None
        self.sampling = Sampling()
        ring_path = self._begin_ring()
        self._series = self._ring.series
        self._steps = self._ring.of("step")
        self._arguments: tuple[str, ...] = (
            self.dir if not self.trouble else "", self.id, self.name, str(interval_s), str(self.begin_ns),
            str(pid or self._owner), str(self.rank), kernel(root), os.path.basename(ring_path),
            masked(str(command))[:MOST_COMMAND], str(self._owner), _restart(),
        )  # fmt: skip
        self.sampling.start(self._arguments, self._ring.fd)
        self.trouble = self.trouble or self.sampling.trouble
        if self.trouble:
            _say(f"{self.trouble}; this run is kept in memory until its end")
        _live.append(self)
        _watch()

    @classmethod
    def nothing(cls, name: str) -> Run:
        """A run that records nothing."""
        run = cls.__new__(cls)
        run.begin_ns = run._last_ns = _now()
        run.name, run.id, run.dir, run.trouble, run.rank, run.sampling = str(name), "", "", "", 0, Sampling()
        run._report, run._closed, run._arguments, run._kept = "", True, (), None
        run._owner = os.getpid()
        run._ring = Ring(-1, "", 0, capacity=2)
        run._series, run._steps = run._ring.series, run._ring.of("step")
        run._ring.stop()
        return run

    # --- marks ----------------------------------------------------------------------------------------------------

    def step(self, tokens: int = 0) -> None:
        """A step of training has ended, and it took in so many tokens (of this process)."""
        try:
            end = _now()
            self._steps.mark(self._last_ns, end, tokens)
            self._last_ns = end
        except Exception:  # noqa: S110 - such as tokens that are no number
            pass

    def phase(self, name: str) -> Phase:
        """A stretch of work by name: ``with run.phase("data"):``. Phases may nest, and threads may share them."""
        try:
            if name == "step":
                name = "step (phase)"  # steps are counted by their own name
            return Phase(self._series.get(name) or self._ring.of(name))
        except Exception:
            return Phase(self._ring.of("(other)"))

    def mark(self, name: str, tokens: int = 0) -> None:
        """A moment by name."""
        try:
            now = _now()
            (self._series.get(name) or self._ring.of(name)).mark(now, now, tokens)
        except Exception:  # noqa: S110
            pass

    # --- beginning ------------------------------------------------------------------------------------------------

    def _begin_ring(self) -> str:
        """Open the ring: a file of the run where that is safe, else a file in memory."""
        fd, path, here = -1, "", os.path.join(self.dir, "runs", self.id)
        try:
            os.makedirs(here, exist_ok=True)
            if not _networked(here):
                path = os.path.join(here, f"{safe(os.uname().nodename)}.{self._owner}.{self.begin_ns}.ring")
                fd = moved(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666))
                self._ring = Ring(fd, path, self.begin_ns, self.rank)
                return path
        except OSError as error:
            self.trouble = f"{error.filename or path or here}: {error.strerror}"
            if fd >= 0:
                os.close(fd)
                os.unlink(path)
        fd = in_memory("thirdwatt-marks")
        try:
            self._ring = Ring(fd, "", self.begin_ns, self.rank)
        except OSError:
            self._ring = Ring(-1, "", self.begin_ns, self.rank)
        return ""

    # --- end ------------------------------------------------------------------------------------------------------

    def close(self, how: str = "finished") -> None:
        """End the run: the sampler reads once more and finishes its files. A second call does nothing."""
        if self._closed or os.getpid() != self._owner:
            return
        self._closed = True
        ring: bytes | None = None
        try:
            if self in _live:
                _live.remove(self)
            self._ring.flush()
            ring = None if self._ring.path else bytes(self._ring.buffer)
        except Exception as error:
            _say(f"the last marks are not in the table of names: {type(error).__name__}: {error}")
        try:
            if not self.sampling.end(how) and self._arguments[0]:
                self._end_alone(how)
            self._ring.stop()
            if self.rank == 0:
                self._say_what_was(ring)
        except Exception as error:
            _say(f"the run ended without a summary: {type(error).__name__}: {error}")
        finally:
            self.sampling.release()

    def _end_alone(self, how: str) -> None:
        """Write down the end of a run whose sampler is gone, or cannot be told."""
        from .sampler import Config, ended

        ended(Config(**dict(zip(Config.FIELDS, self._arguments, strict=False))), how)

    def _say_what_was(self, ring: bytes | None) -> None:
        """What is to be said of the run, and all of it where no file holds it."""
        kept = self.sampling.kept()
        if self.trouble or any(kept):
            self._kept = (*kept, ring)
            from .analysis import store, summary, words

            _say(words.text(summary.summarised(store.of_memory(self.dir, self.id, *self._kept))))
        elif self._report and _now() - self.begin_ns > LONG_S * 1e9:
            hours = (_now() - self.begin_ns) / 3.6e12
            _say(f"{self.id}: {hours:.1f} h recorded; thirdwatt runs {self.id} adds them up")
        elif self._report:
            from .analysis import result, words

            found = result.of(self.id, self.dir)
            _say(words.text(found) if self._report == "all" else words.line(found))

    @property
    def result(self) -> dict[str, Any] | None:
        """What the run came to, as ``thirdwatt runs ID --json`` says it; ``None`` while it is on.

        Of a process among several it is what the run came to so far. What no file could take is in it too.
        """
        if not self._closed or not self.id:
            return None
        from .analysis import result, store, summary

        if self._kept is None:
            return result.of(self.id, self.dir)
        return summary.summarised(store.of_memory(self.dir, self.id, *self._kept))

    def __enter__(self) -> Run:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.close("finished" if kind is None else f"finished by {getattr(kind, '__name__', 'an exception')}")


# --- the process and its children ---------------------------------------------------------------------------------


def _watch() -> None:
    """Once a process: end runs that are still open when it ends, and let no child write into them."""
    global _watching
    if _watching:
        return
    _watching = True
    import atexit

    atexit.register(_end_all)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forget_all)


def _end_all() -> None:
    for run in list(_live):
        run.close()


def _forget_all() -> None:
    """In a child: the run is its parent's."""
    for run in _live:
        try:
            run.sampling.forget()
            run._ring.stop(flush=False)
            run._closed = True
        except Exception:  # noqa: S112
            continue
    _live.clear()


# --- names --------------------------------------------------------------------------------------------------------


def _id(name: str) -> str:
    """Id of a run: that of the run we are part of, one that all ranks of a job agree on, or a new one."""
    stem = "".join(each if each.isascii() and each.isalnum() else "-" for each in name.lower()).strip("-")[:40] or "run"
    joined = os.environ.get("THIRDWATT_RUN", "")
    if joined:
        return safe(joined)
    _named[stem] = _named.get(stem, 0) + 1
    again = f"-{_named[stem]}" if _named[stem] > 1 else ""
    job = _job()
    if job:
        from binascii import crc32

        return f"{stem}-{crc32(job.encode('utf-8', 'replace')):08x}{again}"
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    return f"{stem}-{stamp}-{os.urandom(2).hex()}"


def safe(name: str) -> str:
    """A name that is one part of a path."""
    kept = "".join(each if each.isascii() and (each.isalnum() or each in "-_.") else "-" for each in name)[:100]
    return kept.strip(".") or "run"


def _job() -> str:
    """What the processes of one distributed job share and no other job has; empty for a process by itself.

    A job that is started again by its scheduler or launcher stays the same one: its attempts are told apart afterwards.
    Of a launcher on one node that is the launcher, as a batch script may start one after the other.
    """
    get = os.environ.get
    if _number("WORLD_SIZE", "SLURM_NTASKS", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE") < 2:
        return ""
    one_node = 0 < _number("WORLD_SIZE") == _number("LOCAL_WORLD_SIZE")
    if get("SLURM_JOB_ID") and (get("SLURM_STEP_ID") or not one_node):
        return f"slurm {get('SLURM_CLUSTER_NAME', '')} {get('SLURM_JOB_ID')} {get('SLURM_STEP_ID', '')}"
    shared = get("TORCHELASTIC_RUN_ID", "none")
    if shared != "none" and not one_node:
        return f"elastic {shared} {get('MASTER_ADDR', '')}"
    from .clock import boot_id, started_ticks

    parent = os.getppid()
    return f"parent {boot_id()} {parent} {started_ticks(parent)}"


def _restart() -> str:
    """Which start of the job this is, as scheduler and launcher count, and of how many ranks; empty if they do not."""
    names = ("SLURM_RESTART_COUNT", "TORCHELASTIC_RESTART_COUNT", "TORCHELASTIC_RUN_ID", "WORLD_SIZE")
    told = [os.environ.get(name, "").replace(" ", "-")[:100] for name in names]
    return " ".join(each or "-" for each in told) if told[0] or told[1] else ""


def _number(*names: str) -> int:
    for name in names:
        text = os.environ.get(name, "")
        if text.isascii() and text.isdigit() and len(text) < 10:
            return int(text)
    return 0


# --- what is written, and where ------------------------------------------------------------------------------------


def masked(command: str) -> str:
    """A command without the values of what sounds like a secret.

    Examples
    --------
    >>> masked("train --api-key=abc --lr 1 --token abc")
    'train --api-key=*** --lr 1 --token ***'
    """
    words, hide = [], False
    for word in command.split(" "):
        name, equals, _ = word.partition("=")
        secret = any(each in name.lower() for each in ("key", "token", "secret", "passw", "credential"))
        if hide and not word.startswith("-"):
            word = "***"
        elif secret and equals:
            word = f"{name}=***"
        hide = secret and not equals and word.startswith("-")
        words.append(word)
    return " ".join(words)


def _networked(path: str) -> bool:
    """Whether a folder is on a file system that other machines share."""
    device = os.stat(path).st_dev
    wanted = f" {os.major(device)}:{os.minor(device)} ".encode()
    try:
        fd = os.open("/proc/self/mountinfo", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        table = b""
        while part := os.read(fd, 1 << 16):
            table += part
    finally:
        os.close(fd)
    at = table.find(wanted)
    if at < 0:
        return False
    kind = table[at:].partition(b"\n")[0].partition(b" - ")[2].partition(b" ")[0].decode("ascii", "replace")
    return kind in NETWORKED or kind.startswith("fuse.")


def _say(text: str) -> None:
    try:
        if sys.stderr is not None:
            sys.stderr.write(f"thirdwatt: {text}\n")
    except Exception:  # noqa: S110 - nobody to tell
        pass
