"""A dataset as tokens: those of the tokenizer, the same however often it was interrupted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("orjson", reason="orjson is not installed: the extra data has it")

from tests.data.fix import tokens_made as made
from thirdwatt.data import telling, tokens
from thirdwatt.data.errors import EmptyError
from thirdwatt.data.files import files
from thirdwatt.data.findings import Bad
from thirdwatt.data.fix import inputs, report, tokenised
from thirdwatt.data.fix.tokenised import Tokenised
from thirdwatt.data.formats.base import Packer

BYTES = tokens.tokenizer("bytes")


def run(
    where: Path, work: Path, own: tokens.Encoder = BYTES, end: str = "", key: str = "k"
) -> tuple[Tokenised, Bad, list[Any]]:
    unread = Bad()
    sources = inputs.texts(files(str(where)), "", unread, "tokens")
    work.mkdir(exist_ok=True)
    found = tokenised.tokenised(sources, own, tokenised.marks(own, end), work, key)
    bad = report.together([telling.bad_rows(unread), telling.bad_rows(found.bad)])
    return found, unread, [json.loads(line) for line in tokenised.left_out(found, bad, sources)]


def whole(texts: list[str], files: int = 2) -> list[str]:
    """In the order in which they are read."""
    return [each for number in range(files) for each in texts[number::files]]


def test_tokens_are_those_of_the_tokenizer_with_an_end_behind_each(tmp_path: Path) -> None:
    texts = made.texts(300)
    own = made.tokenizer(tmp_path, "<|endoftext|>", "<pad>")
    found, _, left = run(made.dataset(tmp_path / "d", texts), tmp_path / "w", own)
    end = own.special["<|endoftext|>"]
    expected = [[*each.tolist(), end] for each in own.encode(whole(texts))]
    assert made.documents(found) == expected
    assert found.ids.dtype == np.uint16
    assert (found.tokens, found.documents, found.ends) == (sum(map(len, expected)), 300, 300)
    assert found.marks.pad == ("<pad>", own.special["<pad>"])
    assert found.byte == sum(len(each.encode()) for each in texts)
    assert [each["why"] for each in left] == ["bad row: broken JSON"] * 2
    assert [own.encode([each])[0].size for each in texts] == own.counts(texts).tolist()


@pytest.mark.parametrize(
    ("special", "named", "end", "pad"),
    [
        ((), "", None, ("", 0)),
        (("</s>",), "", "</s>", "</s>"),
        (("</s>",), "none", None, "</s>"),
        (("<a>", "</s>"), "<a>", "<a>", "<a>"),
        (("</s>", "<|endoftext|>", "[PAD]"), "", "<|endoftext|>", "[PAD]"),
    ],
)
def test_ends_and_padding(tmp_path: Path, special: tuple[str, ...], named: str, end: str | None, pad: Any) -> None:
    own = made.tokenizer(tmp_path, *special)
    found = tokenised.marks(own, named)
    assert (found.end and found.end[0]) == end
    assert found.pad == ((pad, own.special[pad]) if isinstance(pad, str) else pad)
    assert found.said()["pad"]["id"] == found.pad[1]


def test_an_end_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no special token <x>; it has </s>"):
        tokenised.marks(made.tokenizer(tmp_path, "</s>"), "<x>")


def test_documents_without_tokens_are_left_out_and_told(tmp_path: Path) -> None:
    texts = ["a", "", "bc", ""]
    found, _, left = run(made.dataset(tmp_path / "d", texts, 1), tmp_path / "w")
    assert made.documents(found) == [[97], [98, 99]]
    empty = [each for each in left if each["why"] == "empty"]
    assert [(each["file"], each["row"]) for each in empty] == [(str(tmp_path / "d" / "0.jsonl"), n) for n in (1, 4)]


def test_small_files_are_told_by_their_own_names(tmp_path: Path) -> None:
    """They are read as one source, whose rows are counted over all of them."""
    (tmp_path / "d").mkdir()
    for number in range(5):
        (tmp_path / "d" / f"{number}.txt").write_text("" if number % 2 else "text")
    found, _, left = run(tmp_path / "d", tmp_path / "w")
    assert found.documents == 3
    assert [Path(each["file"]).name for each in left] == ["1.txt", "3.txt"]


def test_many_tokens_take_32_bits(tmp_path: Path) -> None:
    own = made.tokenizer(tmp_path)
    wide = tokens._Library(own.name, 70_000, {"</s>": 69_999}, own.counts, own.encode)  # type: ignore[arg-type]
    found, *_ = run(made.dataset(tmp_path / "d", ["a b", "c"], 1), tmp_path / "w", wide)
    assert found.ids.dtype == np.uint32
    assert made.documents(found)[1][-1] == 69_999


def test_a_token_that_the_vocabulary_lacks(tmp_path: Path) -> None:
    own = made.tokenizer(tmp_path)
    narrow = tokens._Library(own.name, 10, {}, own.counts, own.encode)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="its vocabulary lacks"):
        run(made.dataset(tmp_path / "d", ["z" * 9], 1), tmp_path / "w", narrow)


def test_long_documents_are_cut_as_where_they_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "LOAD_BYTES", 300)
    own = made.tokenizer(tmp_path)
    texts = made.texts(20, longest=200)
    data = [each.encode() for each in texts]
    batch = np.frombuffer(b"".join(data), np.uint8), np.cumsum([0, *map(len, data)])
    ids, counts = tokens.encoded(own, batch)
    assert counts.tolist() == tokens.exact(own, batch).tolist()
    assert ids.size == counts.sum()


class StopError(Exception):
    """In the midst of it."""


@pytest.mark.parametrize("stop", range(1, 14))
def test_an_interrupted_one_goes_on_and_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int) -> None:
    """Stopped after any batch, noted at every second one, and with more on disk than was noted."""
    texts = [*made.texts(120), "", "last"]
    made.dataset(tmp_path / "d", texts)
    expected, _, left_whole = run(tmp_path / "d", tmp_path / "whole")
    monkeypatch.setattr(Packer.__init__, "__defaults__", (10,))
    monkeypatch.setattr(tokenised, "SAVE_S", 0.0)
    noted = tokenised._Work._save
    seen = 0

    def save(work: Any, *, always: bool = False) -> None:
        nonlocal seen
        seen += 1
        if seen == stop:
            raise StopError
        if always or seen % 2:
            noted(work, always=True)

    monkeypatch.setattr(tokenised._Work, "_save", save)
    with pytest.raises(StopError):
        run(tmp_path / "d", tmp_path / "w")
    seen = 100
    found, _, left = run(tmp_path / "d", tmp_path / "w")
    assert found.resumed == (stop > 1)
    assert made.documents(found) == made.documents(expected)
    assert left == left_whole
    assert found.byte == expected.byte
    again, *_ = run(tmp_path / "d", tmp_path / "w")
    assert again.resumed
    assert made.documents(again) == made.documents(expected)


def test_work_for_something_else_is_begun_anew(tmp_path: Path) -> None:
    made.dataset(tmp_path / "d", made.texts(30))
    run(tmp_path / "d", tmp_path / "w")
    found, *_ = run(tmp_path / "d", tmp_path / "w", key="other")
    assert not found.resumed
    assert found.documents == 30


def test_columns_that_lack_what_was_noted(tmp_path: Path) -> None:
    """As after a loss of power, behind which the note is there and the tokens are not."""
    made.dataset(tmp_path / "d", made.texts(30))
    run(tmp_path / "d", tmp_path / "w")
    (tmp_path / "w" / "tokens" / "ids").write_bytes(b"")
    found, *_ = run(tmp_path / "d", tmp_path / "w")
    assert not found.resumed
    assert len(made.documents(found)) == 30


def test_what_holds_no_texts(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    with pytest.raises(EmptyError, match="no files"):
        inputs.texts(files(str(tmp_path / "d")), "", Bad(), "tokens")
    (tmp_path / "d" / "x.xyz").write_text("no dataset")
    with pytest.raises(EmptyError, match=r"can be read \(.*x.xyz"):
        inputs.texts(files(str(tmp_path / "d")), "", Bad(), "tokens")
