"""Where a component stands by its power and its cost, and where the essay that asked put each one."""

from __future__ import annotations

NAMES = {
    (True, True): "Q1 critical",
    (True, False): "Q2 power intensive",
    (False, False): "Q3 low impact",
    (False, True): "Q4 cost intensive",
}
"""Quadrant by (high power, high cost)."""

ESSAY = {
    "accelerators": "Q1 critical",
    "cooling": "Q1 critical",
    "power_distribution": "Q2 power intensive",
    "cpu_servers": "Q2 power intensive",
    "network": "Q3 low impact",
    "monitoring": "Q3 low impact",
    "backup": "Q3 low impact",
    "storage": "Q4 cost intensive",
    "redundancy": "Q4 cost intensive",
}
"""The essay's labels, stated without thresholds: a reference to compare with, never an input."""
