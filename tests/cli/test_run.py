"""``run``, ``runs``, ``top`` and ``estimate --observed RUN``."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from tests.meter.scripted import SOURCE, Clock, Scripted, channel
from tests.meter.test_sampler import run as sampled
from tests.meter.test_sampler import sampler
from thirdwatt.meter import ring
from thirdwatt.report.schemas import schema

ENVIRON = {**{key: value for key, value in os.environ.items() if not key.startswith("THIRDWATT")}, "PYTHONPATH": SOURCE}


def call(where: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "thirdwatt", *arguments], capture_output=True, text=True, timeout=60,
        env={**ENVIRON, "THIRDWATT_DIR": str(where)},
    )  # fmt: skip


def started(where: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "thirdwatt", "run", "--", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env={**ENVIRON, "THIRDWATT_DIR": str(where)}, start_new_session=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("exit 0", 0),
        ("exit 7", 7),
        ("exit 255", 255),
        ("kill -TERM $$", 143),
        ("kill -KILL $$", 137),
        ("kill -INT $$", 130),
    ],
)
def test_the_exit_code_is_the_commands(tmp_path: Path, script: str, code: int) -> None:
    done = call(tmp_path, "run", "--", "sh", "-c", f"echo out; echo err >&2; {script}")
    assert done.returncode == code, done.stderr
    assert done.stdout == "out\n"
    assert done.stderr.startswith("err\nthirdwatt: sh-")
    assert "of the node, modelled" in done.stderr.splitlines()[-1]


def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    assert call(tmp_path, "run", "--", "no-such-command").returncode == 127
    (tmp_path / "text").write_text("")
    assert call(tmp_path, "run", "--", str(tmp_path / "text")).returncode == 126
    assert call(tmp_path, "run").returncode == 2


SIGNALLED = """
import signal, sys
for each in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGUSR1):
    signal.signal(each, lambda number, _: (print(signal.Signals(number).name, flush=True), sys.exit(9)))
print("on", flush=True)
while True:
    signal.pause()
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT", "SIGUSR1"])
def test_signals_are_passed_on_once(tmp_path: Path, name: str) -> None:
    process = started(tmp_path, sys.executable, "-c", SIGNALLED)
    assert process.stdout is not None
    assert process.stdout.readline() == "on\n"
    process.send_signal(getattr(signal, name))
    out, err = process.communicate(timeout=30)
    assert process.returncode == 9, err
    assert out == f"{name}\n"


def test_a_command_finds_signals_as_they_were(tmp_path: Path) -> None:
    code = "import signal; print(signal.pthread_sigmask(signal.SIG_BLOCK, []), signal.getsignal(signal.SIGTERM))"
    plain = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert call(tmp_path, "run", "--", sys.executable, "-c", code).stdout == plain.stdout
    trap = ["sh", "-c", "trap"]
    assert call(tmp_path, "run", "--", *trap).stdout == subprocess.run(trap, capture_output=True, text=True).stdout
    assert call(tmp_path, "run", "--", "sh", "-c", "yes | head -1").stdout == "y\n"


def test_control_c_in_a_terminal_reaches_the_command_once(tmp_path: Path) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.clear()
        os.environ.update({**ENVIRON, "THIRDWATT_DIR": str(tmp_path)})
        for each in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):  # as in a terminal, wherever the tests were started
            signal.signal(each, signal.SIG_DFL)
        code = SIGNALLED.replace("sys.exit(9)", "None") + "    sys.stdout.write('again\\n')\n"
        os.execv(sys.executable, [sys.executable, "-m", "thirdwatt", "run", "--", sys.executable, "-c", code])
    seen = b""
    deadline = time.monotonic() + 30
    while b"on\r\n" not in seen and time.monotonic() < deadline:
        seen += os.read(terminal, 1000)
    os.write(terminal, b"\x03")
    time.sleep(0.5)
    os.write(terminal, b"\x1c")  # quit
    try:
        while chunk := os.read(terminal, 1000):
            seen += chunk
    except OSError:
        pass
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 128 + signal.SIGQUIT
    assert seen.count(b"SIGINT") == 1


def test_what_the_command_marks_belongs_to_the_run(tmp_path: Path) -> None:
    code = """
import time, thirdwatt
with thirdwatt.measure("inner") as run:
    for _ in range(5):
        run.step(tokens=10)
    while time.process_time() < 0.8:
        pass
"""
    done = call(tmp_path, "run", "--name", "whole", "--", sys.executable, "-c", code)
    assert done.returncode == 0
    assert done.stderr.count("thirdwatt: ") == 1
    listed = json.loads(call(tmp_path, "runs", "--json").stdout)
    assert listed["schema"] == "thirdwatt/runs/1"
    [run] = listed["runs"]
    assert run["id"].startswith("whole-")
    assert (run["state"], run["steps"], run["tokens"], run["processes"]) == ("finished", 5, 50, 2)
    [told] = json.loads(call(tmp_path, "runs", "whole", "--json").stdout)["runs"]
    assert told["id"] == run["id"]
    assert 0.7 < told["processor_s"] < 1.3  # what the inner process works is in the account of the outer one
    assert run["id"] in call(tmp_path, "runs").stdout
    assert "steps" in call(tmp_path, "runs", "latest").stdout


def test_mistakes_are_named(tmp_path: Path) -> None:
    assert "no runs in" in call(tmp_path, "runs").stdout
    for arguments in (("runs", "nope"), ("runs", "merge", "-o", "x"), ("runs", "merge", str(tmp_path), "-o", "x")):
        done = call(tmp_path, *arguments)
        assert done.returncode == 2, arguments
        assert done.stdout == ""
        assert "Traceback" not in done.stderr


def test_an_estimate_rests_on_a_run(tmp_path: Path) -> None:
    clock = Clock()
    watts = {"gpu-0": 512.0, "gpu-1": 488.0}
    channels = [channel(name) for name in watts]
    own = sampler(tmp_path, clock, Scripted(channels, lambda name, t: t * 1e-9 * watts[name.split(":")[1]]), "seen")
    path = tmp_path / "runs/seen/x.ring"
    marks = ring.Ring(os.open(path, os.O_RDWR | os.O_CREAT), str(path), clock.now_ns)
    own.config.ring = "x.ring"
    for number in range(20):
        marks.of("step").mark(number * 10**9, (number + 1) * 10**9, 5000)
    marks.stop()
    own.begin()
    sampled(own, clock, 20)
    own.end("finished")
    done = call(tmp_path, "estimate", "llama-3.1-8b", "--observed", "seen", "--json", "--samples", "1")
    assert done.returncode == 0, done.stderr
    totals = json.loads(done.stdout)["totals"]
    assert totals["accelerator_power_w"]["value"] == pytest.approx(500)
    assert totals["tokens_per_s_per_accelerator"]["value"] == pytest.approx(2500)
    rows = json.loads(call(tmp_path, "runs", "seen", "--observations").stdout)
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    again = call(
        tmp_path, "estimate", "llama-3.1-8b", "--observed", str(tmp_path / "rows.json"), "--json", "--samples", "1"
    )
    assert json.loads(again.stdout)["totals"] == totals
    assert call(tmp_path, "estimate", "llama-3.1-8b", "--observed", "unseen").returncode == 2


def test_folders_are_merged(tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert call(tmp_path / name, "run", "--name", name, "--", "true").returncode == 0
    both = (str(tmp_path / "a"), str(tmp_path / "b"))
    done = call(tmp_path, "runs", "merge", *both, "-o", str(tmp_path / "c"))
    assert [each[:2] for each in done.stdout.split()] == ["a-", "b-"]
    done = call(tmp_path, "runs", "merge", *both, "-o", str(tmp_path / "d"), "--as", "job", "--json")
    assert json.loads(done.stdout)["runs"] == [{"id": "job"}]


def test_top_says_one_line(tmp_path: Path) -> None:
    done = call(tmp_path, "top", "--once", "--interval", "0.2")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1


def test_what_runs_prints_keeps_to_its_schema(tmp_path: Path) -> None:
    trainer = (
        "import thirdwatt\nwith thirdwatt.measure('t', report='') as run:\n"
        "    for _ in range(3):\n        with run.phase('data'):\n            pass\n        run.step(tokens=5)\n"
    )
    assert call(tmp_path, "run", "--name", "t", "--", sys.executable, "-c", trainer).returncode == 0
    shape = schema("runs")
    for words in ((), ("latest",)):
        found = json.loads(call(tmp_path, "runs", *words, "--json").stdout)
        jsonschema.validate(found, shape)
        assert found["runs"][0]["steps"] == 3


def test_an_exit_code_comes_where_children_are_ignored(tmp_path: Path) -> None:
    code = "import os, signal, sys\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\nos.execv(sys.argv[1], sys.argv[1:])"
    words = [sys.executable, "-m", "thirdwatt", "run", "--", "sh", "-c", "exit 3"]
    done = subprocess.run(
        [sys.executable, "-c", code, *words], env={**ENVIRON, "THIRDWATT_DIR": str(tmp_path)}, timeout=30, check=False
    )
    assert done.returncode == 3


def test_signals_without_a_name_pass_too(tmp_path: Path) -> None:
    assert call(tmp_path, "run", "--", "sh", "-c", "kill -40 $$").returncode == 168


def test_ids_are_never_cut(tmp_path: Path) -> None:
    long = "a-training-with-a-name-of-many-words-in-it"
    assert call(tmp_path, "run", "--name", long, "--", "true").returncode == 0
    assert call(tmp_path, "run", "--name", "b", "--", "true").returncode == 0
    lines = call(tmp_path, "runs").stdout.splitlines()
    assert max(map(len, lines)) <= 100
    assert any(line.startswith(long[:40] + "-") and " " not in line for line in lines)


def test_slurm_stands_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "sacct").write_text("#!/bin/sh\necho '123.0|7200000'\n")
    (tools / "sacct").chmod(0o755)
    monkeypatch.setitem(ENVIRON, "PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.setitem(ENVIRON, "SLURM_JOB_ID", "123")
    assert call(tmp_path, "run", "--name", "b", "--", "true").returncode == 0
    assert "2.00 kWh for the whole nodes" in call(tmp_path, "runs", "latest").stdout
    [told] = json.loads(call(tmp_path, "runs", "latest", "--json").stdout)["runs"]
    assert (told["slurm_j"], told["energy_j"]) == (7_200_000, None)


def measured(tmp_path: Path, watts: float = 1000.0, seconds: int = 20) -> None:
    """A run of a node that drew so many watts."""
    clock = Clock()
    sensor = Scripted([channel("box", "node")], lambda _, now_ns: now_ns * 1e-9 * watts)
    own = sampler(tmp_path, clock, sensor, "seen")
    own.begin()
    sampled(own, clock, seconds)
    own.end("finished")


def test_a_run_is_priced_at_a_site(tmp_path: Path) -> None:
    measured(tmp_path, seconds=3600)
    place = ("--set", "site.region=se", "--set", "site.pue=1.5", "--set", "site.intensity_kg_per_kwh=0.1")
    found = json.loads(
        call(tmp_path, "runs", "seen", *place, "--set", "site.electricity_usd_per_kwh=0.2", "--json").stdout
    )
    jsonschema.validate(found, schema("runs"))
    priced = found["runs"][0]["priced"]
    assert priced["facility_energy_kwh"]["value"] == pytest.approx(1.5)
    assert priced["carbon_kg"]["value"] == pytest.approx(0.15)
    assert priced["electricity_usd"]["value"] == pytest.approx(0.3)
    assert priced["carbon_kg"]["low"] < 0.15 < priced["carbon_kg"]["high"]  # a sensor is right to 5 %
    assert {each["kind"] for each in priced["rests_on"]} == {"stated"}
    text = call(tmp_path, "runs", "seen", *place).stdout
    assert "carbon           150 g" in text


def test_without_a_place_there_is_no_carbon(tmp_path: Path) -> None:
    measured(tmp_path)
    text = call(tmp_path, "runs", "seen", "--set", "site.pue=1.5").stdout
    assert "no place is stated" in text
    [run] = json.loads(call(tmp_path, "runs", "seen", "--set", "site.pue=1.5", "--json").stdout)["runs"]
    assert (run["priced"]["carbon_kg"], run["priced"]["water_l"]) == (None, None)
    assert call(tmp_path, "runs", "--set", "site.pue=1.5").returncode == 2
    assert call(tmp_path, "runs", "seen", "--set", "site.pue=banana").returncode == 2
    assert "priced" not in json.loads(call(tmp_path, "runs", "seen", "--json").stdout)["runs"][0]


def test_what_was_not_measured_has_no_price(tmp_path: Path) -> None:
    assert call(tmp_path, "run", "--name", "b", "--", "true").returncode == 0
    assert "nothing to price" in call(tmp_path, "runs", "latest", "--set", "site.region=se").stdout
