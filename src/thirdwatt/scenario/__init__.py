"""What you state: the form of a scenario, presets, and errors that name every mistake."""

from __future__ import annotations

from thirdwatt.scenario.mistakes import InputError, InsufficientError, Mistake
from thirdwatt.scenario.scenario import Scenario, Warn

__all__ = ["InputError", "InsufficientError", "Mistake", "Scenario", "Warn"]
