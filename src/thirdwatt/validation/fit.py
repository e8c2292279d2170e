"""The constants of the step model, fitted to the published steps that are not set apart.

``make fit`` prints each constant with its prior and what the rows make of it, and puts the values into the fact tables,
where they belong. Priors are what was known before: data sheets, papers on
kernels, a usual value with room around it. What no row touches is left as it stands.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from thirdwatt.facts import table
from thirdwatt.facts.table import content
from thirdwatt.ledger.calibration import Batch, Constant, Fitted, calibrate
from thirdwatt.ledger.samples import Array
from thirdwatt.validation.steps import QUANTITY, Step, steps

TABLES = Path("src/thirdwatt/facts/tables")
"""Where the tables stand in the project; a fit is written from its root."""

NOISE = 0.04
"""Standard deviation of the logarithm of a published step about the best model there could be: rounding, releases."""

SOURCE = "step-rows"
"""What a fitted figure names as its source."""

TOLD = 0.9
"""Share of a prior's uncertainty below which rows have told a constant more than was known before."""

WIDE = 1.645
"""Standard deviations on either side that hold 90 % of a normal distribution."""

REACHED = 0.95
"""Most of a rated figure that anything reaches."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells of a fact table that hold one constant, what it was thought to be, and cells that follow it unfitted."""

    table: str
    rows: tuple[str, ...]
    field: str
    prior: float
    sigma: float
    like: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it is called when printed."""
        return f"{self.table}/{'+'.join(self.rows)}/{self.field}"

    @property
    def streams(self) -> tuple[str, ...]:
        """Streams of its cells."""
        fields = (self.field, *(self.like if self.table == "generations" else ()))
        return tuple(f"{self.table}/{row}/{field}" for row in self.rows for field in fields)


def _matmul(rows: str, prior: float, sigma: float, *precisions: str) -> Cells:
    first, *others = (f"matmul_share@{each}" for each in precisions)
    return Cells("generations", tuple(rows.split()), first, prior, sigma, tuple(others))


def _attention(rows: str, prior: float, sigma: float) -> Cells:
    return Cells("generations", tuple(rows.split()), "attention_share", prior, sigma)


def _stack(rows: str, field: str, prior: float, sigma: float) -> Cells:
    return Cells("stacks", tuple(rows.split()), field, prior, sigma)


def _shared(field: str, prior: float, sigma: float) -> Cells:
    return Cells("constants", ("default",), field, prior, sigma)


CORE = "megatron-core megatron-core-2024 nemo"

CORE_CONSTANTS: tuple[Cells, ...] = (
    _matmul("ampere", 0.77, 0.1, "bf16", "fp16"),
    _matmul("hopper", 0.66, 0.1, "bf16", "fp16"),
    _matmul("hopper", 0.55, 0.15, "fp8"),
    _matmul("blackwell", 0.6, 0.1, "bf16", "fp16"),
    _matmul("blackwell", 0.5, 0.15, "fp8"),
    _matmul("blackwell-ultra", 0.72, 0.1, "bf16", "fp16"),
    _matmul("blackwell-ultra", 0.6, 0.15, "fp8"),
    _matmul("tpu-v4 tpu-v5e tpu-v5p", 0.87, 0.1, "bf16"),
    _attention("ampere", 0.6, 0.12),
    _attention("hopper", 0.65, 0.12),
    _attention("blackwell blackwell-ultra", 0.6, 0.15),
    _attention("tpu-v4 tpu-v5e tpu-v5p", 0.5, 0.3),
    _stack("llm-foundry", "attention_kernel_ratio@ampere", 0.58, 0.4),
    _stack("llm-foundry", "attention_kernel_ratio@hopper", 0.3, 0.5),
    _stack("nemo", "attention_kernel_ratio", 0.6, 0.4),
    _stack("llm-foundry", "layer_launch_s", 0.3e-3, 0.6),
    _stack(CORE, "layer_launch_s", 0.2e-3, 0.6),
    _stack("megatron-lm", "layer_launch_s", 0.2e-3, 0.5),
    _stack(CORE, "expert_launch_s", 0.155e-3, 0.5),
    _stack("llm-foundry", "overlap_loss_share", 0.13, 0.7),
    _stack(CORE, "overlap_loss_share", 0.13, 0.7),
    _stack(CORE, "replica_overlap_loss_share", 0.13, 0.7),
    _stack("maxtext", "overlap_loss_share", 0.13, 0.7),
    _stack("maxtext", "replica_overlap_loss_share", 0.13, 0.7),
    _stack(CORE, "tensor_overlap_share", 0.5, 0.4),
    _stack("megatron-lm", "tensor_overlap_share", 0.05, 1),
    _stack("maxtext", "tensor_overlap_share", 0.5, 0.5),
    _stack(CORE, "expert_overlap_share", 0.3, 0.6),
    _stack("llm-foundry", "step_fixed_s", 0.04, 0.5),
    _stack(f"{CORE} megatron-lm", "step_fixed_s", 0.04, 0.7),
    _stack("megatron-lm", "softmax_traffic_byte", 11, 0.3),
    _stack(f"{CORE} megatron-lm llm-foundry transformers", "straggler_share", 0.004, 0.7),
    _stack("maxtext", "straggler_share", 0.015, 0.7),
    _shared("memory_share", 0.78, 0.1),
    _shared("elementwise_traffic_ratio", 1.1, 0.5),
    _shared("operand_traffic_ratio", 0.5, 0.5),
    _shared("link_share", 0.8, 0.15),
    _shared("network_share", 0.8, 0.15),
    _shared("link_latency_s", 2e-5, 0.5),
    _shared("logit_pass_byte", 16, 0.3),
    _shared("message_exposed_share", 0.46, 0.5),
    _shared("optimizer_traffic_byte", 32, 0.4),
    _shared("grouped_matmul_ratio@bf16", 0.5, 0.25),
    _shared("grouped_matmul_ratio", 0.6, 0.25),
)
"""What may move where models are trained from scratch, and from where."""

EAGER = "transformers transformers-gptq transformers-deepspeed"
FUSED = "transformers-fused nemo-automodel"
HUGGING_FACE = f"{EAGER} {FUSED}"

TUNING_CONSTANTS: tuple[Cells, ...] = (
    _matmul("volta", 0.68, 0.12, "fp16"),
    _matmul("turing", 0.5, 0.2, "fp16"),
    _matmul("volta turing", 0.85, 0.12, "fp32"),
    _matmul("ampere-gddr", 0.75, 0.1, "bf16", "fp16"),
    _matmul("ada", 0.9, 0.06, "bf16", "fp16"),
    _matmul("cdna3", 0.48, 0.2, "bf16", "fp16"),
    _matmul("cdna3", 0.7, 0.2, "fp32"),
    _attention("volta", 0.35, 0.25),
    _attention("ampere-gddr ada", 0.5, 0.2),
    _attention("cdna3", 0.3, 0.15),
    _stack(f"{EAGER} transformers-fused", "attention_kernel_ratio", 0.75, 0.12),
    _stack(HUGGING_FACE, "layer_launch_s", 0.6e-3, 0.6),
    _stack(f"{HUGGING_FACE} transformers-2022 deepspeed-2022 deeplearningexamples", "launch_loss_share", 0.15, 0.7),
    _stack(f"transformers transformers-gptq {FUSED}", "overlap_loss_share", 0.4, 0.7),
    _stack("transformers-deepspeed", "overlap_loss_share", 0.6, 0.4),
    _stack("transformers-deepspeed", "sharded_launch_s", 2.5e-3, 0.6),
    _stack(f"{HUGGING_FACE} transformers-2022 deeplearningexamples", "replica_overlap_loss_share", 0.3, 0.7),
    _stack("transformers", "tensor_overlap_share", 0.1, 1),
    _stack(EAGER, "elementwise_traffic_ratio", 4, 0.3),
    _stack(FUSED, "elementwise_traffic_ratio", 2, 0.4),
    _stack(HUGGING_FACE, "layer_norm_traffic_ratio", 0.5, 0.4),
    _stack(f"{EAGER} nemo-automodel", "logit_pass_byte", 45, 0.3),
    _stack("transformers-fused", "logit_pass_byte", 20, 0.4),
    _stack(EAGER, "adapter_pass_count", 21, 0.3),
    _stack(FUSED, "adapter_pass_count", 10, 0.4),
    _stack("torchtune", "adapter_pass_count", 8, 0.5),
    _stack(HUGGING_FACE, "optimizer_traffic_byte", 45, 0.4),
    _stack("transformers-2022", "optimizer_traffic_byte", 100, 0.4),
    _stack("transformers-gptq", "widening_ratio", 10, 0.5),
    _stack("transformers-2022", "softmax_traffic_byte", 30, 0.3),
    _stack("deepspeed-2022", "softmax_traffic_byte", 22, 0.3),
    _stack("transformers-2022 deepspeed-2022", "elementwise_traffic_ratio", 2.5, 0.4),
    _stack("deeplearningexamples", "softmax_traffic_byte", 18, 0.3),
    _stack("deeplearningexamples", "elementwise_traffic_ratio", 1.5, 0.3),
    _stack("transformers-2022 deepspeed-2022 deeplearningexamples", "attention_kernel_ratio", 0.8, 0.3),
    _stack("transformers torchtune", "grouped_matmul_ratio", 0.9, 0.2),
    _stack(HUGGING_FACE, "step_fixed_s", 0.05, 0.7),
    _stack("torchtune", "optimizer_traffic_byte", 16, 0.4),
    _stack("torchtune", "attention_kernel_ratio", 0.75, 0.3),
    _shared("adapter_launch_s", 1.5e-4, 0.7),
    _shared("adapter_host_s", 4e-4, 0.5),
    Cells("generations", ("ada",), "sustained_flop_per_j", 0.6e12, 0.3),
    _shared("widening_ratio", 1.5, 0.5),
    _stack(f"transformers transformers-gptq {FUSED} torchtune", "sharded_launch_s", 1e-3, 0.8),
    _stack("torchtune", "elementwise_traffic_ratio", 1.3, 0.3),
    _stack("torchtune", "layer_launch_s", 2.5e-4, 0.5),
)
"""What else may move where models are fine-tuned; everything above then stands."""

FREE = (*CORE_CONSTANTS, *TUNING_CONSTANTS)


def constants(free: Sequence[Cells] = FREE) -> list[Constant]:
    """The constants as the tables have them now."""
    return [
        Constant(
            name=cells.name,
            streams=cells.streams,
            prior=cells.prior,
            sigma=cells.sigma,
            current=table(cells.table).rows[cells.rows[0]].figures[cells.field].value,
            ceiling=REACHED if "_share" in cells.field else np.inf,
        )
        for cells in free
    ]


def noise(rows: Sequence[Step]) -> Array:
    """How closely each row is to be met: families weigh alike by the square root of their size, twins once."""
    sizes: dict[str, float] = {}
    for row in rows:
        sizes[row.family] = sizes.get(row.family, 0.0) + 1 / row.twins
    typical = float(np.median(list(sizes.values())))
    spreads = []
    for row in rows:
        own = NOISE * (1.5 if row.experts else 1.0) * (2.0 if row.tuned else 1.0)
        spreads.append(own * np.sqrt(row.twins) * max(sizes[row.family] / typical, 1.0) ** 0.25)
    return np.array(spreads)


def fitted(rows: Sequence[Step] | None = None) -> tuple[list[Step], Fitted]:
    """The fit to all rows that are not set apart, or to those given: training from scratch first, then fine-tuning.

    Steps of fine-tuning are measured less carefully and on software that differs more, so they move what is theirs.
    """
    chosen = [row for row in steps() if not row.unfitted] if rows is None else list(rows)
    first = fit_to([row for row in chosen if not row.tuned], CORE_CONSTANTS, {})
    held = logs_of(CORE_CONSTANTS, first)
    second = fit_to([row for row in chosen if row.tuned], TUNING_CONSTANTS, held)
    return chosen, Fitted(
        values={**first.values, **second.values},
        sigmas={**first.sigmas, **second.sigmas},
        errors=np.concatenate([first.errors, second.errors]),
    )


def fit_to(rows: Sequence[Step], free: Sequence[Cells], held: Mapping[str, float]) -> Fitted:
    """Constants that meet some steps best, others held at the logarithms of factors on their streams."""
    batch = Batch.of([row.scenario for row in rows], QUANTITY)
    measured = np.array([row.measured_s for row in rows])
    return calibrate(batch, measured, constants(free), noise(rows), held)


def logs_of(free: Sequence[Cells], found: Fitted) -> dict[str, float]:
    """Logarithms of the factors by which constants move the tables, by stream."""
    return {
        stream: float(np.log(found.values[constant.name] / constant.current))
        for constant in constants(free)
        for stream in constant.streams
    }


def main(arguments: Sequence[str]) -> int:
    """Print the fit, and write it if asked to."""
    rows, found = fitted()
    out = sys.stdout
    out.write(f"{len(rows)} rows\n{'':64}{'prior':>10}{'table':>10}{'fitted':>10}{'+/-':>7}\n")
    for cells, constant in zip(FREE, constants(), strict=True):
        value, left = found.values[cells.name], found.sigmas[cells.name]
        out.write(f"{cells.name:64}{cells.prior:10.3g}{constant.current:10.3g}{value:10.3g}{left:6.0%}\n")
    if "--write" in arguments:
        for name, text in _tables(found):
            (TABLES / f"{name}.csv").write_text(text, encoding="utf-8", newline="")
    return 0


def _tables(found: Fitted) -> Iterator[tuple[str, str]]:
    """Each fact table with the fitted values in; what rows told is assumed no longer.

    Ranges are scaled with their values; those of fine-tuning are what the rows left, where these told anything.
    """
    for name in sorted({cells.table for cells in FREE}):
        own = {stream: cells for cells in FREE if cells.table == name for stream in cells.streams}
        lines = list(csv.reader(io.StringIO(content(name).decode())))
        for line in lines[1:]:
            cells = own.get(f"{name}/{line[0]}/{line[1]}")
            if cells is None:
                continue
            value, left = found.values[cells.name], found.sigmas[cells.name]
            told = left < TOLD * cells.sigma
            most = 1.0 if "_share" in line[1] else np.inf
            if line[3]:
                ends = [float(end) * value / float(line[2]) for end in line[3:5]]
                if told and cells in TUNING_CONSTANTS:
                    ends = [value * float(np.exp(side * WIDE * left)) for side in (-1, 1)]
                line[3:5] = [f"{min(end, most):.3g}" for end in ends]
            line[2] = f"{value:.3g}"
            if line[5] == "assumed" and told:
                line[5:7] = ["modelled", SOURCE]
                line[9] = line[9].removesuffix("no rows").rstrip("; ")
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(lines)
        yield name, text.getvalue()
