"""Where demand goes: fits to what was published, what bounds them, paths, and what a gain would buy.

Called, the package answers, as the other verbs of :mod:`thirdwatt` do; its modules are reached as ever.

>>> import thirdwatt
>>> thirdwatt.outlook("frontier", until=2028, samples=100).years
(2026, 2027, 2028)
"""

from __future__ import annotations

import sys
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from thirdwatt.outlook.answer import Outlook


class _Verb(ModuleType):
    """A package that is called like a function: its name is a verb's, and importing its modules binds that name."""

    def __call__(self, *args: Any, **more: Any) -> Outlook:
        """What :func:`thirdwatt.outlook.answer.outlook` says."""
        from thirdwatt.outlook.answer import outlook

        return outlook(*args, **more)


sys.modules[__name__].__class__ = _Verb
