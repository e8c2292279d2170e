"""Several jobs on one node: one process reads every board, and each run counts those that it was given."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from tests.meter.scripted import python
from tests.meter.sensors.conftest import Script
from tests.meter.sensors.test_nvml import H100, boards
from thirdwatt.meter.analysis import store, summary

TRAINER = """
import sys, time, thirdwatt
run = thirdwatt.measure("train", dir=sys.argv[1], interval_s=0.1, report="")
print(run.id, flush=True)
time.sleep(float(sys.argv[2]))
run.close()
"""


def test_a_run_counts_the_boards_that_it_was_given(library: str, nvml: Script, tmp_path: Path) -> None:
    boards(nvml, H100, H100, H100, H100)
    drivers = tmp_path / "drivers"
    drivers.mkdir()
    shutil.copy(library, drivers / "libnvidia-ml.so.1")
    here = {"LD_LIBRARY_PATH": str(drivers), "STUB_NVML": str(nvml.file)}
    jobs = [
        ("7", "0", {"CUDA_VISIBLE_DEVICES": "0"}),
        ("7", "1", {"CUDA_VISIBLE_DEVICES": "2"}),
        ("8", "0", {"CUDA_VISIBLE_DEVICES": "1"}),
        ("9", "0", {}),
    ]
    began = [
        python(
            TRAINER, str(tmp_path / "d"), "1.0",
            environ={**here, **given, "SLURM_JOB_ID": job, "RANK": rank, "WORLD_SIZE": "2" if job == "7" else "1"},
        )
        for job, rank, given in jobs
    ]  # fmt: skip
    time.sleep(0.5)
    for place in range(4):
        nvml.put({f"{place}.energy": 1_234_567 + 1000 * (place + 1)})
    names = [each.communicate(timeout=60)[0].splitlines()[0] for each in began]
    assert names[0] == names[1]
    found = {
        name: {
            each["device"]: round(each["energy_j"]["value"])
            for each in summary.summarised(store.opened(name, str(tmp_path / "d")))["devices"]
        }
        for name in dict.fromkeys(names)
    }
    assert list(found.values()) == [
        {"GPU-0aaa": 1, "GPU-2aaa": 3},
        {"GPU-1aaa": 2},
        {f"GPU-{n}aaa": n + 1 for n in range(4)},
    ]
