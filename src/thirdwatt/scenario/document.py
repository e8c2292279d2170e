"""Documents from strangers: TOML, JSON and YAML, as their readers should have read them."""

from __future__ import annotations

import json
import tomllib
from typing import Any

from thirdwatt.scenario.content import MAX_YAML
from thirdwatt.scenario.mistakes import InputError, Mistake

MAX_REASON = 300
"""Characters of a syntax error that a mistake repeats."""


def parsed(text: str, where: str, suffix: str) -> Any:
    """The document that a text says.

    Parameters
    ----------
    where
        Its file, for the message.
    suffix
        Ending of the file's name, which tells the form; empty or unknown, all forms are tried.

    Raises
    ------
    InputError
        If it is none; the line is said.
    """
    try:
        return document(text, suffix)
    except RecursionError:
        raise InputError([Mistake(where, "is nested too deeply")]) from None
    except (ValueError, OverflowError) as error:
        reason = " ".join(str(error).split())[:MAX_REASON]
        form = suffix.lstrip(".") or "TOML, JSON or YAML"
        raise InputError([Mistake(where, f"is not valid {form}: {reason}")]) from None


def perhaps(text: str, suffix: str) -> Any:
    """The document that a text says, ``None`` if it is none."""
    try:
        return document(text, suffix)
    except (ValueError, OverflowError, RecursionError):
        return None


def document(text: str, suffix: str) -> Any:
    """The document that a text says.

    Raises
    ------
    ValueError, OverflowError, RecursionError
        If it is none, or nested too deeply.
    """
    if suffix == ".json":
        return json.loads(text)
    if suffix in (".yaml", ".yml"):
        return yaml_document(text)
    if suffix == ".toml":
        return tomllib.loads(text)
    if text.lstrip().startswith("{"):
        return json.loads(text)
    try:
        return tomllib.loads(text)
    except ValueError as error:
        try:
            return yaml_document(text)
        except ValueError:
            raise error from None


def yaml_document(text: str) -> Any:
    """The document that YAML from a stranger says.

    Raises
    ------
    ValueError
        And nothing else, whatever the text: for its syntax, an alias, too much text, too deep a nesting, or a word that
        is not what its tag or its form says (``2024-99-99``, ``!!int x``).
    """
    import yaml

    if len(text) > MAX_YAML:
        raise ValueError(f"YAML of more than {MAX_YAML:,} characters is not read")

    class Loader(yaml.SafeLoader):
        """Safe loader without aliases, so that no small file can unfold into a large one."""

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.events.AliasEvent):
                raise yaml.YAMLError("aliases (*name) are not allowed")
            return super().compose_node(parent, index)

    try:
        return yaml.load(text, Loader)  # noqa: S506 - a SafeLoader
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(str(error)) from None
    # PyYAML looks up and slices what a tag claims to be there: !!bool x, !!int "", !!timestamp x.
    except (LookupError, AttributeError, TypeError, OverflowError):
        raise ValueError("a value is not what its tag says") from None
