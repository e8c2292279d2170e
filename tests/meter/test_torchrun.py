"""A training as its users start it: torchrun, ranks that talk, loaders with workers, a rank that is restarted."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.meter.scripted import SOURCE, machine, recorded
from thirdwatt.meter.analysis import summary

WATTS, RANKS, STEPS = 120.0, 2, 30

TRAINER = """
import os, sys, time
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, TensorDataset
import thirdwatt

def main():
    torch.set_num_threads(1)
    steps, workers, dies = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "die"
    attempt = int(os.environ["TORCHELASTIC_RESTART_COUNT"])
    data = TensorDataset(torch.randn(steps * 8, 64), torch.randn(steps * 8, 1))
    loader = DataLoader(data, batch_size=8, num_workers=workers)
    model = torch.nn.Linear(64, 1)
    if not dies:
        dist.init_process_group("gloo")
        model = DistributedDataParallel(model)
    elif attempt and os.environ["RANK"] == "1":
        time.sleep(4)  # so that the other has ended by then: the launcher alone can tell that they belong together
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01)
    with thirdwatt.measure("ddp") as run:
        log = os.open(f"{sys.argv[4]}/{os.environ['RANK']}.{attempt}", os.O_WRONLY | os.O_CREAT)  # what it truly did
        for number, (x, y) in enumerate(loader):
            with run.phase("step of the model"):
                loss = (model(x) - y).square().mean()
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
            time.sleep(0.05)
            run.step(tokens=8)
            os.write(log, b"x")
            if dies and attempt == 0 and number == 9:
                os._exit(3) if os.environ["RANK"] == "1" else time.sleep(60)
    if not dies:
        dist.destroy_process_group()

main()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ending", "workers", "attempts"),
    # restarted ranks do not talk to each other: gloo itself now and then finds the addresses of those that are gone
    [("live", 2, 1), ("die", 1, 2)],
)
def test_a_training_is_one_run(tmp_path: Path, ending: str, workers: int, attempts: int) -> None:
    pytest.importorskip("torch", reason="torch is not installed: make test-all installs it")
    (tmp_path / "train.py").write_text(TRAINER)
    (tmp_path / "truth").mkdir()
    command = [
        sys.executable, "-m", "thirdwatt", "run", "--name", "whole", "--",
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(RANKS),
        "--max-restarts", "1", str(tmp_path / "train.py"), str(STEPS), str(workers), ending,
        str(tmp_path / "truth"),
    ]  # fmt: skip
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("THIRDWATT", "SLURM"))}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with machine(tmp_path / "root", WATTS) as root:
        environ |= {"PYTHONPATH": SOURCE, "THIRDWATT_DIR": str(tmp_path / "d"), "THIRDWATT_ROOT": str(root)}
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=240)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    worked_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("% of the node, modelled") == 1
    [record] = recorded(tmp_path / "d")
    found = summary.summarised(record)
    made = {each.name: each.stat().st_size for each in (tmp_path / "truth").iterdir()}
    assert found["state"] == "finished"
    assert found["processes"] == len(made) + 1
    assert found["attempts"] == attempts == len({name.partition(".")[2] for name in made})
    killed = RANKS * (attempts - 1)  # each may have marked one more step than it could write down
    steps = sum(max(count for name, count in made.items() if name.endswith(f".{each}")) for each in range(attempts))
    assert steps <= found["steps"] <= steps + attempts - 1
    assert 0 <= found["tokens"] - 8 * sum(made.values()) <= 8 * killed
    [device] = found["devices"]
    assert device["energy_j"]["value"] == pytest.approx(WATTS * found["duration_s"], rel=0.03)
    # workers of loaders and the launcher count, once; only the start of the command above is none of the job's
    assert 0.85 * worked_s < found["processor_s"] <= worked_s
