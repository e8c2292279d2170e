"""Lines that are there again: hashes to the bit, figures as counting by hand gives them, bounds that hold."""

from __future__ import annotations

import importlib
import pickle
import random
import tracemalloc
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thirdwatt.data import lines
from thirdwatt.data.lines import Between, Bytes, Kernel, Lines, Numbers, Repeats


@pytest.fixture(params=["lines", "lines_numba"], scope="module")
def kernel(request: pytest.FixtureRequest) -> Kernel:
    if request.param == "lines_numba":
        pytest.importorskip("numba", reason="numba is not installed: the extra fast has it")
    found: Kernel = importlib.import_module(f"thirdwatt.data.{request.param}").hashed
    return found


def packed(texts: list[bytes]) -> tuple[Bytes, Numbers]:
    data = np.frombuffer(b"".join(texts), dtype=np.uint8)
    return data, np.cumsum([0, *map(len, texts)], dtype=np.int64)


def many(texts: list[bytes], sizes: int, rows: int = lines.ROWS, kernel: Kernel = lines.hashed) -> Lines:
    found = Lines(kernel, rows)
    for first in range(0, len(texts), sizes):
        found.add(*packed(texts[first : first + sizes]))
    return found


@dataclass
class Truth:
    """Everything by hand."""

    documents: Counter[bytes]
    count: Counter[bytes]
    again: list[bytes]
    elsewhere: list[bytes]


def truth(texts: list[bytes]) -> Truth:
    documents: Counter[bytes] = Counter()
    count: Counter[bytes] = Counter()
    found = Truth(documents, count, [], [])
    for text in texts:
        own = lines.counted(text)
        for line in own:
            found.again += [line] if count[line] else []
            found.elsewhere += [line] if documents[line] else []
            count[line] += 1
        documents.update(set(own))
    return found


def exactly(value: int) -> Between:
    return Between(value, value, value, value, value)


def size(some: list[bytes]) -> int:
    return sum(map(len, some))


def test_a_line_hash_that_is_written_down() -> None:
    """The definition may not change: hashes may be stored."""
    assert lines.line_hash(b"") == 0
    assert f"{lines.line_hash(b'a line of some words'):016x}" == "851f9306428861f8"
    assert f"{lines.line_hash(b'a line of eight times three.'):016x}" == "1271601398ec2f9a"


def test_lines_that_count() -> None:
    long = b"x" * 20
    assert lines.counted(b"  " + long + b"\t\r\n" + b"y" * 19 + b"\n\n" + long) == [long, long]
    assert lines.counted(b"\x00" + "é".encode() * 10 + b"\x1f") == ["é".encode() * 10]
    assert lines.counted(b"    " + b"y" * 19 + b"    ") == []


def test_places_count_in_a_hash() -> None:
    words = [b"aaaaaaaa", b"bbbbbbbb", b"aaaaaaa\x80", b"bbbbbbb\x80"]
    made = {b"".join((one, other, third)) for one in words for other in words for third in words}
    assert len({lines.line_hash(each) for each in made}) == len(made) == 64


PIECES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([b"\n", b"\n\n", b"\r\n", b" ", b" " * 7, b" " * 8, b" " * 9, b"\t" * 300,
                     b"z" * 19, b"z" * 20, b"z" * 21,
                     b"z" * 24, b"\x80" * 32, "東京都".encode() * 9, b"a line that is long enough\n"]),
)  # fmt: skip
TEXTS = st.lists(st.lists(PIECES, max_size=12).map(b"".join), max_size=8)


@settings(max_examples=80, deadline=None)
@given(texts=TEXTS)
def test_every_kernel_agrees_with_the_definition(kernel: Kernel, texts: list[bytes]) -> None:
    data, offsets = packed(texts)
    hashes, begins, lengths, count = kernel(data, offsets)
    expected = [line for text in texts for line in lines.counted(text)]
    assert hashes.tolist() == [lines.line_hash(each) for each in expected]
    raw = data.tobytes()
    assert [raw[a : a + n] for a, n in zip(begins.tolist(), lengths.tolist(), strict=True)] == expected
    assert count == sum(len(text.split(b"\n")) - (not text or text.endswith(b"\n")) for text in texts)


@settings(max_examples=80, deadline=None)
@given(texts=TEXTS, chunk=st.sampled_from([24, 64, 200]))
def test_chunks_may_end_anywhere(texts: list[bytes], chunk: int) -> None:
    data, offsets = packed(texts)
    whole = lines.hashed(data, offsets)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "CHUNK_BYTES", chunk)
        parted = lines.hashed(data, offsets)
    assert [np.asarray(each).tolist() for each in parted] == [np.asarray(each).tolist() for each in whole]


def test_offsets_may_begin_anywhere(kernel: Kernel) -> None:
    texts = [
        b"one line that is long enough\n",
        b"another line that is long enough",
        b"the last one, and long enough too",
    ]
    data, offsets = packed(texts)
    hashes, begins, _, count = kernel(data, offsets[1:])
    assert hashes.tolist() == [lines.line_hash(each) for each in texts[1:]]
    assert begins.tolist() == offsets[1:-1].tolist()
    assert count == 2


def test_lines_longer_than_a_chunk(kernel: Kernel) -> None:
    drawn = np.random.default_rng(3)
    line = drawn.integers(33, 256, 3 * lines.CHUNK_BYTES + 5, dtype=np.uint8).tobytes()
    blank = b" " * (lines.CHUNK_BYTES + 3)
    texts = [
        b"a short line before the long one\n" + blank + line + blank + b"\nand a short one behind it\n" + blank,
        line,
    ]
    hashes, _, lengths, count = kernel(*packed(texts))
    assert hashes.tolist() == [lines.line_hash(each) for text in texts for each in lines.counted(text)]
    assert lengths.tolist() == [32, len(line), 25, len(line)]
    assert count == 5


def test_what_straddles_chunks(kernel: Kernel) -> None:
    drawn = random.Random(2)
    texts = [b"\n".join(b" " * drawn.randrange(12) + b"%x" % drawn.getrandbits(4 * drawn.randrange(10, 300))
                        for _ in range(4000)) for _ in range(2)]  # fmt: skip
    hashes, _, _, _ = kernel(*packed(texts))
    assert hashes.tolist() == [lines.line_hash(each) for text in texts for each in lines.counted(text)]


SOME = [b"line number %d of those there are" % each for each in range(12)]
DOCUMENTS = st.lists(st.lists(st.sampled_from([*SOME, b"", b"too short"]), max_size=25).map(b"\n".join), max_size=40)


def same(found: Repeats, texts: list[bytes]) -> None:
    true = truth(texts)
    assert found.documents == len(texts)
    assert found.byte == size(texts)
    assert found.counted_lines == true.count.total()
    assert found.counted_byte == sum(len(line) * count for line, count in true.count.items())
    assert found.again_lines == exactly(len(true.again))
    assert found.again_byte == exactly(size(true.again))
    assert found.elsewhere_lines == exactly(len(true.elsewhere))
    assert found.elsewhere_byte == exactly(size(true.elsewhere))
    least = max(10, -(-len(texts) // 1000))
    assert found.chrome_documents == least
    chrome = {line: true.count[line] for line, count in true.documents.items() if count >= least}
    assert found.chrome_lines == exactly(len(chrome))
    assert found.chrome_byte == exactly(sum(len(line) * count for line, count in chrome.items()))
    order = sorted(chrome, key=lambda line: (-len(line) * chrome[line], lines.line_hash(line)))[: lines.TOP]
    assert [each.sample for each in found.top] == [line.decode()[:80] for line in order]
    assert [each.documents for each in found.top] == [true.documents[line] for line in order]
    assert [each.count for each in found.top] == [chrome[line] for line in order]
    assert all(each.documents_most == each.documents for each in found.top)
    assert found.exact
    assert found.lost_documents == 0
    assert found.sampled_share == 1


@settings(max_examples=60, deadline=None)
@given(texts=DOCUMENTS, sizes=st.sampled_from([1, 3, 100]), rows=st.sampled_from([14, lines.ROWS]))
def test_what_fits_is_as_counted_by_hand(texts: list[bytes], sizes: int, rows: int) -> None:
    """With few rows lines are taken in seven at a time, so that documents are divided."""
    same(many(texts, sizes, rows).found(), texts)


def test_nothing_is_nothing() -> None:
    found = Lines().found()
    assert found.again_byte == exactly(0)
    assert found.share(found.again_byte) == exactly(0)
    assert found.top == ()
    empty = Lines()
    empty.add(np.empty(0, np.uint8), np.zeros(1, np.int64))
    empty.add(*packed([b"", b""]))
    assert empty.found().documents == 2


def test_a_table_that_is_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="8 are the least"):
        Lines(rows=7)


def corpus(seed: int, documents: int, kinds: int) -> list[bytes]:
    """Documents with lines of their own, lines that are in two or three, and some that are in most."""
    drawn = random.Random(seed)
    made = []
    for _ in range(documents):
        own = [b"own line %x with something in it" % drawn.getrandbits(60) for _ in range(drawn.randrange(8))]
        own += [b"shared line %d with something in it" % drawn.randrange(kinds) for _ in range(drawn.randrange(8))]
        own += [b"chrome line %d of the page as it is" % each for each in range(5) if drawn.random() < 0.5]
        drawn.shuffle(own)
        made.append(b"\n".join(own))
    return made


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), rows=st.sampled_from([8, 20, 50, 120]), sizes=st.sampled_from([1, 10]))
def test_what_does_not_fit_is_within_its_bounds(seed: int, rows: int, sizes: int) -> None:
    texts = corpus(seed, 80, 150)
    found, true = many(texts, sizes, rows).found(), truth(texts)
    assert not found.exact
    least = found.chrome_documents
    chrome = {line: true.count[line] for line, count in true.documents.items() if count >= least}
    figures = [
        (found.again_lines, len(true.again)),
        (found.again_byte, size(true.again)),
        (found.elsewhere_lines, len(true.elsewhere)),
        (found.elsewhere_byte, size(true.elsewhere)),
        (found.chrome_lines, len(chrome)),
        (found.chrome_byte, sum(len(line) * count for line, count in chrome.items())),
    ]
    for figure, value in figures:
        assert figure.least <= value <= figure.most
        assert figure.least <= figure.low <= figure.value <= figure.high <= figure.most
    by_hash = {lines.line_hash(line): line for line in true.count}
    for each in found.top:
        line = by_hash[each.hash]
        assert each.documents <= true.documents[line] <= each.documents_most <= each.documents + found.lost_documents
        assert each.count <= true.count[line]
        assert each.sample in (None, line.decode())


def test_estimates_are_unbiased_and_intervals_hold() -> None:
    """Over sets of different lines, of which the table holds a fortieth."""
    inside, ratio = 0, []
    turns = 40
    for seed in range(turns):
        texts = corpus(seed, 300, 500)
        found, true = many(texts, 20, 100).found(), truth(texts)
        assert found.sampled_share <= 0.1
        inside += found.again_lines.low <= len(true.again) <= found.again_lines.high
        ratio.append(found.again_lines.value / len(true.again))
    assert inside >= 0.85 * turns
    assert abs(np.mean(ratio) - 1) < 4 * np.std(ratio) / turns**0.5


def test_page_chrome_is_sure_in_a_small_table_and_certain_by_a_second_reading() -> None:
    texts = corpus(1, 3000, 10**9)
    gone = many(texts, 100, 400)
    found, true = gone.found(), truth(texts)
    chrome = {line for line in true.documents if true.documents[line] >= found.chrome_documents}
    assert {each.sample for each in found.top} == {line.decode() for line in chrome}
    assert len(chrome) == 5
    assert found.chrome_byte.least > 0.98 * sum(len(line) * true.count[line] for line in chrome)
    hashes = gone.candidates()
    batches = [packed(texts[first : first + 70]) for first in range(0, len(texts), 70)]
    documents, count, length = lines.recount(batches, hashes)
    for line in chrome:
        at = hashes.tolist().index(lines.line_hash(line))
        assert documents[at] == true.documents[line]
        assert count[at] == true.count[line]
        assert length[at] == len(line)


def test_what_is_shown_begins_as_it_does_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "SAMPLES", 100)
    drawn = random.Random(8)
    kinds = [b"chrome of the page, number %d" % each + b"." * each for each in range(300)]
    texts = [b"\n".join(drawn.sample(kinds, 60)) for _ in range(300)]
    found = many(texts, 10).found()
    assert found.chrome_lines == exactly(300)
    by_hash = {lines.line_hash(line): line for line in kinds}
    assert len(found.top) == lines.TOP
    for each in found.top:
        assert each.sample == by_hash[each.hash].decode()[: lines.SAMPLE_CHARACTERS]
        assert each.byte == each.count * len(by_hash[each.hash])


def test_memory_does_not_grow_with_what_is_read() -> None:
    def peak(documents: int) -> int:
        tracemalloc.start()
        found = Lines(rows=2000)
        for seed in range(documents):
            found.add(*packed(corpus(seed, 100, 10**9)))
        assert found.found().exact == (documents == 1)
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    peak(1)
    assert peak(60) < 1.3 * peak(20)


def test_kernels_find_the_same() -> None:
    pytest.importorskip("numba", reason="numba is not installed: the extra fast has it")
    from thirdwatt.data import lines_numba

    texts = corpus(5, 500, 200)
    assert many(texts, 50, 300).found() == many(texts, 50, 300, lines_numba.hashed).found()


def test_it_can_be_put_away_and_gone_on_with() -> None:
    texts = corpus(9, 400, 200)
    whole = many(texts, 100, 300)
    part = many(texts[:200], 100, 300)
    part = pickle.loads(pickle.dumps(part))
    for first in (200, 300):
        part.add(*packed(texts[first : first + 100]))
    assert part.found() == whole.found()


def test_hashes_that_differ_in_their_last_bits_alone_are_ordered() -> None:
    high = np.uint64(0xABCD << 40)
    hashes = high + np.array([3, 1, 2, 1, 3, 0, 2, 1], dtype=np.uint64)
    assert lines._order(hashes).tolist() == np.argsort(hashes, kind="stable").tolist()


def test_a_share_is_of_all_bytes() -> None:
    found = many([b"the same line in both of them\n" * 2, b"the same line in both of them\n\n"], 1).found()
    assert found.byte == 91
    assert found.share(found.again_byte).value == 2 * 29 / 91
    assert found.share(found.elsewhere_byte).value == 29 / 91


REPEATED = [b"a line that is long enough", b"another such line, not shorter", b"x" * 40, b"short"]


@given(
    documents=st.lists(st.lists(st.sampled_from(REPEATED), max_size=6), max_size=40),
    cut=st.integers(0, 40),
    rows=st.sampled_from([8, 1000]),
)
def test_it_goes_on_where_another_one_was(documents: list[list[bytes]], cut: int, rows: int) -> None:
    texts = [b"\n".join([*each, b"%d is the number of this one" % number]) for number, each in enumerate(documents)]
    whole, begun, resumed = (Lines(rows=rows) for _ in range(3))
    for place, text in enumerate(texts):
        batch = np.frombuffer(text, np.uint8), np.array([0, len(text)])
        for each in (whole, begun if place < cut else resumed):
            if place == cut and each is resumed:
                resumed.restore(begun.state())
            if place == cut and each is whole:
                whole.state()  # puts what waits into the table at the same place
            each.add(*batch)
    if cut < len(texts):
        assert resumed.found() == whole.found()
