"""Whole revisions in files: what has become of documents, and what of them is new."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")
import pyarrow as pa
import pyarrow.parquet as pq

from tests.data.near.test_words import planted
from tests.data.revision.test_lines import counted, cut
from tests.documents import keeps_to
from thirdwatt.data import tokens
from thirdwatt.data.errors import EmptyError
from thirdwatt.data.kernels import Kernels
from thirdwatt.data.lines import BLANKS
from thirdwatt.data.revision import diff, sides
from thirdwatt.data.revision.diff import Wish

KERNELS = Kernels()
WORDS = ["the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "and", "more"]
PAGE = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join)
PAGES = st.lists(st.lists(PAGE, min_size=1, max_size=5).map("\n".join), max_size=12)


def parquet(path: Path, texts: Sequence[str]) -> Path:
    pq.write_table(pa.table({"text": pa.array(texts, pa.string())}), path, row_group_size=5)
    return path


def folder(path: Path, texts: Sequence[str]) -> Path:
    path.mkdir()
    for number, text in enumerate(texts):
        (path / f"{number:04d}.txt").write_text(text)
    return path


def compared(old: Path, new: Path, **wish: Any) -> dict[str, Any]:
    found = diff.diff(sides.opened(str(old), ""), sides.opened(str(new), ""), Wish(**wish), KERNELS)
    keeps_to({"facts_digest": "x", **json.loads(json.dumps(found, allow_nan=False))}, "diff")
    classes = found["documents"]
    for side, names in (("new", ("unchanged", "moved", "copied", "stamped", "edited", "new")),
                        ("old", ("unchanged", "moved", "replaced", "removed"))):  # fmt: skip
        assert sum(classes[each]["rows"] for each in names) == found[side]["rows"]
        assert sum(classes[each]["bytes"] for each in names) == found[side]["bytes"]
        assert sum(classes[each]["lines"] for each in names) == found[side]["lines"]
    share = found["new_token_share"]
    assert 0 <= share["low"] <= share["value"] <= share["high"] <= 1
    assert found["new_tokens"]["value"] == pytest.approx(share["value"] * found["new"]["tokens"]["value"])
    assert found["new_tokens"]["low"] <= found["new_tokens"]["value"] <= found["new_tokens"]["high"]
    assert found["lines"]["new"] <= found["new"]["lines"]
    assert share["without_stamps_and_copies"] <= share["lines"] <= share["whole_documents"]
    return found


def of(old: Sequence[str], new: Sequence[str], **wish: Any) -> dict[str, Any]:
    with TemporaryDirectory() as place:
        return compared(parquet(Path(place, "old.parquet"), old), parquet(Path(place, "new.parquet"), new), **wish)


def rows(found: dict[str, Any]) -> dict[str, int]:
    return {name: each["rows"] for name, each in found["documents"].items() if each["rows"]}


def share(old: Sequence[str], new: Sequence[str]) -> float:
    """Bytes in lines of NEW that OLD does not have as often, by a brute force."""
    left = counted([each.encode() for each in old])
    fresh = total = 0
    # Lines that are the same but for blanks may differ in bytes; here none is.
    for text in new:
        for line in cut(text.encode()):
            key = line.strip(BLANKS)
            total += len(line)
            left[key] -= 1
            fresh += len(line) if left[key] < 0 else 0
    return fresh / total if total else 0.0


@given(PAGES, st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_a_set_in_another_order_brings_nothing(pages: list[str], chance: Any) -> None:
    other = list(pages)
    chance.shuffle(other)
    found = of(pages, other)
    assert set(rows(found)) <= {"unchanged", "moved"}
    assert (found["new_token_share"]["value"], found["lines"]["new"], found["lines"]["removed"]) == (0, 0, 0)


@given(PAGES, PAGES)
@settings(max_examples=25, deadline=None)
def test_documents_behind_the_old_ones_are_their_share(pages: list[str], more: list[str]) -> None:
    found = of(pages, pages + more)
    byte = sum(map(len, pages + more))
    assert found["new_token_share"]["lines"] == pytest.approx(sum(map(len, more)) / byte if byte else 0)
    copies = (Counter(more) & Counter({each: len(more) for each in pages})).total()
    assert found["documents"]["copied"]["rows"] == copies
    assert found["documents"]["unchanged"]["rows"] == len(pages)


@given(PAGES, PAGES, st.sampled_from([2_000, 1 << 24]))
@settings(max_examples=25, deadline=None)
def test_new_lines_are_those_of_a_brute_force(old: list[str], new: list[str], memory_byte: int) -> None:
    # The last line of a page has no end and may differ by a byte from the same one within another.
    old, new = ([f"{each}\n" for each in pages] for pages in (old, new))
    assert of(old, new, memory_byte=memory_byte)["new_token_share"]["lines"] == pytest.approx(share(old, new))


def texts(count: int = 60, seed: int = 3) -> list[str]:
    return [each.decode() for each in planted(seed, count)]


def pages(count: int) -> list[str]:
    return [f"<h1>Page {each}</h1>\n<p>what it says about {each}\n<p>and again of {each * each}\n" * 3 + f"{each}\n"
            for each in range(count)]  # fmt: skip


def test_the_same_set(tmp_path: Path) -> None:
    where = folder(tmp_path / "d", texts())
    found = compared(where, where)
    assert set(rows(found)) == {"unchanged"}
    assert found["new_token_share"]["high"] == 0
    assert found["file_hashes"]["changed_files"] == 0
    assert (found["transfer"]["chunks_bytes"], found["transfer"]["whole_files_bytes"]) == (0, 0)


def test_an_empty_set_on_either_side() -> None:
    own = pages(20)
    found = of([], own)
    assert rows(found) == {"new": 20}
    assert found["new_token_share"]["low"] == found["new_token_share"]["value"] == 1
    found = of(own, [])
    assert rows(found) == {"removed": 20}
    assert found["new_token_share"]["high"] == 0
    assert found["lines"]["removed_bytes"] == sum(map(len, own))
    assert rows(of([], [])) == {}
    assert rows(of([*own, "", ""], [*own, ""])) == {"unchanged": 21, "removed": 1}


def test_one_line_of_one_document(tmp_path: Path) -> None:
    old = pages(50)
    new = [*old]
    new[7] = new[7].replace("about 7\n", "about 7, and more\n", 1)
    found = compared(folder(tmp_path / "old", old), folder(tmp_path / "new", new))
    assert rows(found) == {"unchanged": 49, "edited": 1, "replaced": 1}
    assert found["lines"]["new_bytes"] == len("<p>what it says about 7, and more\n")
    assert found["file_hashes"]["changed_files"] == 1
    assert found["new_token_share"]["whole_documents"] == pytest.approx(len(new[7]) / sum(map(len, new)))


def test_a_stamp_on_every_page_is_told_apart(tmp_path: Path) -> None:
    old = [f"{each}<footer>of May 1\n" for each in pages(40)]
    new = [f"{each}<footer>of June 2\n" for each in pages(40)]
    new[3] += "<p>something that is new\n"
    found = compared(folder(tmp_path / "old", old), folder(tmp_path / "new", new))
    assert rows(found) == {"stamped": 39, "edited": 1, "replaced": 40}
    assert found["lines"]["top_stamps"] == [
        {"line": "<footer>of June 2", "documents": 40, "times": 40, "bytes": 40 * len("<footer>of June 2\n")}
    ]
    share, total = found["new_token_share"], sum(map(len, new))
    assert share["lines"] * total == pytest.approx(40 * len("<footer>of June 2\n") + len("<p>something that is new\n"))
    assert share["without_stamps_and_copies"] * total == pytest.approx(len("<p>something that is new\n"))
    assert share["whole_documents"] * total == pytest.approx(39 * len("<footer>of June 2\n") + len(new[3]))
    assert found["file_hashes"]["changed_files_share"] == 1


def test_a_line_on_few_pages_is_no_stamp() -> None:
    old, own = pages(40), "<p>a remark\n"
    new = [each + own * (number < 9) for number, each in enumerate(old)]
    found = of(old, new)
    assert rows(found) == {"unchanged": 31, "edited": 9, "replaced": 9}
    assert found["lines"]["stamps"] == 0


def test_what_many_new_pages_have_is_no_stamp() -> None:
    fresh = [f"<nav>a menu of its own\n<p>text {each} of a page that was not there\n" for each in range(30)]
    found = of(pages(40), pages(40) + fresh)
    assert rows(found) == {"unchanged": 40, "new": 30}
    assert found["lines"]["stamps"] == 0


def test_documents_that_are_there_several_times() -> None:
    a, b = pages(2)
    found = of([a, a, b], [a, b, b, b])
    assert rows(found) == {"unchanged": 2, "copied": 2, "removed": 1}
    assert found["lines"]["new_bytes"] == 2 * len(b)
    assert found["lines"]["removed_bytes"] == len(a)
    assert found["new_token_share"]["low"] == 0


def test_a_document_that_is_cut_in_two() -> None:
    old = ["".join(f"line {each} of a long one\n" for each in range(40)), *pages(3)]
    middle = old[0].index("line 20")
    found = of(old, [old[0][:middle], *old[1:], old[0][middle:]])
    assert rows(found) == {"unchanged": 3, "edited": 2, "replaced": 1}
    assert (found["lines"]["new"], found["lines"]["removed"]) == (0, 0)


def test_a_long_line_that_was_edited_is_near_the_old_one() -> None:
    old = [" ".join(f"word{each * 7 % 1000 + number}" for each in range(300)) for number in range(0, 9000, 1500)]
    new = [old[0].replace("word7 ", "another "), *old[1:], "wholly new text of " + "some length " * 30]
    found = of(old, new)
    assert rows(found) == {"unchanged": 5, "edited": 1, "new": 1, "replaced": 1}
    # By lines all of the edited one is new; by runs of words next to nothing.
    share, total = found["new_token_share"], sum(map(len, new))
    assert share["lines"] * total == pytest.approx(len(new[0]) + len(new[-1]))
    assert share["low"] * total < len(new[-1]) + 0.1 * len(new[0])


def test_files_of_other_names_are_moved(tmp_path: Path) -> None:
    old, new = folder(tmp_path / "old", pages(5)), folder(tmp_path / "new", pages(5))
    (new / "0001.txt").rename(new / "one.txt")
    (new / "sub").mkdir()
    (new / "0002.txt").rename(new / "sub" / "0002.txt")
    found = compared(old, new)
    assert rows(found) == {"unchanged": 3, "moved": 2}
    assert found["file_hashes"]["changed_files"] == 0


def test_another_format_of_the_same_is_no_news(tmp_path: Path) -> None:
    found = compared(folder(tmp_path / "old", pages(30)), parquet(tmp_path / "new.parquet", pages(30)))
    assert rows(found) == {"moved": 30}
    assert found["file_hashes"]["changed_files_share"] == 1


def test_tokens_are_counted_where_a_tokenizer_is_named() -> None:
    old, fresh = pages(30), "<p>a new page of its own\n"
    found = of(old, [*old, fresh], tokenizer=tokens.tokenizer("bytes"))
    share = found["new_token_share"]
    assert share["kind"] == "measured"
    assert found["new"]["tokens"]["value"] == found["new"]["bytes"]
    assert share["low"] == share["value"] == share["high"] == pytest.approx(len(fresh) / found["new"]["bytes"])
    assert found["observations"][0]["quantity"] == "new_token_share"


def test_bad_rows_are_counted_on_their_side(tmp_path: Path) -> None:
    for name, tail in (("old", ""), ("new", "{torn")):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps({"text": each}) + "\n" for each in pages(3)) + tail)
    found = compared(tmp_path / "old.jsonl", tmp_path / "new.jsonl")
    assert [found[side]["bad_rows"]["count"] for side in ("old", "new")] == [0, 1]
    assert rows(found) == {"unchanged": 3}


def test_a_set_that_cannot_be_read_is_no_empty_one(tmp_path: Path) -> None:
    parquet(tmp_path / "d.parquet", pages(3))
    with pytest.raises(EmptyError, match="column other is not there"):
        sides.opened(str(tmp_path / "d.parquet"), "other")
    with pytest.raises(EmptyError, match="holds no files"):
        sides.opened(str(tmp_path / "nothing"), "")


@pytest.mark.parametrize(("paths", "where", "names"), [
    (["a/x/1.txt", "a/x/y/2.txt"], "a/x", ["1.txt", "y/2.txt"]), (["a/x/1.txt"], "a/x/", ["1.txt"]),
    (["a/x/1.txt"], "a/x/1.txt", [""]), (["a/v1/1.txt", "a/v1/2.txt"], "a/v*/?.txt", ["v1/1.txt", "v1/2.txt"]),
    (["1.txt", "2.txt"], "*.txt", ["1.txt", "2.txt"]),
    (["hf://d/a@main/x/1.txt", "hf://d/a@main/2.txt"], "hf://d/a", ["x/1.txt", "2.txt"]),
])  # fmt: skip
def test_names_within_a_revision(paths: list[str], where: str, names: list[str]) -> None:
    above = sides.above(paths, where)
    assert [each.removeprefix(above) for each in paths] == names
