"""Estimates held against published runs: time, watts, energy, carbon and water apart, beside simple baselines."""

from __future__ import annotations

from thirdwatt.validation.cases import Case
from thirdwatt.validation.score import Score, Validation, validate

__all__ = ["Case", "Score", "Validation", "validate"]
