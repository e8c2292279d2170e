"""The form of a scenario file: sections, fields, the quantity each field states, and what is allowed in it.

Adding a field here is all it takes for ``--set``, tables, files and the JSON Schema to know it: a field that states a
quantity names it with :func:`states`, a field that chooses a row of a fact table with :func:`chooses`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MAX_TEXT = 2_000


class Section(BaseModel):
    """Base of all sections: unknown keys are mistakes, NaN and infinity are no numbers."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True, str_max_length=MAX_TEXT)


class Stated(Section):
    """A number as the user knows it, at best with its range, where it comes from and how well it is known."""

    value: float
    low: float | None = None
    high: float | None = None
    source: str = ""
    kind: Literal["measured", "stated", "modelled", "published", "assumed"] = "stated"


def _number(raw: Any) -> Any:
    if isinstance(raw, str):
        try:
            raw = float(raw)
        except ValueError:
            return raw
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return {"value": raw}
    return raw


Number = Annotated[Stated, BeforeValidator(_number, json_schema_input_type=float | Stated)]


def states(quantity: str) -> Any:
    """Field whose number is a quantity of the book."""
    return Field(default=None, json_schema_extra={"quantity": quantity})


def chooses(table: str) -> Any:
    """Field that names a row of a fact table."""
    return Field(default=None, json_schema_extra={"table": table})


class Transformer(Section):
    """Architecture of a transformer, for models that are in no table."""

    layers: Number | None = states("layer_count")
    hidden: Number | None = states("hidden_width")
    heads: Number | None = states("head_count")
    kv_heads: Number | None = states("kv_head_count")
    head_dim: Number | None = states("head_width")
    head_dim_v: Number | None = states("value_head_width")
    q_rank: Number | None = states("q_rank")
    kv_rank: Number | None = states("kv_rank")
    rope_head_dim: Number | None = states("rope_head_width")
    ffn: Number | None = states("ffn_width")
    gated: bool | None = states("gated_factor")
    vocab: Number | None = states("vocabulary_count")
    tied_embeddings: bool | None = states("embedding_copies")
    positions: Number | None = states("position_count")
    bias: bool | None = states("bias_factor")
    qkv_bias: bool | None = states("qkv_bias_factor")
    output_bias: bool | None = states("output_bias_factor")
    ffn_bias: bool | None = states("ffn_bias_factor")
    norm: Literal["rms", "layer", "none"] | None = states("norm_factor")
    layer_norms: Number | None = states("layer_norm_count")
    qk_norm: Number | None = states("qk_norm_width")
    causal: bool | None = states("causal_factor")
    logits: Number | None = states("logit_position_share")
    other_parameters: Number | None = states("other_parameter_count")
    seq_len: Number | None = states("sequence_length")
    experts: Number | None = states("expert_count")
    top_k: Number | None = states("top_k_count")
    shared_experts: Number | None = states("shared_expert_count")
    expert_ffn: Number | None = states("expert_ffn_width")
    capacity_factor: Number | None = states("expert_capacity_factor")
    dense_layers: Number | None = states("dense_layer_count")
    sliding_window: Number | None = states("sliding_window_length")
    sliding_window_every: int | None = Field(default=None, ge=1, json_schema_extra={"quantity": "sliding_layer_share"})


class Workload(Section):
    """What is trained on how much."""

    model: str | None = chooses("models")
    tokens: Number | None = states("token_count")
    epochs: Number | None = states("epochs")
    law: str | None = chooses("laws")
    method: Literal["pretrain", "sft", "dpo", "rl"] = "pretrain"
    adapter: Literal["none", "lora", "qlora"] = "none"
    adapter_rank: Number | None = states("adapter_rank")
    asynchronous: bool = False
    response_share: Number | None = states("response_share")
    response_tail: Number | None = states("response_tail_ratio")
    rollout_batch: Number | None = states("rollout_batch_count")
    flop: Number | None = states("training_flop")
    parameters: Number | None = states("parameter_count")
    active_parameters: Number | None = states("active_parameter_count")
    forward_flop_per_token: Number | None = states("forward_flop_per_token")
    transformer: Transformer | None = None


class Cluster(Section):
    """What it is trained on."""

    accelerator: str | None = chooses("accelerators")
    instance: str | None = chooses("instances")
    count: Number | None = states("accelerator_count")
    fabric: Number | None = states("fabric_accelerator_count")
    network: str | None = chooses("networks")
    host: str | None = chooses("hosts")
    power_cap_w: Number | None = states("power_cap_w")
    clock: Number | None = states("clock_ratio")


Precision = Literal["fp32", "tf32", "fp16", "bf16", "fp8", "fp4"]


class ChipDesign(Section):
    """A chip as a design: what is not said is as in the design it is based on."""

    name: Annotated[str, Field(max_length=80)] = ""
    based_on: str | None = chooses("chips")
    process: str | None = chooses("processes")
    memory: str | None = chooses("memories")
    link: str | None = chooses("links")
    operands: Literal["registers", "local"] | None = None
    accumulators: Literal["registers", "array"] | None = None
    cooling: Literal["air", "liquid"] | None = None
    units: Number | None = states("compute_unit_count")
    spare_unit_ratio: Number | None = states("spare_unit_ratio")
    dies: Number | None = states("die_count")
    macs: Number | None = states("unit_mac_count")
    rates: dict[Precision, Number] = {}
    clock_hz: Number | None = states("clock_hz")
    vector_lanes: Number | None = states("vector_lane_count")
    double_lanes: Number | None = states("double_lane_count")
    tile_rows: Number | None = states("tile_row_count")
    tile_columns: Number | None = states("tile_column_count")
    tile_depth: Number | None = states("tile_depth_count")
    schedulers: Number | None = states("scheduler_count")
    cluster: Number | None = states("cluster_unit_count")
    register_byte: Number | None = states("register_byte")
    local_byte: Number | None = states("local_byte")
    accumulator_byte: Number | None = states("accumulator_byte")
    last_level_byte: Number | None = states("last_level_byte")
    stacks: Number | None = states("memory_stack_count")
    spare_stack_ratio: Number | None = states("spare_stack_ratio")
    link_byte_per_s: Number | None = states("accelerator_link_byte_per_s")
    gated_share: Number | None = states("gated_share")
    leaking_share: Number | None = states("leaking_share")
    constants: Literal["fitted", "prior"] = "fitted"
    known: dict[str, Number] = {}


class Datasheet(Section):
    """An accelerator that is in no table, as its maker describes it: dense peaks, without sparsity, in FLOP/s; links a
    direction. What is not said is as of the accelerator it is based on.
    """

    name: Annotated[str, Field(max_length=80)] = ""
    source: str = ""
    based_on: str | None = chooses("accelerators")
    peak_flop_per_s: dict[Precision, Number] = {}
    tdp_w: Number | None = None
    idle_w: Number | None = None
    memory_byte: Number | None = None
    memory_byte_per_s: Number | None = None
    link_byte_per_s: Number | None = None
    fabric: Number | None = None
    torus_dimensions: Number | None = None
    units: Number | None = None
    price_usd: Number | None = None
    embodied_kg: Number | None = None


Degree = Annotated[int, Field(ge=1, le=10**9)]


class Layout(Section):
    """How the model is spread over the accelerators."""

    tensor: Degree | None = states("tensor_count")
    pipeline: Degree | None = states("pipeline_count")
    virtual_stages: Degree | None = states("virtual_stage_count")
    data: Degree | None = states("data_count")
    context: Degree | None = states("context_count")
    context_by: Literal["ring", "heads"] | None = None
    expert: Degree | None = states("expert_parallel_count")
    zero_stage: Annotated[int, Field(ge=0, le=3)] | None = None
    micro_batch: Degree | None = states("micro_batch_count")
    global_batch: Number | None = states("global_batch_count")
    recompute: Literal["none", "selective", "full"] | None = None
    offload: Literal["none", "optimizer", "weights"] | None = None
    precision: Precision | None = None


class Software(Section):
    """What it is trained with."""

    stack: Annotated[str, Field(max_length=80)] | None = None
    year: Annotated[int, Field(ge=2012, le=2100)] | None = None


class Site(Section):
    """Where it is trained and on whose terms."""

    region: str | None = chooses("grids")
    basis: Literal["life-cycle", "direct"] | None = None
    facility: str | None = chooses("facilities")
    tenure: Literal["own", "colo", "rented"] | None = None
    vendor: str | None = None
    term: Literal["on-demand", "reserved", "reserved-1y", "reserved-3y", "spot"] = "on-demand"
    power_kw: Number | None = states("site_power_kw")
    pue: Number | None = states("pue")
    cooling_share: Number | None = states("cooling_share")
    wue_l_per_kwh: Number | None = states("wue_l_per_kwh")
    intensity_kg_per_kwh: Number | None = states("grid_intensity_kg_per_kwh")
    marginal_intensity_kg_per_kwh: Number | None = states("marginal_intensity_kg_per_kwh")
    contracted_share: Number | None = states("contracted_share")
    contracted_intensity_kg_per_kwh: Number | None = states("contracted_intensity_kg_per_kwh")
    electricity_usd_per_kwh: Number | None = states("electricity_usd_per_kwh")
    rent_usd_per_h: Number | None = states("rent_usd_per_accelerator_h")


class Storage(Section):
    """How data and checkpoints are kept."""

    media: str | None = chooses("media")
    copies: Number | None = states("storage_copies")
    erasure: Annotated[str, Field(pattern=r"^[1-9]\d?\+[1-9]\d?$")] | None = None
    retention_years: Number | None = states("retention_year")
    kept_checkpoints: Number | None = states("kept_checkpoint_count")


class Development(Section):
    """What is run before and beside the final run: a multiplier, or its parts in units of the final run's work."""

    failed_runs: Number | None = states("failed_run_ratio")
    ablations: Number | None = states("ablation_ratio")
    search: Literal["none", "grid", "random", "halving", "mutransfer", "ladder"] | None = None
    trials: Number | None = states("search_trial_count")
    trial_share: Number | None = states("search_run_work_share")
    halving_rate: Number | None = states("halving_factor")
    multiplier: Number | None = states("development_multiplier_ratio")


class Quadrant(Section):
    """Where the cost and power quadrant draws its lines."""

    power_share: Annotated[float, Field(gt=0, lt=1)] = 0.05
    cost_share: Annotated[float, Field(gt=0, lt=1)] = 0.05
    cost: Literal["capex", "tco"] = "capex"


class Measurement(Section):
    """One step that was timed, or one run whose accelerators were metered, and how it differs from the scenario."""

    step_time_s: Annotated[float, Field(gt=0)] | None = None
    accelerator_power_w: Annotated[float, Field(gt=0)] | None = None
    set: dict[str, str | bool | int | float] = {}


class ScenarioFile(Section):
    """A scenario: everything is optional, what is left out is estimated and labelled so."""

    title: str = ""
    note: str = ""
    boundary: Literal["accelerators", "accelerators+facility", "it", "facility"] = "facility"
    workload: Workload = Workload()
    cluster: Cluster = Cluster()
    blueprint: ChipDesign | None = None
    datasheet: Datasheet | None = None
    layout: Layout | Literal["auto"] = Layout()
    software: Software = Software()
    site: Site = Site()
    storage: Storage = Storage()
    development: Development = Development()
    quadrant: Quadrant = Quadrant()
    known: dict[str, Number] = {}
    range: dict[str, tuple[float, float]] = {}
    calibration: Annotated[tuple[Measurement, ...], Field(max_length=200)] = ()


def paths(model: type[BaseModel] = ScenarioFile, prefix: str = "") -> tuple[str, ...]:
    """Every path that a scenario file may set, ``[known]``, ``[range]``, rates, peaks and ``[[calibration]]`` apart."""
    found: list[str] = []
    for name, field in model.model_fields.items():
        options = getattr(field.annotation, "__args__", (field.annotation,))
        classes = [each for each in options if isinstance(each, type) and each is not Stated]
        inner = [each for each in classes if issubclass(each, Section)]
        if inner:
            found += paths(inner[0], f"{prefix}{name}.")
            if len(options) > 1 and type(None) not in options:
                found.append(f"{prefix}{name}")  # a section that may be a word too
        elif name not in ("known", "range", "calibration", "rates", "peak_flop_per_s"):
            found.append(f"{prefix}{name}")
    return tuple(found)
