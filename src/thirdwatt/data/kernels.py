"""The forms of the kernels that look at text: those of numpy, and the same compiled by numba; both find the same."""

from __future__ import annotations

from dataclasses import dataclass

from . import lines
from .lines import Kernel
from .near import words_numpy
from .near.find import Form
from .revision import chunks
from .revision.chunks import Cuts


@dataclass(frozen=True, slots=True)
class Kernels:
    """The forms of the kernels that are used; those of numpy where nothing is said.

    Attributes
    ----------
    near
        Of runs of words.
    lines
        Of lines that are repeated.
    cuts
        Of chunks of files.
    """

    near: Form = words_numpy
    lines: Kernel = lines.hashed
    cuts: Cuts = chunks.cuts


def compiled() -> Kernels:
    """The fast forms.

    Raises
    ------
    ImportError
        If numba is not there, or does not work here.
    """
    from . import lines_numba
    from .near import words_numba
    from .revision import chunks_numba

    return Kernels(words_numba, lines_numba.hashed, chunks_numba.cuts)
