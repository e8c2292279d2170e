"""Whether a document keeps to its schema: which is made, and looked at itself, once a process."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema

from thirdwatt.report.schemas import schema


@cache
def _validator(name: str) -> Any:
    found = schema(name)
    kind = jsonschema.validators.validator_for(found)
    kind.check_schema(found)
    return kind(found)


def keeps_to(document: Any, name: str) -> None:
    """See that a document keeps to a schema by its name.

    Raises
    ------
    jsonschema.ValidationError
        If it does not.
    """
    _validator(name).validate(document)
