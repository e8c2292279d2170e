"""Layouts a second through time, memory, power and energy, beside Calculon where a checkout of it is at hand.

``python benchmarks/layouts.py`` times 1,000,000 random layouts of one model and chip by CPU time, in the ledger's own
chunks. With ``CALCULON`` set to a folder that holds a checkout, and ``CALCULON_PYTHON`` to a Python that has what it
needs, its own evaluation of its shipped example is timed in the same run.
"""

from __future__ import annotations

import os
import resource
import subprocess
import time

import numpy as np

from thirdwatt.ledger import sweep

LAYOUTS = 1_000_000
TARGETS = ("modelled_step_s", "memory_byte", "accelerator_power_w", "it_energy_kwh")
PEER = """
import json, logging, time
import calculon
from calculon.llm import *
from calculon.system import System
log = logging.Logger("calculon")
read = lambda path: json.load(open(path))
app = Llm.Application(read("models/megatron-1T.json"))
system = System(read("systems/a100_80g.json"))
execution = Llm.Execution.from_json(read("examples/3072_t4_p64_d12_mbs4_full.json"))
def one():
    model = Llm(app, log)
    model.compile(system, execution)
    model.run(system)
one()
start = time.process_time()
for _ in range(100):
    one()
print(100 / (time.process_time() - start))
"""


def own(count: int = LAYOUTS) -> float:
    """Layouts a CPU second."""
    rng = np.random.default_rng(0)
    tensor, pipeline, context = (2.0 ** rng.integers(0, top, count) for top in (4, 6, 3))
    over = {
        "tensor_count": tensor,
        "pipeline_count": pipeline,
        "context_count": context,
        "data_count": 16_384 / (tensor * pipeline * context),
        "virtual_stage_count": 2.0 ** rng.integers(0, 3, count),
        "micro_batch_count": 2.0 ** rng.integers(0, 3, count),
    }
    sweep("llama-3.1-405b", {name: values[:1_000] for name, values in over.items()}, TARGETS)
    start = time.process_time()
    sweep("llama-3.1-405b", over, TARGETS)
    return count / (time.process_time() - start)


def peer() -> float | None:
    """Evaluations a CPU second of Calculon, if it is at hand."""
    folder, python = os.environ.get("CALCULON"), os.environ.get("CALCULON_PYTHON")
    if not folder or not python:
        return None
    done = subprocess.run([python, "-c", PEER], cwd=folder, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def main() -> None:
    """Print both rates, the ratio and the peak of memory."""
    rate = own()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    met = "ok  " if rate >= 1e6 else "MISS"
    print(f"{met} layouts, time + memory + power + energy, per core s   {rate:,.0f}/s   bar >= 1,000,000/s")
    print(f"{'ok  ' if peak < 1000 else 'MISS'} peak MB   {peak:.0f}   bar < 1000")
    other = peer()
    said = (
        "not at hand: set CALCULON and CALCULON_PYTHON" if other is None else f"{other:,.0f}/s, {rate / other:,.0f} x"
    )
    print(f"     Calculon, time + memory of one layout   {said}")


if __name__ == "__main__":
    main()
