"""Runs as a trainer meets them: real processes, killed, forked, ranked, without a place to write."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import thirdwatt
from tests.meter.scripted import SOURCE, machine, python, recorded
from thirdwatt.meter import run as meter_run
from thirdwatt.meter import segment
from thirdwatt.meter.analysis import store, summary, words
from thirdwatt.meter.analysis.spans import outside, seconds, union

TRAINER = """
import sys, time, thirdwatt
run = thirdwatt.measure("train", dir=sys.argv[1], root=sys.argv[2], interval_s=float(sys.argv[3]))
print(run.id, flush=True)
steps = int(sys.argv[4])
while steps:
    with run.phase("data"):
        time.sleep(0.001)
    run.step(tokens=10)
    steps -= 1
    print(time.monotonic_ns(), flush=True)
run.close()
"""
WATTS = 100.0


@pytest.fixture(autouse=True)
def _no_folder_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("THIRDWATT_RUN", raising=False)
    monkeypatch.setenv("THIRDWATT_DIR", str(tmp_path / "default"))


def energy(found: dict[str, object]) -> float:
    devices = found["devices"]
    assert isinstance(devices, list)
    return float(sum(each["energy_j"]["value"] for each in devices))


def unsampled_s(record: store.Record) -> float:
    """Seconds of a run before its first sample and after its last: a sampler is a process, and starts as one does."""
    read = (segment.read(node.path) for node in record.nodes)
    readings = [each for part in read for _, _, values in part.samples for each in values if each]
    first, last = min(each[1] for each in readings), max(each[1] for each in readings)
    windows = union((each.begin_ns, each.end_ns) for each in record.participants)
    return seconds(gap for window in windows for gap in outside(window, [(first, last)]))


def test_a_run_from_beginning_to_end(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with (
        machine(tmp_path / "root", WATTS) as root,
        thirdwatt.measure("My Train", tmp_path / "d", root=str(root)) as run,
    ):
        for _ in range(20):
            with run.phase("data"):
                time.sleep(0.01)
            run.step(tokens=100)
            run.mark("saved")
        time.sleep(1.1)
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"thirdwatt: {run.id}: 1.")
    assert "measured" in said.err
    found = summary.summarised(store.opened(run.id, str(tmp_path / "d")))
    assert found["state"] == "finished"
    assert found["how"] == ["finished"]
    assert (found["steps"], found["tokens"]) == (20, 2000)
    assert {each["phase"]: each["count"] for each in found["phases"]} == {"data": 20, "saved": 20}
    [device] = found["devices"]
    assert device["gap_s"] == pytest.approx(unsampled_s(store.opened(run.id, str(tmp_path / "d"))), abs=0.01)
    assert device["mean_w"] == pytest.approx(WATTS, rel=0.05)
    assert device["energy_j"]["low"] <= WATTS * found["duration_s"] <= device["energy_j"]["high"]
    assert 0 < found["own_cpu_s"] < 1
    assert 0.7 < found["measured_share"] < 1
    assert "modelled" in words.shares(found)
    run.close()
    run.step()
    assert capfd.readouterr() == ("", "")


def settled(name: str, where: Path, seconds: float = 10.0) -> store.Record:
    """A run once nothing of it is alive: a process that was killed still takes its time to go."""
    deadline = time.monotonic() + seconds
    while (record := store.opened(name, str(where))).state == "running" and time.monotonic() < deadline:
        time.sleep(0.02)
    return record


def kill(tmp_path: Path, delay_s: float, group: bool) -> None:
    """Kill a run after some time: it is readable, with all of its marks and all but the last second of samples."""
    with machine(tmp_path / "root", WATTS) as root:
        environment = {**os.environ, "PYTHONPATH": SOURCE}
        process = subprocess.Popen(
            [sys.executable, "-c", TRAINER, str(tmp_path / "d"), str(root), "1.0", "-1"],
            stdout=subprocess.PIPE, env=environment, start_new_session=True, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        time.sleep(delay_s)
        killed_ns = time.monotonic_ns()
        (os.killpg if group else os.kill)(process.pid, signal.SIGKILL)
        with process:
            steps = len(process.stdout.read().splitlines())
        record = settled(name, tmp_path / "d")
    found = summary.summarised(record)
    assert found["state"] == "killed"
    assert found["bad_lines"] == 0
    assert found["steps"] - steps in (0, 1)
    assert found["tokens"] == 10 * found["steps"]
    last_ns = max(each[1] for part in record.nodes for each in part.samples)
    assert killed_ns - last_ns <= 1.1e9
    [device] = found["devices"]
    assert device["energy_j"]["value"] == pytest.approx(WATTS * device["measured_s"], rel=0.05, abs=3)
    assert words.text(found)


@pytest.mark.parametrize("attempt", range(5))
def test_a_killed_run_is_readable(tmp_path: Path, attempt: int) -> None:
    kill(tmp_path, random.Random(attempt).uniform(0.15, 1.6), group=attempt % 2 == 0)


@pytest.mark.slow
@pytest.mark.parametrize("attempt", range(200))
def test_two_hundred_killed_runs_are_readable(tmp_path: Path, attempt: int) -> None:
    kill(tmp_path, random.Random(1000 + attempt).uniform(0.1, 4.0), group=attempt % 2 == 0)


def test_killed_with_its_sampler_nothing_but_a_second_is_lost(tmp_path: Path) -> None:
    with machine(tmp_path / "root", WATTS) as root:
        process = python(TRAINER, str(tmp_path / "d"), str(root), "0.2", "-1")
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        time.sleep(1.0)
        record = store.opened(name, str(tmp_path / "d"))
        assert record.state == "running"
        killed_ns = time.monotonic_ns()
        os.kill(record.participants[0].header["sampler"], signal.SIGKILL)
        process.kill()
        with process:
            steps = len(process.stdout.read().splitlines())
    found = settled(name, tmp_path / "d")
    assert found.state == "killed"
    assert summary.summarised(found)["steps"] - steps in (0, 1)
    assert killed_ns - max(each[1] for part in found.nodes for each in part.samples) < 0.4e9


def test_a_trainer_outlives_its_sampler(tmp_path: Path) -> None:
    process = python(TRAINER, str(tmp_path / "d"), "/", "0.2", "400")
    assert process.stdout is not None
    name = process.stdout.readline().strip()
    time.sleep(0.2)
    os.kill(store.opened(name, str(tmp_path / "d")).participants[0].header["sampler"], signal.SIGKILL)
    assert store.opened(name, str(tmp_path / "d")).state == "running"
    with process:
        assert len(process.stdout.read().splitlines()) == 400
    assert process.returncode == 0
    found = summary.summarised(store.opened(name, str(tmp_path / "d")))
    assert (found["state"], found["how"], found["steps"]) == ("finished", ["finished"], 400)
    assert "1 of 1 samplers ended before what they measured" in words.text(found)


def test_a_sampler_is_nobodys_child(tmp_path: Path) -> None:
    code = """
    import os, sys, thirdwatt
    run = thirdwatt.measure("t", sys.argv[1])
    try:
        os.wait()
    except ChildProcessError:
        print("no child")
    run.close()
    """
    out, err = python(code, str(tmp_path)).communicate(timeout=30)
    assert out.strip() == "no child", err


def test_without_a_shell_it_is_a_child_that_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thirdwatt.meter.launch.SHELL", str(tmp_path / "none"))
    with thirdwatt.measure("t", tmp_path, report="") as run:
        run.step()
    with pytest.raises(ChildProcessError):
        os.wait()
    assert store.opened(run.id, str(tmp_path)).participants[0].how == "finished"


def test_a_process_that_becomes_another_program_is_measured_on(tmp_path: Path) -> None:
    code = """
    import os, sys, thirdwatt
    run = thirdwatt.measure("t", sys.argv[1], root=sys.argv[2], interval_s=0.2)
    print(run.id, flush=True)
    os.execv("/bin/sleep", ["sleep", "1.5"])
    """
    with machine(tmp_path / "root", WATTS) as root:
        process = python(code, str(tmp_path / "d"), str(root))
        out, _ = process.communicate(timeout=30)
        record = settled(out.strip(), tmp_path / "d")
    found = summary.summarised(record)
    assert found["state"] == "finished"
    assert "became another program" in found["how"][0]
    assert found["duration_s"] > 1.4
    [device] = found["devices"]
    assert device["gap_s"] == pytest.approx(unsampled_s(record), abs=0.01)
    assert energy(found) == pytest.approx(WATTS * device["measured_s"], rel=0.05)


def test_a_run_ends_though_its_descriptors_were_closed(tmp_path: Path) -> None:
    code = """
    import os, sys, time, thirdwatt
    run = thirdwatt.measure("t", sys.argv[1], report="", interval_s=0.1)
    time.sleep(0.5)
    os.closerange(3, 256)
    time.sleep(0.5)
    run.close()
    print(run.id, flush=True)
    time.sleep(60)
    """
    process = python(code, str(tmp_path))
    assert process.stdout is not None
    record = store.opened(process.stdout.readline().strip(), str(tmp_path))
    assert record.participants[0].how == "finished"
    sampler = record.participants[0].header["sampler"]
    deadline = time.monotonic() + 5
    while Path(f"/proc/{sampler}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()
    process.communicate()
    assert not Path(f"/proc/{sampler}").exists()
    [node] = record.nodes
    assert max(each[1] for each in segment.read(node.path).samples) - record.participants[0].begin_ns > 0.9e9


def test_four_ranks_and_a_second_tracker_count_once(tmp_path: Path) -> None:
    with machine(tmp_path / "root", WATTS) as root:
        began = time.monotonic()
        ranks = [
            python(TRAINER, str(tmp_path / "d"), str(root), "0.5", "600",
                   environ={"RANK": str(rank), "WORLD_SIZE": "4", "SLURM_JOB_ID": "77"})
            for rank in range(4)
        ]  # fmt: skip
        other = python(TRAINER, str(tmp_path / "d"), str(root), "0.5", "300")
        elsewhere = python(TRAINER, str(tmp_path / "e"), str(root), "0.5", "300",
                           environ={"RANK": "4", "WORLD_SIZE": "4", "SLURM_JOB_ID": "77"})  # fmt: skip
        said = [each.communicate(timeout=60) for each in [*ranks, other, elsewhere]]
        lasted = time.monotonic() - began
    names = {out.splitlines()[0] for out, _ in said[:4]}
    assert len(names) == 1
    assert sum("measured" in err for _, err in said[:4]) == 1
    name = names.pop()
    store.merge([str(tmp_path / "d"), str(tmp_path / "e")], str(tmp_path / "all"))
    for place in ("d", "all"):
        record = store.opened(name, str(tmp_path / place))
        found = summary.summarised(record)
        assert found["processes"] == (4 if place == "d" else 5)
        assert found["steps"] == 600
        assert found["tokens"] == (24_000 if place == "d" else 27_000)
        [device] = found["devices"]
        assert device["energy_j"]["value"] == pytest.approx(WATTS * device["measured_s"], rel=0.03)
        assert device["measured_s"] <= found["duration_s"] <= lasted
        assert device["gap_s"] == pytest.approx(unsampled_s(record), abs=0.01)


def test_a_run_within_another_has_a_sample_at_both_ends(tmp_path: Path) -> None:
    with machine(tmp_path / "root", WATTS) as root:
        outer = thirdwatt.measure("outer", tmp_path / "d", root=str(root), report="", interval_s=30)
        time.sleep(0.5)
        inner = thirdwatt.measure("inner", tmp_path / "d", root=str(root), report="", interval_s=30)
        time.sleep(0.6)
        inner.close()
        assert inner.result is not None
        assert outer.result is None
        outer.close()
    [device] = inner.result["devices"]
    assert inner.result["duration_s"] >= 0.6  # of which nothing would be measured, were it not asked for
    assert device["measured_s"] > 0
    assert device["gap_s"] == pytest.approx(unsampled_s(store.opened(inner.id, str(tmp_path / "d"))), abs=0.01)
    assert device["energy_j"]["value"] == pytest.approx(WATTS * device["measured_s"], rel=0.1)


def test_the_next_takes_over_when_a_tracker_is_killed(tmp_path: Path) -> None:
    with machine(tmp_path / "root", WATTS) as root:
        first = python(TRAINER, str(tmp_path / "d"), str(root), "0.5", "-1")
        assert first.stdout is not None
        first.stdout.readline()
        time.sleep(0.3)
        with thirdwatt.measure("second", tmp_path / "d", root=str(root), report="") as run:
            time.sleep(0.5)
            first.kill()
            first.communicate()
            time.sleep(1.5)
    found = summary.summarised(store.opened(run.id, str(tmp_path / "d")))
    [device] = found["devices"]
    assert device["energy_j"]["value"] == pytest.approx(WATTS * found["duration_s"], rel=0.03)
    assert device["gap_s"] < 0.2  # it looks for a free place every five seconds, and hears of this one


def test_a_child_does_not_write(tmp_path: Path) -> None:
    run = thirdwatt.measure("train", tmp_path / "d", report="")
    run.step(tokens=1)
    child = os.fork()
    if child == 0:
        try:
            for _ in range(100):
                run.step(tokens=1000)
                with run.phase("child"):
                    pass
            run.close()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    run.step(tokens=1)
    run.close()
    found = summary.summarised(store.opened(run.id, str(tmp_path / "d")))
    assert (found["steps"], found["tokens"], found["phases"]) == (2, 2, [])
    assert found["state"] == "finished"


def test_an_orphan_does_not_keep_the_recording_open(tmp_path: Path) -> None:
    process = python(
        """
        import os, sys, time, thirdwatt
        run = thirdwatt.measure("train", dir=sys.argv[1])
        if os.fork() == 0:
            os.close(1), os.close(2)
            time.sleep(20)
            os._exit(0)
        print(run.id, flush=True)
        time.sleep(60)
        """,
        str(tmp_path / "d"),
    )
    assert process.stdout is not None
    name = process.stdout.readline().strip()
    process.kill()
    process.communicate()
    assert settled(name, tmp_path / "d").participants[0].how == "killed"


@pytest.mark.parametrize("ending", ["raise ValueError('mine')", "sys.exit(3)", "pass"])
def test_exits_are_the_trainers_own(tmp_path: Path, ending: str) -> None:
    process = python(
        f"""
        import sys, thirdwatt
        with thirdwatt.measure("train", dir=sys.argv[1]) as run:
            {ending}
        """,
        str(tmp_path / "d"),
    )
    out, _ = process.communicate(timeout=30)
    assert process.returncode == {"raise ValueError('mine')": 1, "sys.exit(3)": 3, "pass": 0}[ending]
    assert out == ""
    [record] = recorded(tmp_path / "d")
    expected = {"raise ValueError('mine')": "finished by ValueError", "sys.exit(3)": "finished by SystemExit"}
    assert record.participants[0].how == expected.get(ending, "finished")


def test_a_run_that_nobody_closes_ends_with_its_process(tmp_path: Path) -> None:
    process = python("import sys, thirdwatt; thirdwatt.measure('a', dir=sys.argv[1]).step()", str(tmp_path / "d"))
    assert process.wait(30) == 0
    [record] = recorded(tmp_path / "d")
    assert record.finished
    process.communicate()


def test_nested_runs_share_the_samples(tmp_path: Path) -> None:
    with machine(tmp_path / "root", WATTS) as root, thirdwatt.measure("a", tmp_path / "d", root=str(root)) as outer:
        time.sleep(0.3)
        with thirdwatt.measure("a", tmp_path / "d", root=str(root), report="") as inner:
            time.sleep(1.2)
        time.sleep(0.2)
    assert outer.id != inner.id
    for run in (outer, inner):
        record = store.opened(run.id, str(tmp_path / "d"))
        found = summary.summarised(record)
        [device] = found["devices"]
        assert device["mean_w"] == pytest.approx(WATTS, rel=0.05)
        assert device["gap_s"] == pytest.approx(unsampled_s(record), abs=0.01)


def test_the_work_of_children_counts(tmp_path: Path) -> None:
    process = python(
        """
        import os, sys, time, thirdwatt
        with thirdwatt.measure("train", dir=sys.argv[1]) as run:
            time.sleep(0.2)
            for _ in range(2):
                if os.fork() == 0:
                    while time.process_time() < 0.5:
                        pass
                    os._exit(0)
            os.wait(), os.wait()
        """,
        str(tmp_path / "d"),
    )
    process.communicate(timeout=60)
    [record] = recorded(tmp_path / "d")
    found = summary.summarised(record)
    assert 0.9 <= found["processor_s"] <= 1.5
    assert found["processor_share"] is None or found["processor_share"] <= 1


def test_a_long_run_is_not_added_up_where_it_ran(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(meter_run, "LONG_S", 0.0)
    with thirdwatt.measure("a", tmp_path / "d") as run:
        pass
    assert f"thirdwatt runs {run.id} adds them up" in capfd.readouterr().err


def test_no_handler_of_signals_is_replaced(tmp_path: Path) -> None:
    before = [signal.getsignal(each) for each in signal.valid_signals()]
    with thirdwatt.measure("a", tmp_path / "d", report=""):
        assert [signal.getsignal(each) for each in signal.valid_signals()] == before


def test_wrong_use_raises_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with thirdwatt.measure(3, tmp_path / "d", report="") as run:  # type: ignore[arg-type]
        run.step(tokens="many")  # type: ignore[arg-type]
        run.step(tokens=1 << 70)
        run.step(tokens=-5)
        run.step(tokens=8.0)  # type: ignore[arg-type]
        with run.phase(None):  # type: ignore[arg-type]
            pass
        with run.phase("x" * 10_000 + "\ud800"):
            pass
    found = summary.summarised(store.opened(run.id, str(tmp_path / "d")))
    assert (found["steps"], found["tokens"]) == (4, 8)
    with thirdwatt.measure("a", tmp_path / "d", interval_s="often") as run:  # type: ignore[arg-type]
        run.step()
    with thirdwatt.measure("a", "\0") as run:
        run.step()
        with run.phase("a"):
            pass
    assert "not measured" in capfd.readouterr().err


def test_a_folder_that_cannot_be_written_costs_the_files_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with machine(tmp_path / "root", WATTS) as root:
        process = python(TRAINER, str(tmp_path / "file" / "d"), str(root), "0.2", "300")
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert len(out.splitlines()) == 301
    assert err.count("kept in memory") == 1
    assert "300 of" in err
    assert "RAPL package energy" in err
    assert "Traceback" not in err


def mounted(options: str, place: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run some code with a file system of its own, which nobody else sees."""
    if shutil.which("unshare") is None:
        pytest.skip("no unshare here, so no file system can be mounted for a test")
    place.mkdir()
    mount = f"mount -t tmpfs -o {options} none {place}"
    probe = subprocess.run(["unshare", "-m", "sh", "-c", mount], capture_output=True, text=True)
    if probe.returncode:
        pytest.skip(f"no file system can be mounted here: {probe.stderr.strip()}")
    script = f'{mount} && exec "$0" -c "$@"'
    return subprocess.run(
        ["unshare", "-m", "sh", "-c", script, sys.executable, code, *arguments],
        capture_output=True, text=True, timeout=60, env={**os.environ, "PYTHONPATH": SOURCE},
    )  # fmt: skip


FULL = """
import os, sys, time, thirdwatt
from thirdwatt.meter.analysis import store, summary
place = sys.argv[1]
if len(sys.argv) > 3:  # the disk fills up while the run is on
    run = thirdwatt.measure("train", dir=place + "/d", root=sys.argv[2], interval_s=0.01)
    time.sleep(0.3)
blocks = open(place + "/blocks", "wb", buffering=0)
try:
    while True:
        blocks.write(b"x" * 4096)
except OSError:
    pass
if len(sys.argv) <= 3:
    run = thirdwatt.measure("train", dir=place + "/d", root=sys.argv[2], interval_s=0.05)
for _ in range(100):
    run.step(tokens=10)
    time.sleep(0.01)
run.close()
os._exit(5)
"""


@pytest.mark.parametrize("when", ["before", "during"])
def test_a_full_disk_costs_nothing_but_the_files(tmp_path: Path, when: str) -> None:
    # what fits into the last page of a file still fits when the disk is full: 100 samples a second soon need another
    size = "8m" if when == "during" else "256k"
    with machine(tmp_path / "root", WATTS) as root:
        done = mounted(f"size={size}", tmp_path / "small", FULL, str(tmp_path / "small"), str(root),
                       *(["during"] if when == "during" else []))  # fmt: skip
    assert done.returncode == 5, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("memory") == 1, done.stderr
    assert "100 of" in done.stderr
    assert "RAPL package energy" in done.stderr
    mean_w = float(done.stderr.split("mean ")[1].split(" W")[0])
    assert mean_w == pytest.approx(WATTS, rel=0.06)
    assert "Traceback" not in done.stderr


def test_a_read_only_folder_costs_nothing_but_the_files(tmp_path: Path) -> None:
    with machine(tmp_path / "root", WATTS) as root:
        done = mounted("ro", tmp_path / "locked", TRAINER, str(tmp_path / "locked"), str(root), "0.1", "200")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 201
    assert done.stderr.count("kept in memory") == 1
    assert "200 of" in done.stderr


def test_marks_on_a_shared_file_system_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter_run, "_networked", lambda _: True)
    with thirdwatt.measure("a", tmp_path / "d", report="") as run:
        for _ in range(10):
            run.step(tokens=3)
    found = summary.summarised(store.opened(run.id, str(tmp_path / "d")))
    assert (found["steps"], found["tokens"]) == (10, 30)


@pytest.mark.parametrize(
    ("environ", "same"),
    [
        ({"WORLD_SIZE": "4", "SLURM_JOB_ID": "1"}, True),
        ({"WORLD_SIZE": "4", "TORCHELASTIC_RUN_ID": "abc"}, True),
        ({"WORLD_SIZE": "4", "TORCHELASTIC_RUN_ID": "none"}, True),
        ({"WORLD_SIZE": "4", "LOCAL_WORLD_SIZE": "4", "SLURM_JOB_ID": "1"}, True),
        ({"WORLD_SIZE": "4", "LOCAL_WORLD_SIZE": "4", "TORCHELASTIC_RUN_ID": "fixed"}, True),
        ({"WORLD_SIZE": "1"}, False),
        ({}, False),
    ],
)
def test_ranks_agree_on_an_id(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], same: bool) -> None:
    for name in ("WORLD_SIZE", "SLURM_JOB_ID", "TORCHELASTIC_RUN_ID", "SLURM_NTASKS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    ids = []
    for rank in range(2):
        monkeypatch.setenv("RANK", str(rank))
        monkeypatch.setattr(meter_run, "_named", {})
        ids.append(meter_run._id("Train it/now"))
    assert (ids[0] == ids[1]) == same
    assert all(each.startswith("train-it-now-") for each in ids)


@pytest.mark.parametrize(
    ("environ", "of_the_job"),
    [
        ({"SLURM_JOB_ID": "1", "SLURM_STEP_ID": "0"}, True),
        ({"SLURM_JOB_ID": "1"}, True),
        ({"TORCHELASTIC_RUN_ID": "abc"}, True),
        ({"SLURM_JOB_ID": "1", "LOCAL_WORLD_SIZE": "4"}, False),
        ({"TORCHELASTIC_RUN_ID": "abc", "LOCAL_WORLD_SIZE": "4"}, False),
    ],
)
def test_a_job_that_starts_again_keeps_its_id(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], of_the_job: bool
) -> None:
    """By its scheduler if that names it, and by the launcher where a script may start several on one node."""
    for name, value in {"WORLD_SIZE": "4", **environ}.items():
        monkeypatch.setenv(name, value)
    first = meter_run._job()
    for tries in ("SLURM_RESTART_COUNT", "TORCHELASTIC_RESTART_COUNT"):
        monkeypatch.setenv(tries, "1")
    assert meter_run._job() == first
    another = os.getpid() if os.getppid() == 1 else 1
    monkeypatch.setattr(os, "getppid", lambda: another)
    assert (meter_run._job() == first) == of_the_job


def test_the_import_loads_no_more_than_it_must() -> None:
    process = python(
        """
        import sys
        before = set(sys.modules)
        from thirdwatt.meter.run import measure
        print(*sorted(set(sys.modules) - before))
        """
    )
    out, _ = process.communicate(timeout=30)
    dear = {"json", "re", "subprocess", "threading", "logging", "argparse", "dataclasses", "typing", "enum", "pathlib"}
    assert not dear & set(out.split())
    assert not {
        each for each in out.split() if each.startswith("thirdwatt.") and not each.startswith("thirdwatt.meter")
    }


# --- what is the trainer's stays the trainer's --------------------------------------------------------------------


def test_a_descriptor_of_the_trainer_is_no_ring(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret" * 100)
    code = "import sys, thirdwatt\nwith thirdwatt.measure('t', sys.argv[1], report='') as run:\n    print(run.id)\n"
    code += "    for _ in range(60):\n        run.step(tokens=100)\n"
    environ = {**os.environ, "PYTHONPATH": SOURCE}
    inherit = ["sh", "-c", 'exec 5<"$1"; shift; exec "$@"', "sh", str(secret)]
    done = subprocess.run(
        [*inherit, sys.executable, "-c", code, str(tmp_path / "d")],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    found = summary.summarised(store.opened(done.stdout.strip(), str(tmp_path / "d")))
    assert (found["steps"], found["tokens"]) == (60, 6_000)
    held = b"".join(each.read_bytes() for each in (tmp_path / "d").rglob("*") if each.is_file())
    assert b"secretsecret" not in held


def test_files_that_took_our_numbers_are_left_alone(tmp_path: Path) -> None:
    code = """
    import os, sys, thirdwatt
    run = thirdwatt.measure("t", sys.argv[1], report="")
    run.step(tokens=1)
    os.closerange(3, 128)
    files = [open(os.path.join(sys.argv[1], f"ck{n}"), "wb") for n in range(128)]
    for each in files:
        each.write(b"x" * 10_000)
        each.flush()
    run.close()
    for each in files:
        each.close()
    print({os.path.getsize(each.name) for each in files})
    """
    (tmp_path / "d").mkdir()
    done = python(code, str(tmp_path / "d"))
    out, err = done.communicate(timeout=60)
    assert done.returncode == 0, err
    assert out.strip() == "{10000}"


@pytest.mark.parametrize("name", [123, None, b"x"])
def test_a_name_that_is_no_text_hurts_nobody(tmp_path: Path, name: object) -> None:
    with thirdwatt.measure("t", tmp_path, report="") as run:
        with run.phase(name):  # type: ignore[arg-type]
            pass
        for _ in range(40_000):
            with run.phase("a"):
                pass
    found = summary.summarised(store.opened(run.id, str(tmp_path)))
    assert {each["phase"]: each["count"] for each in found["phases"]} == {str(name): 1, "a": 40_000}


def test_a_phase_called_step_is_no_step(tmp_path: Path) -> None:
    with thirdwatt.measure("t", tmp_path, report="") as run:
        with run.phase("step"):
            pass
        run.step()
    assert summary.summarised(store.opened(run.id, str(tmp_path)))["steps"] == 1


def test_a_merge_takes_the_ring_that_holds_more(tmp_path: Path) -> None:
    run = thirdwatt.measure("t", tmp_path / "d", report="")
    for _ in range(10):
        run.step(tokens=5)
    store.merge([str(tmp_path / "d")], str(tmp_path / "m"))
    for _ in range(90):
        run.step(tokens=5)
    run.close()
    store.merge([str(tmp_path / "d")], str(tmp_path / "m"))
    found = summary.summarised(store.opened(run.id, str(tmp_path / "m")))
    assert (found["steps"], found["tokens"]) == (100, 500)


def test_pipes_and_links_are_no_files_of_a_run(tmp_path: Path) -> None:
    with thirdwatt.measure("t", tmp_path / "d", report="") as run:
        run.step(tokens=5)
    [node] = (tmp_path / "d/nodes").iterdir()
    os.mkfifo(node / "99999999999999999999.1.seg")
    here = tmp_path / "d/runs" / run.id
    os.mkfifo(here / "x.seg")
    (here / "y.ring").symlink_to("/etc/hostname")
    assert summary.summarised(store.opened(run.id, str(tmp_path / "d")))["steps"] == 1
    assert [each.id for each in recorded(tmp_path / "d")] == [run.id]
    store.merge([str(tmp_path / "d")], str(tmp_path / "m"))
    assert not (tmp_path / "m/runs" / run.id / "y.ring").exists()


def test_a_program_that_is_its_own_interpreter_does_not_start_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THIRDWATT_SAMPLER", "1")
    run = thirdwatt.measure("t", tmp_path)
    run.step()
    run.close()
    assert run.id == ""
    assert list(tmp_path.iterdir()) == []


def test_secrets_of_a_command_are_not_kept(tmp_path: Path) -> None:
    command = "train.py --api-key=abc123 --hf_token def456 --tokens 8 --lr 1"
    with thirdwatt.measure("t", tmp_path, report="", command=command + " x" * 100_000) as run:
        run.step()
    held = b"".join(each.read_bytes() for each in tmp_path.rglob("*.seg"))
    assert b"abc123" not in held
    assert b"def456" not in held
    assert b"--lr 1" in held
    assert summary.summarised(store.opened(run.id, str(tmp_path)))["steps"] == 1
