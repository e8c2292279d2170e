"""Launch arguments beside the parsers of the tools themselves, where checkouts of them are at hand.

``python benchmarks/launch_parsers.py`` draws 200 random layouts that each tool should run and counts how many its own
parser accepts with the degrees and batches that were meant. Each tool is looked for in a folder and started with a
Python that has what it needs:

==========  ===========================================  ==========================
tool        folder                                       Python
==========  ===========================================  ==========================
Megatron    ``MEGATRON``, a checkout                     ``MEGATRON_PYTHON``
DeepSpeed   ``DEEPSPEED``, any folder; it is imported    ``DEEPSPEED_PYTHON``
torchtitan  ``TORCHTITAN``, a checkout, 0.2.2 or before  ``TORCHTITAN_PYTHON``
MaxText     ``MAXTEXT``, the ``src`` of a checkout       ``MAXTEXT_PYTHON``
==========  ===========================================  ==========================

No accelerator is needed: what asks for one is answered for an H100 and for a recent Transformer Engine.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from thirdwatt.scenario.foreign.launch import TOOLS, Launch, launch

LAYOUTS = 200

START = """
import json, os, shlex, sys, traceback
sys.path.insert(0, os.getcwd())
def count(accept):
    refused, cases = [], json.load(sys.stdin)
    for case in cases:
        try:
            accept(case["text"], case["plan"])
        except (Exception, SystemExit) as error:
            refused.append(f"{type(error).__name__}: {error} <- {case['plan']}"[:1500])
    print("RESULT " + json.dumps({"accepted": len(cases) - len(refused), "refused": refused, "version": VERSION}))
def same(**pairs):
    for name, (got, meant) in pairs.items():
        if got != meant:
            raise ValueError(f"{name} is {got}, not {meant}")
"""

MEGATRON = """
import typing, typing_extensions
if not hasattr(typing, "override"):
    typing.override = typing_extensions.override
import torch
torch.cuda.get_device_capability = lambda *_: (9, 0)
from torch.distributed.run import get_args_parser
from megatron.core.package_info import __version__ as VERSION
from megatron.training import arguments
from megatron.training.argument_utils import core_transformer_config_from_args
arguments.get_device_arch_version = lambda: 9
from megatron.core.transformer import transformer_config
arguments.is_te_min_version = transformer_config.is_te_min_version = lambda *_, **__: True
MODEL = ("--hidden-size 8192 --num-attention-heads 64 --group-query-attention --num-query-groups 8 --lr 1e-4 "
         "--train-iters 10 --position-embedding-type rope --untie-embeddings-and-output-weights "
         "--no-rope-fusion --tokenizer-type NullTokenizer --vocab-size 128256").split()
EXPERTS = "--num-experts 64 --moe-router-topk 2".split()
def accept(text, plan):
    words = shlex.split(text.replace("\\\\\\n", " "))
    queue = words.pop(0) if words[0].startswith("CUDA") else "CUDA_DEVICE_MAX_CONNECTIONS="
    os.environ["CUDA_DEVICE_MAX_CONNECTIONS"] = queue.partition("=")[2]
    run = get_args_parser().parse_args(words[1:])
    world = int(run.nnodes) * int(run.nproc_per_node)
    os.environ.update(WORLD_SIZE=str(world), RANK="0")
    sys.argv = ["pretrain_gpt.py", *run.training_script_args, *MODEL, *(EXPERTS if plan["expert"] > 1 else [])]
    args = arguments.parse_args()
    arguments.validate_args(args)
    config = core_transformer_config_from_args(args)
    virtual = args.virtual_pipeline_model_parallel_size or 1
    same(script=(run.training_script, "pretrain_gpt.py"), world=(world, plan["accelerators"]),
         tensor=(args.tensor_model_parallel_size, plan["tensor"]), data=(args.data_parallel_size, plan["data"]),
         pipeline=(config.pipeline_model_parallel_size, plan["pipeline"]), virtual=(virtual, plan["virtual_stages"]),
         context=(args.context_parallel_size, plan["context"]),
         expert=(args.expert_model_parallel_size, plan["expert"]),
         layers=(config.num_layers, plan["layers"]), batch=(args.global_batch_size, plan["global_batch"]),
         recompute=(config.recompute_granularity or "none", plan["recompute"]))
count(accept)
"""

DEEPSPEED = """
from deepspeed import __version__ as VERSION
from deepspeed.module_inject.auto_ep_folding import build_folding_spec
from deepspeed.runtime import config as ds
ds.dist.get_rank = lambda *_: 0
def accept(text, plan):
    class Ranks:
        get_data_parallel_world_size = staticmethod(lambda: plan["data"])
    document = json.loads(text)
    config = ds.DeepSpeedConfig(dict(document), mpu=Ranks())
    expert = config.expert_parallel_config
    if expert.enabled:
        tensor, context = plan["tensor"], plan["context"]
        build_folding_spec(world_size=plan["accelerators"], pp_size=plan["pipeline"], tp_size=max(tensor, context),
                           ep_size=expert.autoep_size, mp_mode="tp" if tensor > 1 else "sp")
    same(micro=(config.train_micro_batch_size_per_gpu, plan["micro_batch"]),
         batch=(config.train_batch_size, plan["global_batch"]),
         stage=(config.zero_optimization_stage, plan["zero_stage"]),
         tensor=(config.tensor_parallel_config.autotp_size or 1, plan["tensor"]),
         expert=(expert.autoep_size if expert.enabled else 1, plan["expert"]),
         offload=(bool(config.zero_config.offload_optimizer), plan["offload"] != "none"),
         weights=(bool(config.zero_config.offload_param), plan["offload"] == "weights"),
         bf16=(config.bfloat16_config.enabled, plan["precision"] in ("bf16", "fp8", "fp4")),
         fp16=(config.float16_config.enabled, plan["precision"] == "fp16"))
count(accept)
"""

TORCHTITAN = """
import tempfile, tomllib
from pathlib import Path
from torchtitan.config.manager import ConfigManager
from torchtitan.distributed.parallel_dims import ParallelDims
from torchtitan.distributed.pipeline_parallel import generate_llm_fqn_per_model_part
version = Path("assets", "version.txt")
VERSION = version.read_text().strip() if version.exists() else ""
def compare(section, stated, path):
    for key, value in stated.items():
        got = getattr(section, key)
        if isinstance(value, dict):
            compare(got, value, f"{path}{key}.")
        else:
            same(**{path + key: (got, value)})
def accept(text, plan):
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(text)
        file.flush()
        config = ConfigManager().parse_args(["--job.config_file", file.name])
    compare(config, tomllib.loads(text), "")
    degrees = config.parallelism
    dims = ParallelDims(
        dp_replicate=degrees.data_parallel_replicate_degree, dp_shard=degrees.data_parallel_shard_degree,
        cp=degrees.context_parallel_degree, tp=degrees.tensor_parallel_degree, pp=degrees.pipeline_parallel_degree,
        ep=degrees.expert_parallel_degree, etp=degrees.expert_tensor_parallel_degree, world_size=plan["accelerators"],
    )
    local = config.training.local_batch_size * dims.dp_replicate * dims.dp_shard
    if dims.pp > 1:
        # As pipeline_llm counts stages, which needs a model to be called.
        ends = degrees.pipeline_parallel_first_stage_less_layers, degrees.pipeline_parallel_last_stage_less_layers
        stages = -(-(plan["layers"] + sum(ends)) // degrees.pipeline_parallel_layers_per_stage)
        parts = generate_llm_fqn_per_model_part(stages, plan["layers"], *ends)
        same(stages=(len(parts), plan["pipeline"] * plan["virtual_stages"]),
             rounds=(config.training.local_batch_size % degrees.pipeline_parallel_microbatch_size, 0))
    same(rest=(config.training.global_batch_size % local, 0), data=(dims.dp_replicate * dims.dp_shard, plan["data"]))
count(accept)
"""

MAXTEXT = """
from maxtext.configs import pyconfig
from maxtext.configs.types import MaxTextConfig
from maxtext.utils.max_utils import fill_unspecified_mesh_axes
from maxtext.version import __version__ as VERSION
def accept(text, plan):
    words = shlex.split(text.replace("\\\\\\n", " "))
    given = [word for word in words if "=" in word]
    base = "post_train/sft.yml" if "sft" in text else "base.yml"
    hosts = -(-plan["accelerators"] // plan["accelerators_per_host"])
    experts = ["num_experts=64", "num_experts_per_tok=2", "base_moe_mlp_dim=7168", "decoder_block=mixtral"]
    config = pyconfig.initialize_pydantic([
        "", os.path.join("maxtext", "configs", base), *given, "run_name=x", "hardware=gpu", "dataset_type=synthetic",
        "attention=cudnn_flash_te", "packing=false", "log_config=false", "skip_jax_distributed_system=true",
        f"base_num_decoder_layers={plan['layers']}", f"num_slices={hosts}", "internal_compile=true",
        f"internal_compile_num_devices={plan['accelerators']}", *(experts if plan["expert"] > 1 else []),
    ])
    fill_unspecified_mesh_axes(list(config.ici_parallelism), plan["accelerators"] // hosts, "ICI")
    fill_unspecified_mesh_axes(list(config.dcn_parallelism), hosts, "DCN")
    same(batch=(config.global_batch_size_to_train_on, plan["global_batch"]),
         layers=(config.num_decoder_layers, plan["layers"]))
    if plan["pipeline"] > 1:
        same(repeats=(config.num_pipeline_repeats, plan["virtual_stages"]))
count(accept)
"""

PEERS = {"megatron": MEGATRON, "deepspeed": DEEPSPEED, "torchtitan": TORCHTITAN, "maxtext": MAXTEXT}


def drawn(rng: random.Random) -> Launch:
    """A layout of which no part contradicts another; some tools do not run it."""
    pick = rng.choice
    tensor, pipeline, context = pick([1, 1, 2, 4, 8]), pick([1, 1, 2, 4, 8]), pick([1, 1, 2, 4])
    data = pick([1, 2, 4, 8, 16, 64])
    accelerators, micro = tensor * pipeline * context * data, pick([1, 2, 3])
    return Launch(
        layers=pick([32, 61, 80, 126]),
        sequence_length=pick([4096, 8192]),
        micro_batch=micro,
        global_batch=micro * data * pipeline * pick([1, 2, 3, 8]),
        accelerators=accelerators,
        accelerators_per_host=pick([4, 8]),
        tensor=tensor,
        pipeline=pipeline,
        virtual_stages=pick([1, 2, 3]) if pipeline > 1 else 1,
        data=data,
        context=context,
        expert=pick([each for each in (1, 1, 2, 4, 8) if tensor * context * data % each == 0]),
        zero_stage=pick([0, 1, 2, 3]),
        recompute=pick(["none", "selective", "full"]),
        precision=pick(["fp32", "tf32", "fp16", "bf16", "bf16", "fp8", "fp4"]),
        offload=pick(["none", "none", "optimizer", "weights"]),
        adapter=pick(["none", "none", "none", "lora", "qlora"]),
    )


def runnable(tool: str, rng: random.Random) -> Iterator[dict[str, Any]]:
    """Layouts for which there is a text, with it."""
    while True:
        plan = drawn(rng)
        text = launch(tool, plan).text
        if text:
            yield {"text": text, "plan": asdict(plan)}


def peer(tool: str, count: int = LAYOUTS) -> dict[str, Any] | None:
    """What a tool's own parser makes of random layouts, if it is at hand."""
    folder, python = os.environ.get(tool.upper()), os.environ.get(f"{tool.upper()}_PYTHON")
    if not folder or not python:
        return None
    cases = [case for case, _ in zip(runnable(tool, random.Random(0)), range(count), strict=False)]
    done = subprocess.run(
        [python, "-c", START + PEERS[tool]], cwd=folder, input=json.dumps(cases), capture_output=True, text=True
    )
    result = next((line[7:] for line in done.stdout.splitlines() if line.startswith("RESULT ")), None)
    if result is None:
        return {"accepted": 0, "refused": [done.stderr[-2000:]], "version": "did not start"}
    answer: dict[str, Any] = json.loads(result)
    return answer


def main() -> None:
    """Print how many layouts each parser accepts, and the first reasons why not."""
    for tool in sys.argv[1:] or TOOLS:
        found = peer(tool)
        if found is None:
            print(f"     {TOOLS[tool].name}   not at hand: set {tool.upper()} and {tool.upper()}_PYTHON")
            continue
        accepted, refused = found["accepted"], found["refused"]
        met = "MISS" if refused else "ok  "
        print(f"{met} {TOOLS[tool].name} {found['version']}   {accepted} of {accepted + len(refused)} accepted")
        for reason in refused[:5]:
            print(f"       {reason}")


if __name__ == "__main__":
    main()
