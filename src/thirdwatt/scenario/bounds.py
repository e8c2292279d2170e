"""What a quantity may be: the limits that physics sets, and which quantities cannot be nothing."""

from __future__ import annotations

from collections.abc import Iterator

from thirdwatt.facts import Figure
from thirdwatt.quantity import limits
from thirdwatt.scenario.mistakes import Mistake

DIVISORS = frozenset(
    [
        "accelerator_count", "accelerator_hours", "accelerator_link_byte_per_s", "accelerator_memory_byte",
        "accelerator_memory_byte_per_s", "accelerator_peak_flop_per_s", "accelerator_power_w",
        "accelerator_tdp_w", "activation_byte", "active_parameter_count", "attention_flop_per_s",
        "attention_kernel_ratio", "attention_share", "building_life_year", "carbon_kg_per_equivalent",
        "checkpoint_interval_h", "clock_ratio", "context_count", "context_link_byte_per_s", "data_count",
        "decode_memory_share", "default_accelerator_count", "distribution_at_unit_overhead_ratio",
        "elementwise_byte_per_s", "elementwise_traffic_ratio", "erasure_data_count", "exchange_link_byte_per_s",
        "expert_member_count", "expert_parallel_count", "expert_software_time_ratio",
        "fabric_accelerator_count", "fabric_count", "facility_energy_kwh", "failure_per_accelerator_per_h",
        "filter_quality_ratio",
        "forward_flop_per_token", "global_batch_count", "goodput", "grouped_matmul_ratio", "head_count",
        "hidden_width", "host_link_byte_per_s", "host_memory_byte", "host_optimizer_byte_per_s",
        "it_energy_kwh", "it_life_year", "kept_token_share", "layer_count", "layer_norm_traffic_ratio",
        "layout_time_ratio",
        "link_byte_per_s", "link_share", "matmul_flop_per_s", "matmul_share", "memory_byte_per_s",
        "memory_share", "mfu", "micro_batch_count", "modelled_mfu_share", "modelled_step_s",
        "network_byte_per_s", "network_share", "own_utilisation_share", "parameter_count", "peak_power_w",
        "pipeline_count", "plant_life_year", "port_byte_per_s", "repetition_scale_ratio",
        "replica_member_count", "rollout_tensor_count",
        "sequence_length", "sharding_member_count", "shared_parameter_count", "software_time_ratio",
        "stage_layer_count", "state_memory_share", "step_compute_s", "step_mfu_share", "sustained_flop_per_j",
        "sustained_share", "tensor_count", "tensor_link_byte_per_s", "time_between_failures_h",
        "tokens_per_s_per_accelerator", "trained_token_count", "training_flop_per_token",
        "typical_expert_parallel_count",
        "typical_layout_time_ratio", "typical_local_expert_count", "typical_mfu_share",
        "typical_virtual_stage_count", "unique_token_count", "unique_token_share",
        "virtual_stage_count", "wall_time_h", "wide_matmul_share",
        "wide_peak_flop_per_s",
        "data_exponent_ratio", "data_loss_nats_per_token", "effective_parameter_count", "excess_scale_ratio",
        "law_flop", "optimal_parameter_count", "reducible_loss_nats_per_token", "served_size_share",
        "size_exponent_ratio", "token_quality_ratio", "worth_token_count",
        "achieved_flop_per_j", "ai_growth_factor", "banked_gain_factor", "base_load_share",
        "fleet_gain_factor",
        "fleet_load_share", "frontier_power_kw", "generation_kwh_per_year", "most_flop_per_kw",
        "token_to_parameter_ratio",
        "active_share", "built_unit_count", "chip_area_ratio", "chip_power_ratio", "clock_hz", "cluster_unit_count",
        "compute_unit_count", "design_power_ratio", "die_area_mm2", "die_count", "die_side_mm", "die_yield_share",
        "heat_limit_w_per_mm2", "held_share", "idle_supply_v", "instruction_tile_width", "kernel_share",
        "layer_compute_s", "link_port_byte_per_s", "local_byte", "logic_area_ratio",
        "memory_stack_count", "micro_batch_token_count", "narrow_rate_ratio", "panel_share", "product_power_w",
        "reference_supply_v", "register_byte", "reticle_mm2", "scheduler_count", "sram_area_ratio", "stack_byte",
        "stack_byte_per_s", "step_work_s", "sums_tile_width", "tile_column_count", "tile_depth_count",
        "tile_row_count", "unit_mac_count", "wafer_die_count", "wave_count", "wide_byte",
        "drift_time_h", "retrain_cost_usd", "retrain_interval_h", "scratch_token_count", "update_gap_ratio",
    ]
)  # fmt: skip
"""Quantities that formulas divide by. A test finds them in the book, which this floor cannot read."""

NEVER_NOTHING = frozenset(
    [
        "epochs", "head_width", "kv_head_count", "least_supply_v", "power_cap_w", "storage_copies", "token_count",
        "training_flop", "workload_flop",
    ]
)  # fmt: skip
"""Quantities that no formula divides by, and of which zero would still not mean *none* but *nonsense*."""

POSITIVE = DIVISORS | NEVER_NOTHING
"""Quantities that must be more than zero."""


def range_mistakes(quantity: str, figure: Figure, path: str) -> Iterator[Mistake]:
    """What is wrong with the value and the range of a quantity, if anything."""
    floor, ceiling = limits(quantity)
    if figure.kind == "assumed" and not figure.spread:
        yield Mistake(path, "is assumed and has no range", "give low and high")
    if not figure.low <= figure.value <= figure.high:
        yield Mistake(path, f"{figure.value:g} lies outside its own range {figure.low:g} to {figure.high:g}")
    if figure.low < floor:
        yield Mistake(path, f"{figure.low:g} is below {floor:g}, the least {quantity} can be")
    elif figure.high > ceiling:
        yield Mistake(path, f"{figure.high:g} is above {ceiling:g}, the most {quantity} can be")
    elif figure.low <= 0 and quantity in POSITIVE:
        yield Mistake(path, f"{quantity} must be more than 0")
