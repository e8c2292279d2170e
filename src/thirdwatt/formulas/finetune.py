"""Fine-tuning: what changes when weights are frozen, adapters are trained or a reference model runs beside.

Codes: ``method_code`` 0 pre-training, 1 supervised, 2 direct preference, 3 reinforcement (a frozen reference model
reads every sequence too); ``adapter_code`` 0 none, 1 LoRA, 2 QLoRA (the same arithmetic over a quantised base).

References
----------
.. [1] Hu et al. 2021, LoRA, arXiv:2106.09685, section 4.1.
.. [2] Dettmers et al. 2023, QLoRA, arXiv:2305.14314 (adapters on every linear layer).
.. [3] Rafailov et al. 2023, Direct Preference Optimization, arXiv:2305.18290, equation 7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from thirdwatt.formulas.arrays import pick
from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Code, Num


@quantity
def weight_gradient_share(adapter_code: Code) -> Num:
    """Share of the base weights that need a gradient: all, or none when adapters learn in their place [1]_."""
    return pick(adapter_code, 1.0, 0.0, 0.0)


@quantity
def reference_forward_count(method_code: Code) -> Num:
    """Forward passes of a frozen reference model per token: one where answers are held to it [3]_."""
    return pick(method_code, 0.0, 0.0, 1.0, 1.0)


@quantity
def adapter_parameter_count(
    layer_count: Num,
    dense_layer_count: Num,
    hidden_width: Num,
    head_count: Num,
    kv_head_count: Num,
    head_width: Num,
    value_head_width: Num,
    ffn_width: Num,
    gated_factor: Num,
    adapter_rank: Num,
    adapter_code: Code,
) -> Num:
    """Adapter weights: r·(in + out) for each linear map of attention and dense feed-forward [1]_ [2]_."""
    query = hidden_width + head_count * head_width
    key_value = 2 * hidden_width + kv_head_count * (head_width + value_head_width)
    output = head_count * value_head_width + hidden_width
    ffn = (2 + gated_factor) * (hidden_width + ffn_width)
    adapters = adapter_rank * (layer_count * (query + key_value + output) + dense_layer_count * ffn)
    return pick(adapter_code, 0.0, adapters, adapters)


@quantity(given=("layer_count",))
def learning_parameter_count__layers(parameter_count: Num, adapter_parameter_count: Num, adapter_code: Code) -> Num:
    """Parameters that change, and so are kept in checkpoints: all, or the adapters."""
    return pick(adapter_code, parameter_count, adapter_parameter_count, adapter_parameter_count)


@quantity
def learning_parameter_count(parameter_count: Num, typical_adapter_ratio: Num, adapter_code: Code) -> Num:
    """Parameters that change where the architecture is unknown: all, or adapters of a typical size [2]_."""
    adapters = parameter_count * typical_adapter_ratio
    return pick(adapter_code, parameter_count, adapters, adapters)


@quantity
def adapter_flop_per_token(adapter_parameter_count: Num, flop_per_mac: Num) -> Num:
    """Forward and both gradients of the adapters: three passes of two FLOP per weight."""
    return (1 + 2) * flop_per_mac * adapter_parameter_count
