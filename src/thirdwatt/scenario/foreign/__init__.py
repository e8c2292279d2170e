"""Scenarios from what people have: a model's configuration, a launch configuration, a recipe, this machine.

The kind of a file is recognised by its content. Each format is a file of its own here and turns a document into a
:class:`~thirdwatt.scenario.foreign.draft.Draft`; :mod:`~thirdwatt.scenario.foreign.write` makes it a scenario file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from thirdwatt.scenario.foreign import finetuners, huggingface, launchers, megatron
from thirdwatt.scenario.foreign.draft import Draft, Entry, Keys
from thirdwatt.scenario.mistakes import InputError, Mistake

__all__ = ["Draft", "Entry", "Keys", "understand"]

FORMATS: tuple[tuple[Callable[[Mapping[str, Any]], bool], Callable[[Mapping[str, Any]], Draft]], ...] = (
    (launchers.is_deepspeed, launchers.deepspeed),
    (launchers.is_accelerate, launchers.accelerate),
    (launchers.is_torchtitan, launchers.torchtitan),
    (finetuners.is_axolotl, finetuners.axolotl),
    (finetuners.is_llama_factory, finetuners.llama_factory),
    (huggingface.is_config, huggingface.draft),
    (finetuners.is_trl, finetuners.trl),
)
"""How each kind of document is recognised and read, the more particular first."""

KNOWN = (
    "a Hugging Face config.json, a DeepSpeed JSON, Megatron-LM arguments (a script or a log), an Accelerate or FSDP "
    "YAML, a torchtitan TOML, or a recipe of axolotl, LLaMA-Factory or TRL"
)


def understand(where: str, text: str, document: Any) -> Draft:
    """What a file says of a training run.

    Parameters
    ----------
    where
        Its name, for the message.
    text
        Its content.
    document
        The content as JSON, YAML or TOML gave it; anything else if it is none of these.

    Raises
    ------
    InputError
        If its kind is not known.
    """
    if isinstance(document, Mapping):
        for recognises, reads in FORMATS:
            if recognises(document):
                return reads(document)
    if megatron.is_megatron(text):
        return megatron.megatron(text)
    raise InputError([Mistake(where, "is no file that is understood", f"it may be {KNOWN}")])
