"""Larger micro-batches: products that fill the chip better, and fewer launches, for more activations in memory."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.search.levers.lever import SAME, Evidence, Lacking, Lever, Today, Way

LARGER = (2, 4, 8)


def ways(today: Today) -> Sequence[Way] | str:
    """Multiples of today's micro-batch that divide a replica's share of the batch."""
    present, batch, replicas = (today.value(each) for each in ("micro_batch_count", "global_batch_count", "data_count"))
    if present is None or batch is None or replicas is None:
        return Lacking(
            "the architecture is not known, and with it what a micro-batch takes: state workload.transformer"
        )
    if not (today.value("layout_known_factor") and today.laid_out):
        return Lacking("the micro-batch that runs is not stated: state layout.micro_batch")
    share = batch / replicas
    larger = [round(present * by) for by in LARGER if share % (present * by) == 0]
    if not larger:
        return f"a replica's share of {share:g} sequences holds no larger whole micro-batch than {present:g}"
    return [Way(f"take {each} sequences in a micro-batch", {"layout.micro_batch": each}, id=f"{each}")
            for each in larger]  # fmt: skip


LEVER = Lever(
    id="micro-batch",
    title="larger micro-batch",
    group="arithmetic",
    changes="how many sequences pass through a stage at once; the batch stays",
    effort_d=(0.3, 0.1, 1),
    risk="low",
    doubt="it must fit in the memory, and in a pipeline fewer micro-batches leave larger bubbles",
    quality=SAME,
    evidence=(
        Evidence(
            "a larger micro-batch gave up to 1.3 times the throughput on one A100 and lost it again in pipelines, so "
            "that the best size depends on both",
            "Narayanan et al. 2021, arXiv:2104.04473, section 5.4.2",
            "measured",
        ),
    ),
    ways=ways,
    excludes=frozenset({"layout"}),
)
