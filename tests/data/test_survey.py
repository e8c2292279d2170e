"""All that a scan says of a dataset, as data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")
import pyarrow as pa
import pyarrow.parquet as pq

from tests.data.near.test_words import planted
from tests.data.test_scan import dataset
from tests.documents import keeps_to
from thirdwatt.data import packing, survey, tokens
from thirdwatt.data.errors import EmptyError
from thirdwatt.data.kernels import Kernels
from thirdwatt.data.wish import BATCH, CONTEXT, Wish

KERNELS = Kernels()


def surveyed(path: Path, **wishes: Any) -> dict[str, Any]:
    found = survey.survey(Wish(str(path), **wishes), KERNELS)
    keeps_to(json.loads(json.dumps({"id": "x", "facts_digest": "x", **found}, allow_nan=False)), "scan")
    return found


def of(found: dict[str, Any], name: str) -> dict[str, Any]:
    [one] = [each for each in found["findings"] if each["id"] == name]
    return one  # type: ignore[no-any-return]


def test_what_is_in_a_folder_and_what_of_it_is_waste(tmp_path: Path) -> None:
    texts = dataset(tmp_path / "d")
    found = surveyed(tmp_path / "d")
    assert (found["rows"], found["bytes"]) == (len(texts), sum(map(len, texts)))
    assert found["bad_rows"]["reasons"] == {"broken JSON": 2}
    assert found["bad_rows"]["samples"][0]["sample"] == "[torn\n"
    assert (found["links"], found["unread_files"]) == (2, [str(tmp_path / "d" / "notes.xyz")])
    full = [each for each in texts if each]
    exact = of(found, "exact_duplicates")
    assert exact["rows"] == len(full) - len(set(full))
    assert exact["bytes_share"]["value"] == exact["bytes"] / sum(map(len, texts)) == exact["bytes_share"]["low"]
    assert exact["fix"] == f"thirdwatt data dedup {tmp_path / 'd'} --exact --out DIR"
    assert of(found, "near_duplicates")["verified"]
    assert not of(found, "flagged_duplicates")["verified"]
    seen = {row["quantity"]: row for row in found["observations"]}
    assert seen["exact_unique_token_share"]["value"] == pytest.approx(1 - exact["tokens_share"]["value"])
    unique = seen["unique_token_share"]
    assert unique["value"] == pytest.approx(
        1 - exact["tokens_share"]["value"] - of(found, "near_duplicates")["tokens_share"]["value"]
    )


def test_tokens_are_assumed_until_a_tokenizer_is_named(tmp_path: Path) -> None:
    texts = dataset(tmp_path / "d")
    size = sum(map(len, texts))
    assumed = surveyed(tmp_path / "d")
    assert assumed["tokens"]["kind"] == "assumed"
    assert assumed["tokens"]["low"] < assumed["tokens"]["value"] < assumed["tokens"]["high"]
    assert assumed["tokenise"] is None
    exact = surveyed(tmp_path / "d", tokenizer=tokens.ByteTokenizer())
    assert exact["tokens"]["value"] == exact["tokens"]["low"] == size


def test_padding_is_that_of_the_lengths(tmp_path: Path) -> None:
    texts = dataset(tmp_path / "d")
    found = surveyed(tmp_path / "d", tokenizer=tokens.ByteTokenizer(), context=300, batch=4, batching="dynamic")
    truth = packing.table(packing.histogram(np.array(list(map(len, texts)))), 300, 4)
    padding = found["padding"]
    assert (padding["context"], padding["batch"], padding["stated"]) == (300, 4, {"context": True, "batch": True})
    for told, each in zip(padding["strategies"], truth, strict=True):
        assert told["id"] == each.id
        assert told["padding_share"]["value"] == pytest.approx(each.padding_share)
        assert told["lost_tokens"] == each.lost_tokens
    dynamic = next(each for each in padding["strategies"] if each["id"] == "dynamic")
    assert of(found, "padding")["tokens_share"] == dynamic["padding_share"]
    observed = {row["quantity"]: row["value"] for row in found["observations"]}
    assert observed["padding_share"] == dynamic["padding_share"]["value"]
    unstated = surveyed(tmp_path / "d")
    assert (unstated["padding"]["context"], unstated["padding"]["batch"]) == (CONTEXT, BATCH)
    assert not any(each["id"] == "padding" for each in unstated["findings"])


def test_lines_of_pages_are_told(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    for number in range(30):
        page = f"a menu that stands on every page\npage {number} says something of its own\n"
        (tmp_path / "d" / f"{number}.html").write_text(page)
    found = surveyed(tmp_path / "d")
    chrome = of(found, "page_chrome")
    assert chrome["bytes"] == 30 * 32
    assert found["lines"]["top"][0]["line"] == "a menu that stands on every page"
    assert of(found, "repeated_lines")["bytes"] == 29 * 32


def test_what_is_left_out_is_not_there(tmp_path: Path) -> None:
    dataset(tmp_path / "d")
    found = surveyed(tmp_path / "d", finds=frozenset())
    assert {each["id"] for each in found["findings"]} == {"exact_duplicates", "empty_documents"}
    assert found["storage"] is found["lines"] is found["kernels"] is None


def test_a_test_set_that_stands_in_the_training_set(tmp_path: Path) -> None:
    texts = dataset(tmp_path / "d")
    new = [b" ".join(b"new%d" % (50 * number + word) for word in range(30)) for number in range(6)]
    rows = [json.dumps({"text": each.decode()}) for each in [*[each for each in texts if len(each) > 60][:4], *new]]
    (tmp_path / "test.jsonl").write_text("\n".join(rows))
    found = surveyed(tmp_path / "d", against=str(tmp_path / "test.jsonl"))
    assert found["overlap"] == {"documents": 10, "judged": 10, "too_short": 0, "reached": {"0.5": 4, "0.8": 4, "1": 4}}
    assert of(found, "overlap")["rows_share"]["value"] == 0.4
    with pytest.raises(EmptyError, match="holds no text"):
        surveyed(tmp_path / "d", against=str(tmp_path / "d" / "notes.xyz"))


def test_a_sample_says_what_it_is_of(tmp_path: Path) -> None:
    """Half of the rows of each of 40 row groups are copies, which lie within their group."""
    texts = planted(3, 2000)
    (tmp_path / "d").mkdir()
    rows = [each for number in range(40) for each in [*texts[25 * number : 25 * number + 25]] * 2]
    table = pa.table({"text": [each.decode() for each in rows]})
    pq.write_table(table, tmp_path / "d" / "a.parquet", row_group_size=50)
    size = (tmp_path / "d" / "a.parquet").stat().st_size
    found = surveyed(tmp_path / "d", sample_byte=size // 4, seed=2)
    drawn = found["sample"]
    assert 5 <= drawn["parts"] <= 12
    assert drawn["stored_bytes"] <= size // 4
    assert found["rows"] == 50 * drawn["parts"]
    estimated = found["estimated"]["rows"]
    assert estimated["low"] <= 2000 <= estimated["high"]
    exact = of(found, "exact_duplicates")
    assert exact["rows_share"]["low"] <= exact["rows_share"]["value"] <= exact["rows_share"]["high"]
    assert exact["rows_share"]["value"] >= 0.5
    truth = 1 - len(set(rows)) / len(rows)
    assert exact["extrapolated"]["low"] <= truth <= exact["extrapolated"]["high"]
    assert "lower bound" in exact["what"]
    whole = surveyed(tmp_path / "d", sample_byte=10 * size)
    assert whole["sample"]["share"] == 1
    assert of(whole, "exact_duplicates")["rows_share"]["value"] == pytest.approx(truth)
    assert of(whole, "exact_duplicates")["extrapolated"]["value"] == pytest.approx(truth)


def test_images_are_compared_by_their_bytes_and_their_looks(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed: the extra data has it")
    (tmp_path / "d").mkdir()
    draw = np.random.default_rng(4)
    for number in range(6):
        made = image.fromarray(draw.integers(0, 255, (12, 12, 3), dtype=np.uint8)).resize((240, 240))
        made.save(tmp_path / "d" / f"{number}.png")
    made.save(tmp_path / "d" / "smaller.jpg", quality=60)
    (tmp_path / "d" / "copy.png").write_bytes((tmp_path / "d" / "1.png").read_bytes())
    (tmp_path / "d" / "torn.png").write_bytes((tmp_path / "d" / "1.png").read_bytes()[:300])
    found = surveyed(tmp_path / "d")
    assert found["images"]["rows"] == found["rows"] == 9
    assert found["images"]["decode_cpu_s_per_image"] > 0
    assert of(found, "exact_duplicate_images")["rows"] == 1
    assert of(found, "like_images")["rows"] == 1
    assert found["tokens"] is None
    assert sum(found["bad_rows"]["reasons"].values()) == 1


@pytest.mark.parametrize(("make", "why"), [(lambda where: None, "holds no files"),
    (lambda where: (where / "x.xyz").write_text("x"), "no file of a known format")])  # fmt: skip
def test_what_is_no_dataset_is_said(tmp_path: Path, make: Any, why: str) -> None:
    make(tmp_path)
    with pytest.raises(EmptyError, match=why):
        surveyed(tmp_path)
