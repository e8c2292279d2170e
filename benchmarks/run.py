"""Bars of the engine, each beside ``import numpy`` or against its limit, in one run: ``python benchmarks/run.py``.

Processes are timed by the CPU they use (user and system), the smallest of several runs, since machines are shared.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

RUNS = 9


def process_cpu_s(*arguments: str, runs: int = RUNS) -> float:
    """Least CPU time of a Python process."""
    best = float("inf")
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=os.environ)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best


def call_cpu_s(call: Callable[[], object], runs: int = RUNS) -> float:
    """Least CPU time of a call."""
    best = float("inf")
    for _ in range(runs):
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
    return best


def peak_mb(code: str) -> float:
    """Peak memory of a process that runs some code."""
    report = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{report}"], check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def say(what: str, figure: str, bar: str, met: bool) -> None:
    print(f"{'ok  ' if met else 'MISS'} {what:58} {figure:>32}   bar {bar}")


def start_up() -> None:
    bare = process_cpu_s("-c", "pass")
    numpy = process_cpu_s("-c", "import numpy")
    package = process_cpu_s("-c", "import thirdwatt")
    ratio = (package - bare) / (numpy - bare)
    say("import thirdwatt / import numpy, start subtracted", f"{ratio:.3f}", "<= 0.1", ratio <= 0.1)
    for what, bar, arguments in (
        ("thirdwatt --help / python -c 'import numpy'", 1.0, ("--help",)),
        ("estimate gpt-4o --json / python -c 'import numpy'", 4.0, ("estimate", "gpt-4o", "--json")),
    ):
        ratio = process_cpu_s("-m", "thirdwatt", *arguments) / numpy
        say(what, f"{ratio:.2f}", f"<= {bar:g}", ratio <= bar)


def samples() -> None:
    import thirdwatt

    def one() -> None:
        thirdwatt.estimate("gpt-4o", samples=1).to_dict()

    def many() -> None:
        thirdwatt.estimate("gpt-4o", samples=10_000).to_dict()

    one()
    many()
    more = 1000 * (call_cpu_s(many) - call_cpu_s(one))
    say("10,000 samples more than 1, CPU ms", f"{more:.0f}", "<= 150", more <= 150)
    peak = peak_mb("import thirdwatt; thirdwatt.estimate('gpt-4o', samples=10_000).to_dict()")
    say("10,000 samples, peak MB", f"{peak:.0f}", "<= 300", peak <= 300)


SWEEP = """
import numpy, thirdwatt.ledger as ledger
pue = numpy.linspace(1.05, 2.0, {variants})
power = numpy.linspace(200, 700, {variants})
run = lambda: ledger.sweep("llama-3.1-405b", {{"pue": pue, "accelerator_power_w": power}})
run()
"""


def variants() -> None:
    import numpy as np

    from thirdwatt.ledger import sweep
    from thirdwatt.ledger.pricing import ACCOUNTS

    times = {}
    for count in (1_000_000, 2_000_000):
        over = {"pue": np.linspace(1.05, 2.0, count), "accelerator_power_w": np.linspace(200, 700, count)}
        over["accelerator_count"] = np.linspace(64, 32_768, count)
        over["token_count"] = np.linspace(1e12, 3e13, count)

        def run(over: dict[str, np.ndarray] = over) -> None:
            sweep("llama-3.1-405b", over)

        times[count] = call_cpu_s(run)
    rate = 1_000_000 / times[1_000_000]
    say("1,000,000 variants through the full ledger, per core s", f"{rate:,.0f}/s", ">= 300,000/s", rate >= 300_000)
    over = {name: values[:200_000] for name, values in over.items()}
    whole = 200_000 / call_cpu_s(lambda: sweep("llama-3.1-405b", over, ACCOUNTS), runs=3)
    say("the same with every component and phase account", f"{whole:,.0f}/s", ">= 300,000/s", whole >= 300_000)
    linear = times[2_000_000] / times[1_000_000] / 2
    say("time of 2,000,000 over 2 x that of 1,000,000", f"{linear:.2f}", "about 1", 0.75 < linear < 1.25)
    peak = peak_mb(SWEEP.format(variants=1_000_000))
    say("1,000,000 variants, peak MB", f"{peak:.0f}", "< 1000", peak < 1000)


def page() -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.html"
        spent = process_cpu_s("-m", "thirdwatt", "estimate", "llama-3.1-405b", "--html", str(file), runs=3)
        size_kb = file.stat().st_size / 1000
    say("estimate --html with all charts, CPU s of a process", f"{spent:.2f}", "<= 1.5", spent <= 1.5)
    say("the page, kB", f"{size_kb:.0f}", "<= 400", size_kb <= 400)


def table() -> None:
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.csv"
        lines = [f"{n},llama-3.1-8b,{8 * (1 + n % 500)},{1 + n % 50 / 100}" for n in range(10_000)]
        rows.write_text("id,workload.model,cluster.count,site.pue\n" + "\n".join(lines) + "\n")
        numpy = process_cpu_s("-c", "import numpy")
        spent = process_cpu_s("-m", "thirdwatt", "estimate", "--table", str(rows), "--csv", "--samples", "1", runs=2)
    print(f"     estimate --table of 10,000 rows, --samples 1 {spent:.1f} s CPU, {spent / numpy:.0f} x import numpy")


if __name__ == "__main__":
    start_up()
    samples()
    variants()
    page()
    table()
