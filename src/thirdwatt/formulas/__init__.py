"""The book of formulas: one chapter a file, one pure function a quantity, read in this order."""

from __future__ import annotations

from thirdwatt.formulas import (
    carbon,
    clocks,
    collectives,
    components,
    cost,
    data,
    equivalents,
    facility,
    finetune,
    goodput,
    kernels,
    layout,
    memory,
    power,
    rollout,
    step,
    storage,
    time,
    water,
    workload,
)

CHAPTERS = (
    data,
    workload,
    finetune,
    layout,
    clocks,
    kernels,
    collectives,
    step,
    memory,
    time,
    rollout,
    goodput,
    power,
    facility,
    storage,
    components,
    cost,
    carbon,
    water,
    equivalents,
)
"""Alternatives of one quantity stand in one chapter; within a chapter, order decides between equals."""
