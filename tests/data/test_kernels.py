"""Which forms of the kernels are taken."""

from __future__ import annotations

import sys

import pytest

pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")
from thirdwatt.cli.data.options import PAYS_BYTES, kernels
from thirdwatt.data.kernels import Kernels, compiled


def test_all_are_compiled_or_none() -> None:
    pytest.importorskip("numba", reason="numba is not installed: the extra fast has it")
    fast, plain = compiled(), Kernels()
    assert (plain.near.NAME, fast.near.NAME) == ("numpy", "numba")
    assert {fast.lines.__module__, fast.cuts.__module__} == {
        "thirdwatt.data.lines_numba", "thirdwatt.data.revision.chunks_numba",
    }  # fmt: skip
    assert kernels(PAYS_BYTES) == fast
    assert kernels(PAYS_BYTES - 1) == plain


def test_without_numba_there_are_those_of_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in sys.modules if each.startswith("thirdwatt.data") and each.endswith("_numba")]:
        monkeypatch.delitem(sys.modules, name)
    for package in ("thirdwatt.data", "thirdwatt.data.near", "thirdwatt.data.revision"):
        for name in ("lines_numba", "words_numba", "chunks_numba"):
            monkeypatch.delattr(sys.modules[package], name, raising=False)
    monkeypatch.setitem(sys.modules, "numba", None)
    assert kernels(PAYS_BYTES) == Kernels()
