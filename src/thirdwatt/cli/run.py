"""``thirdwatt run``."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from thirdwatt.cli.options import Finite

NOT_FOUND, NOT_EXECUTABLE, KILLED = 127, 126, 128
"""Exit codes as shells give them; of a command that a signal ended, 128 and the signal's number."""

PASSED_ON = ("SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGALRM")
SPOILT = ("SIGPIPE", "SIGXFSZ")
"""Signals that Python ignores, and that a command expects to find as they were."""

SENT_BY_A_PROCESS = 0
"""``si_code`` of a signal that was sent by ``kill``: those of a terminal reach the command without us."""


@click.command("run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--name", help="What the run is called; by default the command's own name.")
@click.option(
    "--interval", "interval_s", type=Finite(0.02, 3600), default=1.0, show_default=True,
    help="Seconds between two samples.",
)  # fmt: skip
@click.option("--dir", "where", metavar="DIR", help="Where runs live; by default $THIRDWATT_DIR, else .thirdwatt here.")
@click.argument("command_line", metavar="-- CMD...", nargs=-1, required=True, type=click.UNPROCESSED)
def command(name: str | None, interval_s: float, where: str | None, command_line: tuple[str, ...]) -> int:
    """Run a command and measure it, with all that it starts: thirdwatt run -- torchrun train.py

    The command keeps its terminal and gets every signal, and its exit code is passed on. The summary goes to
    standard error. What it marks with thirdwatt.measure belongs to the same run.
    """
    from thirdwatt.meter.run import measure

    run = measure(name or _named(command_line), where, interval_s, report="all", command=shlex.join(command_line))
    passed_on = {getattr(signal, each) for each in PASSED_ON if hasattr(signal, each)}
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # inherited as ignored, no exit code would ever come
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {*passed_on, signal.SIGCHLD})
    environ = {**os.environ, "THIRDWATT_DIR": run.dir, "THIRDWATT_RUN": run.id} if run.id else dict(os.environ)
    try:
        child = os.posix_spawnp(
            command_line[0], list(command_line), environ, setsigmask=before,
            setsigdef=[getattr(signal, each) for each in SPOILT if hasattr(signal, each)],
        )  # fmt: skip
    except OSError as error:
        run.close("finished: the command could not be started")
        click.echo(f"thirdwatt: {command_line[0]}: {error.strerror}", err=True)
        return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE
    code = os.waitstatus_to_exitcode(_waited(child, passed_on))
    run.close(_how(code))
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return code if code >= 0 else KILLED - code


def _how(code: int) -> str:
    """How a command ended, in words."""
    if code >= 0:
        return "finished" if code == 0 else f"finished with exit code {code}"
    try:
        return f"finished by {signal.Signals(-code).name}"
    except ValueError:  # signals of real time have no names of their own
        return f"finished by signal {-code}"


def _named(command_line: tuple[str, ...]) -> str:
    """The script that a command runs, else its first word."""
    scripts = [each for each in command_line if each.endswith((".py", ".sh")) and not each.startswith("-")]
    return Path(scripts[0] if scripts else command_line[0]).stem


def _waited(child: int, passed_on: Iterable[signal.Signals]) -> int:
    """Wait for the command, and pass on what is sent to us alone."""
    waited_for = {*passed_on, signal.SIGCHLD}
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        if sys.platform == "linux":
            heard = signal.sigwaitinfo(waited_for)
            number, by_a_process = heard.si_signo, heard.si_code <= SENT_BY_A_PROCESS
        else:
            number, by_a_process = signal.sigwait(waited_for), not sys.stdin.isatty()
        if number != signal.SIGCHLD and by_a_process:
            try:
                os.kill(child, number)
            except OSError:  # it is gone, or has become somebody else's
                continue
