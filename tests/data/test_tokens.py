"""Tokens of documents: counts of real tokenizers, and a sample whose interval holds what it says."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thirdwatt.data import tokens
from thirdwatt.data.tokens import (
    PIECE_BYTES,
    Batch,
    ByteTokenizer,
    Ratio,
    Sampled,
    Tokenizer,
    assumed,
    encoded,
    end,
    estimate,
    exact,
    lengths,
    measured,
    tokenizer,
)


def packed(texts: Sequence[bytes]) -> Batch:
    return np.frombuffer(b"".join(texts), dtype=np.uint8), np.cumsum([0, *map(len, texts)], dtype=np.int64)


def sampled(texts: Sequence[bytes], size: int = 1000, seed: int = 0, pieces: int = tokens.PIECES) -> Sampled:
    found = Sampled(seed, pieces=pieces)
    for first in range(0, len(texts), size):
        found.add(*packed(texts[first : first + size]))
    return found


@dataclass(frozen=True)
class Words:
    """A word is a token."""

    name: str = "words"
    vocabulary: int = 0

    def counts(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([len(each.split()) for each in texts], np.int64)


SENTENCES = [
    "the quick brown fox jumps over the lazy dog. ",
    "Größe und Länge in 東京, ",
    "for i in range(10):\n    f(i)\n",
]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tokenizer of byte pairs with what files in the wild say: a limit, padding and special tokens."""
    pytest.importorskip("tokenizers", reason="tokenizers is not installed: the extra data has it")
    from tokenizers import Tokenizer as Made
    from tokenizers import models, pre_tokenizers, processors, trainers

    made = Made(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.train_from_iterator(
        SENTENCES * 50,
        trainers.BpeTrainer(
            vocab_size=400,
            show_progress=False,
            special_tokens=["<s>"],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        ),
    )
    made.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    made.enable_truncation(max_length=16)
    made.enable_padding(length=16)
    path = tmp_path_factory.mktemp("model") / "tokenizer.json"
    made.save(str(path))
    return path


# --- tokenizers -------------------------------------------------------------------------------------------------------


def test_a_file_and_its_folder_are_the_same_tokenizer(file: Path) -> None:
    texts = ["", "the quick brown fox", SENTENCES[0] * 40, "東京"]
    found = [tokenizer(str(each)).counts(texts).tolist() for each in (file, file.parent)]
    assert found[0] == found[1]
    assert tokenizer(str(file)).vocabulary > 257


def test_neither_special_tokens_nor_limits_nor_padding_of_a_file_count(file: Path) -> None:
    from tokenizers import Tokenizer as Read

    plain = Read.from_file(str(file))
    plain.no_truncation()
    plain.no_padding()
    texts = ["", "fox", SENTENCES[0] * 40]
    expected = [len(plain.encode(each, add_special_tokens=False)) for each in texts]
    assert tokenizer(str(file)).counts(texts).tolist() == expected
    assert expected[0] == 0
    assert expected[-1] > 16


@pytest.mark.parametrize("wrong", ["{", "{}", '{"model": 3}', ""])
def test_a_file_that_is_no_tokenizer_is_refused(tmp_path: Path, wrong: str) -> None:
    pytest.importorskip("tokenizers", reason="tokenizers is not installed: the extra data has it")
    (tmp_path / "tokenizer.json").write_text(wrong)
    with pytest.raises(ValueError, match="is no tokenizer"):
        tokenizer(str(tmp_path))


def test_what_is_not_there_is_refused_without_a_network(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no tokenizer\.json"):
        tokenizer(str(tmp_path))
    for name in (str(tmp_path / "tokenizer.json"), "./model", "models/a/b", "tokenizer.json", "a b"):
        with pytest.raises(ValueError, match="no file, no folder"):
            tokenizer(name)


def test_a_hub_that_is_out_of_reach_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("tokenizers", reason="tokenizers is not installed: the extra data has it")
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ValueError, match="nobody/nothing is no file here, and cannot be had from the Hugging Face Hub"):
        tokenizer("nobody/nothing")


def test_an_encoding_tiktoken_does_not_know_is_refused() -> None:
    pytest.importorskip("tiktoken", reason="tiktoken is not installed")
    with pytest.raises(ValueError, match="tiktoken:nobodys cannot be had"):
        tokenizer("tiktoken:nobodys")


def test_an_encoding_of_tiktoken_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    tiktoken = pytest.importorskip("tiktoken", reason="tiktoken is not installed")
    ranks = {bytes([each]): each for each in range(256)} | {b"ab": 256}
    made = tiktoken.Encoding("own", pat_str=r"\S+|\s+", mergeable_ranks=ranks, special_tokens={"<end>": 257})
    monkeypatch.setattr(tiktoken, "get_encoding", {"own": made}.__getitem__)
    found = tokenizer("tiktoken:own")
    assert found.counts(["abab b", "<end>", ""]).tolist() == [4, 5, 0]
    assert [each.tolist() for each in found.encode(["abab b", "<end>", ""])] == [
        [256, 256, 32, 98], list(b"<end>"), []
    ]  # fmt: skip
    assert found.vocabulary == 258
    assert found.special == {"<end>": 257}


def test_bytes_are_tokens() -> None:
    found = tokenizer("bytes")
    assert found.counts(["abc", "é", ""]).tolist() == [3, 2, 0]
    assert [each.tolist() for each in found.encode(["abc", "é", ""])] == [[97, 98, 99], [195, 169], []]
    ids, counts = encoded(found, packed([b"abc", b"\xff\xfe", b""]))
    assert (ids.tolist(), counts.tolist()) == ([97, 98, 99, 255, 254], [3, 2, 0])
    assert end(found) is None
    assert exact(found, packed([b"abc", b"\xff\xfe", b""])).tolist() == [3, 2, 0]


def test_a_text_that_has_no_token_is_no_traceback(tmp_path: Path) -> None:
    pytest.importorskip("tokenizers", reason="tokenizers is not installed: the extra data has it")
    from tokenizers import Tokenizer as Made
    from tokenizers import models

    Made(models.WordLevel({"fox": 0}, unk_token="[UNK]")).save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(ValueError, match="cannot tokenize a text"):
        tokenizer(str(tmp_path)).counts(["dog"])


# --- counts -----------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(st.text(max_size=60), max_size=12))
def test_counts_are_those_of_documents_one_by_one(file: Path, texts: list[str]) -> None:
    own = tokenizer(str(file))
    batch = packed([each.encode("utf-8", "replace") for each in texts])
    assert exact(own, batch).tolist() == [
        int(own.counts([each.encode("utf-8", "replace").decode()])[0]) for each in texts
    ]
    ids, counts = encoded(own, batch)
    assert counts.tolist() == exact(own, batch).tolist()
    assert ids.tolist() == [
        number for each in texts for number in own.encode([each.encode("utf-8", "replace").decode()])[0].tolist()
    ]


def test_documents_longer_than_a_load_are_counted_whole() -> None:
    word = b"fox jumps \n"
    texts = [b"", word * 200_000, b"fox", word, b"x" * 2_500_000, word * 300_000, b""]
    found = exact(Words(), packed(texts))
    assert found[[0, 1, 2, 3, 5, 6]].tolist() == [0, 400_000, 1, 2, 600_000, 0]
    assert 1 <= found[4] <= 3


def test_offsets_may_begin_anywhere_and_bytes_be_anything() -> None:
    data, _ = packed([b"one two three four \xff\xfe five"])
    assert exact(Words(), (data, np.array([4, 8, 8, 14, len(data)]))).tolist() == [1, 0, 1, 3]


def test_many_short_documents_are_handed_over_in_parts() -> None:
    handed: list[int] = []

    class Watched(Words):
        def counts(self, texts: Sequence[str]) -> np.ndarray:
            handed.append(len(texts))
            return super().counts(texts)

    assert exact(Watched(), packed([b"a b"] * 5000)).tolist() == [2] * 5000
    assert max(handed) <= tokens.LOAD_TEXTS


@given(byte=st.lists(st.integers(0, 10**12), max_size=20), value=st.floats(0.5, 10))
def test_lengths_are_rounded_up(byte: list[int], value: float) -> None:
    found = lengths(np.array(byte, np.int64), Ratio(value, value, value, 0, 0, "assumed", ""))
    assert ((found == 0) == (np.array(byte, np.int64) == 0)).all()
    assert all(
        -1e-3 <= each * value - size < value * (1 + 1e-6) for each, size in zip(found.tolist(), byte, strict=True)
    )


# --- a sample ---------------------------------------------------------------------------------------------------------


def corpus(seed: int = 3) -> list[bytes]:
    """Documents that differ in length and in the length of their words; the long ones have short words."""
    draw = np.random.default_rng(seed)
    found = []
    for size in draw.lognormal(4.6, 1.4, 2500).astype(int) + 1:
        long = 1 + draw.poisson(6 / (1 + size / 2000), max(1, int(size)))
        found.append(b" ".join(b"x" * int(each) for each in long.clip(1)))
    return found


@pytest.fixture(scope="module")
def documents() -> list[bytes]:
    return corpus()


@pytest.mark.parametrize("size", [1, 7, 4000])
def test_batches_change_no_sample(documents: list[bytes], size: int) -> None:
    some = [b"", *documents[:600], b""]
    assert sampled(some, size, pieces=50).drawn() == sampled(some, 100, pieces=50).drawn()


def test_another_seed_draws_another_sample(documents: list[bytes]) -> None:
    one, other = (sampled(documents, seed=each, pieces=50).drawn() for each in (1, 2))
    assert one != other
    assert len(one) == len(other) == 50


def test_a_small_set_is_its_own_sample(documents: list[bytes]) -> None:
    some = [each for each in documents if len(each) < PIECE_BYTES][:300]
    found = sampled([*some, b""])
    assert sorted(text for _, text in found.drawn()) == sorted(some)
    assert (found.population, found.documents, found.byte) == (300, 300, sum(map(len, some)))
    ratio = measured(found, Words())
    assert ratio.low == ratio.value == ratio.high == sum(map(len, some)) / sum(len(each.split()) for each in some)


def test_pieces_of_a_document_are_the_document() -> None:
    texts = [SENTENCES[1].encode() * 1700, b"\x80" * 30_000, "é".encode() * 20_000, b"y" * PIECE_BYTES]
    for text in texts:
        found = Sampled(pieces=100)
        found.add(*packed([text]))
        pieces = [piece for _, piece in found.drawn()]
        assert sum(map(len, pieces)) == len(text)
        assert len(pieces) == found.population == -(-len(text) // PIECE_BYTES)
        assert max(map(len, pieces)) <= PIECE_BYTES + 256
        assert all(piece in text for piece in pieces)
        if text[0] != 0x80:
            assert all("\ufffd" not in piece.decode("utf-8", "replace") for piece in pieces)


def test_cutting_costs_no_tokens_worth_counting(file: Path) -> None:
    text = "".join(np.random.default_rng(1).choice(SENTENCES, 8000).tolist()).encode()
    whole = int(exact(tokenizer(str(file)), packed([text]))[0])
    found = measured(sampled([text]), tokenizer(str(file)))
    assert len(text) / found.value == pytest.approx(whole, rel=1e-3)
    assert found.documents == 1


def test_samples_of_streams_are_put_together(documents: list[bytes]) -> None:
    """Each stream has its own random numbers; the sample of all is of the smallest."""
    streams = []
    for number, first in enumerate(range(0, 1200, 400)):
        each = Sampled(5, number, 60)
        each.add(*packed(documents[first : first + 400]))
        streams.append(each)
    whole, other = (pickle.loads(pickle.dumps(streams)) for _ in range(2))
    for each in whole[1:]:
        whole[0].merge(each)
    for each in other[:2]:
        other[2].merge(each)
    assert sorted(whole[0].drawn()) == sorted(other[2].drawn())
    assert len(whole[0].drawn()) == 60
    assert whole[0].population == sum(each.population for each in streams)
    assert {stream for (stream, _), _ in whole[0].drawn()} == {0, 1, 2}


def test_samples_of_other_sizes_are_not_put_together() -> None:
    with pytest.raises(ValueError, match="50 pieces cannot be added to one of 60"):
        Sampled(pieces=60).merge(Sampled(pieces=50))
    with pytest.raises(ValueError, match="1 pieces says nothing"):
        Sampled(pieces=1)


def test_a_sample_is_small_whatever_passes() -> None:
    found = Sampled(pieces=20)
    for _ in range(40):
        found.add(*packed([b"word " * 200_000]))
        assert len(found._held) <= 30
    assert len(found.drawn()) == 20
    assert found.byte == 40_000_000
    assert found.documents == 40


# --- bytes of a token -------------------------------------------------------------------------------------------------


def test_the_interval_holds_the_truth_nine_times_of_ten(documents: list[bytes]) -> None:
    batch = packed(documents)
    truth = sum(map(len, documents)) / int(exact(Words(), batch).sum())
    held, values = 0, []
    for seed in range(300):
        sample = Sampled(seed, pieces=300)
        sample.add(*batch)
        found = measured(sample, Words())
        held += found.low <= truth <= found.high
        values.append(found.value)
    assert 0.86 <= held / 300 <= 0.95
    assert np.mean(values) == pytest.approx(truth, abs=4 * np.std(values) / np.sqrt(300))  # no bias
    assert np.std(values) / truth > 0.01  # so that there was something to hold


def test_long_documents_count_for_what_they_are() -> None:
    """Words of one letter in three documents of 400 kB, of nine in 2,000 of 600 bytes: half of all bytes each."""
    texts = [b"a " * 200_000] * 3 + [b"nineletts " * 60] * 2000
    truth = sum(map(len, texts)) / sum(len(each.split()) for each in texts)
    values = [measured(sampled(texts, seed=seed, pieces=200), Words()).value for seed in range(40)]
    assert np.mean(values) == pytest.approx(truth, abs=4 * np.std(values) / np.sqrt(40))
    assert truth == pytest.approx(10 / 3, rel=0.01)


@pytest.mark.parametrize(("freedom", "published"), [(4, 2.132), (5, 2.015), (10, 1.812), (30, 1.697), (120, 1.658)])
def test_students_quantiles_are_those_of_tables(freedom: int, published: float) -> None:
    assert tokens._student(freedom) == pytest.approx(published, abs=0.003)


@pytest.mark.parametrize("spike", [1, 40])
def test_the_error_is_that_of_the_jackknife(spike: int) -> None:
    draw = np.random.default_rng(4)
    below = draw.integers(1, 100, 12)
    above = below * draw.uniform(2, 5, 12)
    above[0] *= spike
    ratios = np.array([np.delete(above, each).sum() / np.delete(below, each).sum() for each in range(12)])
    value = above.sum() / below.sum()
    deviation = np.sqrt(11 / 12 * ((ratios - value) ** 2).sum())
    found = np.log(estimate(above, below).high / value)
    t = found / (deviation * 12 / 11 / value)
    assert tokens._student(11) - 1e-9 <= t <= tokens._student(3) + 1e-9
    assert (t == pytest.approx(tokens._student(3))) == (spike > 1)


def test_a_sample_of_all_has_no_error_and_one_of_one_any() -> None:
    byte, token = np.array([10, 20]), np.array([2, 5])
    assert estimate(byte, token, 2).low == estimate(byte, token, 2).high == 30 / 7
    assert estimate(byte[:1], token[:1]).high == np.inf
    assert estimate(byte, token, 2000).low < 30 / 7 < estimate(byte, token, 2000).high


def test_what_is_measured_says_by_what(file: Path) -> None:
    texts = [SENTENCES[each % 3].encode() * (1 + each % 50) for each in range(3000)]
    found = measured(sampled(texts, pieces=500), tokenizer(str(file)))
    assert found.kind == "measured"
    assert found.source == f"{file}, on 500 of 3,000 pieces of text"
    assert found.documents == 500
    assert found.cpu_s_per_token is not None
    assert 0 < found.cpu_s_per_token.low < found.cpu_s_per_token.value < found.cpu_s_per_token.high < 1e-3


def test_one_thread_is_asked_for_and_what_was_asked_before_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[str | None] = set()

    class Watched(Words):
        def counts(self, texts: Sequence[str]) -> np.ndarray:
            seen.add(os.environ.get("TOKENIZERS_PARALLELISM"))
            return super().counts(texts)

    for before in ("true", None):
        if before:
            monkeypatch.setenv("TOKENIZERS_PARALLELISM", before)
        else:
            monkeypatch.delenv("TOKENIZERS_PARALLELISM")
        measured(sampled([b"a b c"] * 50), Watched())
        assert os.environ.get("TOKENIZERS_PARALLELISM") == before
    assert seen == {"false"}


def test_a_byte_of_a_byte_is_known() -> None:
    found = measured(sampled([b"abc", b"\xff"]), ByteTokenizer())
    assert (found.value, found.low, found.high, found.kind, found.cpu_s_per_token) == (1, 1, 1, "exact", None)


@pytest.mark.parametrize(("texts", "own", "what"), [([], Words(), "no text"), ([b""], Words(), "no text"),
                                                    ([b"  \n"], Words(), "no token")])  # fmt: skip
def test_nothing_to_measure_is_said(texts: list[bytes], own: Tokenizer, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        measured(sampled(texts), own)


def test_what_is_assumed_says_so_and_is_wide() -> None:
    plain, half, other = (assumed(each) for each in (0.0, 0.5, 1.0))
    for found in (plain, half, other):
        assert found.kind == "assumed"
        assert found.low < found.value < found.high
        assert (found.documents, found.byte, found.cpu_s_per_token) == (0, 0, None)
        assert "tiktoken" in found.source
    assert plain.value > half.value > other.value
    assert 1 / half.value == pytest.approx((1 / plain.value + 1 / other.value) / 2)
    with pytest.raises(ValueError, match="a share of 2 is none"):
        assumed(2)


@pytest.mark.parametrize(("byte", "token"), [  # Proof-Pile by the tokenizer of GPT-NeoX, stats.json
    (13_609_690_878, 4_905_230_148), (962_813_093, 306_853_916), (141_328_715, 59_043_874), (20_573_531, 6_561_329),
    (2_429_955, 898_410), (15_776_008, 5_553_483),
])  # fmt: skip
def test_published_counts_lie_within_what_is_assumed(byte: int, token: int) -> None:
    found = assumed()
    assert found.low * 0.99 <= byte / token <= found.high


def test_published_counts_of_indian_scripts_lie_within_what_is_assumed() -> None:
    """42 MB in 31 million characters: GPT-2 and cl100k, by evaluation.json of mgpt2-tokenizer."""
    byte, characters = 42_250_192, 30_775_982
    found = assumed(1.5 * (byte - characters) / byte)  # of three bytes each
    for token in (20_869_716, 15_598_584):
        assert found.low <= byte / token <= found.high


def test_the_module_needs_no_library_of_tokenizers() -> None:
    import subprocess
    import sys

    code = ("import sys, json; sys.modules['tokenizers'] = sys.modules['tiktoken'] = None\n"
            "from thirdwatt.data.tokens import tokenizer\n"
            "print(json.dumps(tokenizer('bytes').counts(['abc']).tolist()))\n")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [3]


@pytest.mark.parametrize("cut", [0, 7, 30])
def test_a_sample_goes_on_where_another_one_was(cut: int) -> None:
    texts = [b"word %d " % number * (number % 50 + 1) for number in range(60)]
    whole, begun, resumed = (Sampled(seed=3, pieces=10) for _ in range(3))
    for place, text in enumerate(texts):
        batch = np.frombuffer(text, np.uint8), np.array([0, len(text)])
        whole.add(*batch)
        if place == cut:
            resumed.restore(begun.state())
        (begun if place < cut else resumed).add(*batch)
    assert resumed.drawn() == whole.drawn()
    assert (resumed.population, resumed.byte, resumed.documents) == (whole.population, whole.byte, whole.documents)
