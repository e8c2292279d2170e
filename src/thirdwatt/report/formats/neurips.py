"""Answer to item 8 of the NeurIPS paper checklist, experiments compute resources, as the checklist's own LaTeX.

References
----------
.. [1] NeurIPS paper checklist guidelines, neurips.cc/public/guides/PaperChecklist: type of workers, memory, time of
   each run, total compute, and whether preliminary or failed runs took more than is reported.
"""

from __future__ import annotations

from collections.abc import Iterator

from thirdwatt.amounts import amount
from thirdwatt.ledger import Ledger
from thirdwatt.ledger.ledger import WITHIN
from thirdwatt.report.formats.markup import filled, latex
from thirdwatt.report.phrases import (
    UNKNOWN,
    computation,
    devices,
    energy_kind,
    kind,
    measure,
    signature,
    stated,
    tenure,
    title,
)

OWNERS = {"own": "own machines", "colo": "own machines in rented space", "rented": "rented machines"}


def neurips(ledger: Ledger) -> str:
    """Answer and justification [1]_."""
    known = ledger.totals["wall_time_h"] is not None and stated(ledger, "cluster.accelerator", "cluster.instance")
    return "\n".join(
        [
            f"% {signature(ledger)}",
            r"\item {\bf Experiments compute resources}",
            rf"  \item[] Answer: \answer{'Yes' if known else 'No'}{{}}",
            r"  \item[] Justification:",
            *(filled(latex(sentence), indent="    ") for sentence in _sentences(ledger)),
            "",
        ]
    )


def _sentences(ledger: Ledger) -> Iterator[str]:
    memory = ledger.figures.get("accelerator_memory_byte")
    each = UNKNOWN if memory is None else f"{amount(memory.value, 'B')} each"
    yield (
        f"Workers: {devices(ledger)}, {OWNERS[tenure(ledger)]}; memory of the accelerators {each}, "
        f"memory and storage of the hosts {UNKNOWN}."
    )
    yield (
        f"Time of a run: {measure(ledger, ledger.totals['wall_time_h'], 'hours').by(kind(ledger, 'wall_time_h'))}. "
        f"Number of runs: 1 ({title(ledger)})."
    )
    hours = measure(ledger, ledger.totals["accelerator_hours"], "hours").by(kind(ledger, "accelerator_hours"))
    flop = measure(ledger, ledger.totals["training_flop"], "FLOP").by(computation(ledger))
    basis = f"{energy_kind(ledger)}; {WITHIN[ledger.boundary].takes_in}"
    energy = measure(ledger, ledger.totals["energy_kwh"], "kWh").by(basis)
    yield f"Total compute: {hours} of accelerators; {flop}; {energy}, boundary {ledger.boundary}."
    yield (
        f"Preliminary and failed runs are not included; what they took is {UNKNOWN}. "
        f"Estimated with {signature(ledger)}."
    )
