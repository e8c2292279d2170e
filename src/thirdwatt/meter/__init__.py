"""The meter: what your machine says of a running job.

It reads sensors and writes them down; it never prices anything and never stops a training run. Capture is the standard
library alone, so that a trainer pays next to nothing for it.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from thirdwatt.meter.run import Run, measure

__all__ = ["Run", "measure"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'thirdwatt.meter' has no attribute {name!r}")
    from thirdwatt.meter import run

    return getattr(run, name)
