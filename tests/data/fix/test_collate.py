"""Training on packed rows is training on the documents: the same loss at every token, and the same gradient."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")
pytest.importorskip("torch", reason="torch is not installed: the extra trainers has it")
import pyarrow.parquet as pq
import torch

from tests.data.fix import tokens_made as made
from thirdwatt.data import tokens
from thirdwatt.data.fix import collate, pack

pytestmark = pytest.mark.slow  # only the slow suites have torch

CONTEXT = 48
Losses = dict[tuple[int, ...], Any]
"""Of each piece of a document, by its tokens, the loss at each token but the first."""


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], list[list[int]]]:
    """Rows, and the pieces of the documents as they were before."""
    where = tmp_path_factory.mktemp("c")
    texts = made.texts(30, longest=24)
    made.dataset(where / "d", texts)
    own = made.tokenizer(where, "</s>", "<pad>", size=300)
    pack.pack(pack.Wish(str(where / "d"), str(where / "o"), CONTEXT, own))
    rows = pq.read_table(where / "o" / "data").to_pylist()
    documents = [[*each.tolist(), own.special["</s>"]] for each in own.encode(texts)]
    pieces = [each[at : at + CONTEXT] for each in documents for at in range(0, len(each), CONTEXT)]
    assert len(pieces) > len(documents) > len(rows) > 4
    assert len({tuple(each) for each in pieces}) == len(pieces)
    assert sum(row["lengths"][0] < CONTEXT for row in rows) > 2
    return rows, pieces


class Small(torch.nn.Module):
    """A causal transformer of two layers, with positions that are learnt."""

    def __init__(self, width: int = 16, heads: int = 2) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.heads = heads
        self.tokens = torch.nn.Embedding(300, width)
        self.positions = torch.nn.Embedding(CONTEXT, width)
        self.mixed = torch.nn.ModuleList(torch.nn.Linear(width, 3 * width) for _ in range(2))
        self.out = torch.nn.ModuleList(torch.nn.Linear(width, width) for _ in range(2))
        self.last = torch.nn.Linear(width, 300)
        self.double()

    def forward(self, ids: Any, positions: Any, mask: Any) -> Any:
        found = self.tokens(ids) + self.positions(positions)
        for mixed, out in zip(self.mixed, self.out, strict=True):
            parts = mixed(found).chunk(3, dim=-1)
            asked, keys, values = (each.unflatten(-1, (self.heads, -1)).transpose(1, 2) for each in parts)
            seen = torch.nn.functional.scaled_dot_product_attention(asked, keys, values, attn_mask=mask)
            found = found + torch.nn.functional.gelu(out(seen.transpose(1, 2).flatten(2)))
        return self.last(found)


def losses(logits: Any, labels: Any) -> Any:
    """At each token, by the prediction at the one before; 0 where there is none."""
    found = torch.nn.functional.cross_entropy(
        logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), reduction="none", ignore_index=collate.IGNORED
    )
    return torch.nn.functional.pad(found.reshape(len(labels), -1), (1, 0))


Logits = Callable[[Any, dict[str, Any]], Any]


def trained(model: Any, logits: Logits, batches: Iterator[tuple[dict[str, Any], list[Any]]]) -> Losses:
    """A step over all batches: the loss at each token of each piece; the model has the gradient, and has moved."""
    step = torch.optim.SGD(model.parameters(), 0.1)
    found: Losses = {}
    for batch, rows in batches:
        each = losses(logits(model, batch), batch["labels"])
        each.sum().backward()
        for own, row in zip(each.detach(), rows, strict=True):
            begin = 0
            for size in row["lengths"]:
                found[tuple(row["input_ids"][begin : begin + size])] = own[begin + 1 : begin + size]
                assert own[begin] == 0
                begin += size
            assert not own[begin:].any()
    step.step()
    return found


def by_rows(rows: list[dict[str, Any]], *, mask: bool) -> Iterator[tuple[dict[str, Any], list[Any]]]:
    for first in range(0, len(rows), 4):
        some = rows[first : first + 4]
        yield collate.collate(some, mask=mask), some


def alone(pieces: list[list[int]], *, mask: bool) -> Iterator[tuple[dict[str, Any], list[Any]]]:
    """Each piece as a batch, as it would be without any packing."""
    for each in pieces:
        ids = torch.tensor([each])
        batch = {"input_ids": ids, "labels": ids, "position_ids": torch.arange(len(each))[None]}
        if mask:
            batch["attention_mask"] = torch.ones(1, 1, len(each), len(each), dtype=torch.bool).tril()
        yield batch, [{"input_ids": each, "lengths": [len(each)]}]


def same(one: Any, other: Any, first: Losses, second: Losses, by: float = 1e-9) -> None:
    """The same losses token by token, gradients, and weights behind the step."""
    assert first.keys() == second.keys()
    for piece, own in first.items():
        assert len(own) == len(piece) - 1
        torch.testing.assert_close(own, second[piece], rtol=by, atol=by)
    assert sum(len(each) for each in first.values()) > 300
    assert min(float(each.min()) for each in first.values() if len(each)) > 0
    for left, right in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(left.grad, right.grad, rtol=10 * by, atol=10 * by)
        torch.testing.assert_close(left, right, rtol=by, atol=by)


def small(model: Any, batch: dict[str, Any]) -> Any:
    return model(batch["input_ids"], batch["position_ids"], batch["attention_mask"])


def test_a_small_transformer_sees_the_documents_alone(packed: Any) -> None:
    rows, pieces = packed
    one, other = Small(), Small()
    same(one, other, trained(one, small, by_rows(rows, mask=True)), trained(other, small, alone(pieces, mask=True)))


def test_without_the_mask_it_would_not(packed: Any) -> None:
    """The same comparison sees documents that see one another."""
    rows, pieces = packed

    def causal(model: Any, batch: dict[str, Any]) -> Any:
        size = batch["input_ids"].shape[1]
        return model(batch["input_ids"], batch["position_ids"], torch.ones(size, size, dtype=torch.bool).tril())

    one, other = Small(), Small()
    first = trained(one, causal, by_rows(rows, mask=False))
    second = trained(other, small, alone(pieces, mask=True))
    with pytest.raises(AssertionError):
        same(one, other, first, second)


def llama(how: str) -> Any:
    transformers = pytest.importorskip(
        "transformers", reason="transformers is not installed: the extra trainers has it"
    )
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=300, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=CONTEXT, attn_implementation=how, use_cache=False,
    )  # fmt: skip
    return transformers.LlamaForCausalLM(config).double()


def whole(model: Any, batch: dict[str, Any]) -> Any:
    """As a trainer calls it, its labels left out: they are compared token by token."""
    return model(**{name: each for name, each in batch.items() if name != "labels"}).logits


@pytest.mark.parametrize(("how", "mask", "by"), [("sdpa", False, 1e-9), ("sdpa", True, 1e-9), ("eager", False, 1e-6)])
def test_transformers_sees_the_documents_alone(packed: Any, how: str, mask: bool, by: float) -> None:
    """By positions alone, and by a mask; what it calls eager takes its softmax in 32 bits, whatever the model is in."""
    rows, pieces = packed
    one, other = llama(how), llama(how)
    first = trained(one, whole, by_rows(rows, mask=mask))
    same(one, other, first, trained(other, whole, alone(pieces, mask=False)), by)


def test_its_own_loss_is_that_of_the_documents(packed: Any) -> None:
    rows, pieces = packed
    model = llama("sdpa")
    found = model(**collate.collate(rows)).loss
    with torch.no_grad():
        each = [model(**batch) for batch, _ in alone(pieces, mask=False) if batch["input_ids"].shape[1] > 1]
    sizes = [len(piece) - 1 for piece in pieces if len(piece) > 1]
    expected = sum(own.loss * size for own, size in zip(each, sizes, strict=True)) / sum(sizes)
    torch.testing.assert_close(found, expected.to(found.dtype), rtol=1e-5, atol=1e-5)


def test_its_collator_that_pads_nothing(packed: Any) -> None:
    rows, pieces = packed
    one, other = llama("sdpa"), llama("sdpa")
    transformers = pytest.importorskip("transformers")
    flat = transformers.DataCollatorWithFlattening(return_tensors="pt")

    def batches() -> Iterator[tuple[dict[str, Any], list[Any]]]:
        for row in rows:
            own = [each.tolist() for each in collate.documents(row)]
            batch = flat([{"input_ids": each} for each in own])
            yield batch, [{"input_ids": [token for each in own for token in each], "lengths": row["lengths"]}]

    first = trained(one, whole, batches())
    same(one, other, first, trained(other, whole, alone(pieces, mask=False)))


def test_rows_by_datasets(packed: Any, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        datasets = pytest.importorskip("datasets", reason="datasets is not installed: the extra trainers has it")
    texts = made.texts(40, longest=14)
    made.dataset(tmp_path / "d", texts)
    for form in ("parquet", "arrow"):
        out = tmp_path / form
        pack.pack(pack.Wish(str(tmp_path / "d"), str(out), CONTEXT, tokens.tokenizer("bytes"), form=form))
        found = datasets.load_dataset(
            form, data_files=str(out / "data" / f"*.{form}"), split="train", cache_dir=str(tmp_path / f"c{form}")
        )
        rows = list(found.with_format("torch"))
        batch = collate.collate(rows)
        assert batch["input_ids"].shape == (len(rows), CONTEXT)
        assert sorted(bytes(each.tolist()) for row in rows for each in collate.documents(row)) == sorted(
            each.encode()[at : at + CONTEXT] for each in texts for at in range(0, len(each.encode()), CONTEXT)
        )


def test_labels_and_masks_of_a_row() -> None:
    row = {"input_ids": [5, 6, 7, 8, 0, 0], "position_ids": [0, 1, 0, 1, 0, 1], "segment_ids": [1, 1, 2, 2, 0, 0],
           "lengths": [2, 2]}  # fmt: skip
    batch = collate.collate([row], mask=True)
    assert batch["labels"].tolist() == [[-100, 6, -100, 8, -100, -100]]
    assert {each.dtype for name, each in batch.items() if name != "attention_mask"} == {torch.int64}
    assert batch["attention_mask"].int()[0, 0].tolist() == [
        [1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0], [0, 0, 1, 1, 0, 0], [0, 0, 0, 0, 1, 0],
        [0, 0, 0, 0, 1, 1],
    ]  # fmt: skip
    assert "attention_mask" not in collate.collate([row])
    assert [each.tolist() for each in collate.documents({**row, "lengths": np.array([2, 2])})] == [[5, 6], [7, 8]]
