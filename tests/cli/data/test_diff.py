"""``thirdwatt data diff`` as its users call it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")
import pyarrow as pa
import pyarrow.parquet as pq

from tests.cli.data.calling import call, process
from tests.data.revision.test_diff import folder, pages
from tests.documents import keeps_to


def revisions(where: Path) -> tuple[str, str]:
    old = [f"{each}<footer>of May 1\n" for each in pages(40)]
    new = [f"{each}<footer>of June 2\n" for each in pages(41)]
    return str(folder(where / "old", old)), str(folder(where / "new", new))


def test_data_and_words(tmp_path: Path) -> None:
    old, new = revisions(tmp_path)
    (tmp_path / "new" / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / "new" / "torn.txt").write_bytes(b"\xff\xfe")
    done = process(tmp_path, "data", "diff", old, new, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    keeps_to(found, "diff")
    assert {name: each["rows"] for name, each in found["documents"].items() if each["rows"]} == {
        "stamped": 40, "new": 1, "replaced": 40,
    }  # fmt: skip
    assert found["new"]["bad_rows"]["count"] == 1
    assert not (tmp_path / "kept").exists()
    text = call(tmp_path, "data", "diff", old, new, "--html", str(tmp_path / "page.html")).stdout
    page = (tmp_path / "page.html").read_text()
    for words in ("What has become of the documents", "&lt;footer&gt;of June 2", "1 × invalid UTF-8"):
        assert words in page
    for words in ("40 documents: <footer>of June 2", "would say that 100% of the files are new", "--tokenizer",
                  "1 × invalid UTF-8, in the new set", "1 files of images in the new set"):  # fmt: skip
        assert words in text
    lines = [each for each in text.splitlines() if str(tmp_path) not in each]
    assert max(map(len, lines)) <= 100
    assert len(lines) < 40


def test_documents_in_columns_of_other_names(tmp_path: Path) -> None:
    for name, columns in (("old", ("body", "summary")), ("new", ("text", "summary"))):
        table = pa.table({columns[0]: pages(20), columns[1]: [f"page {each}" for each in range(20)]})
        pq.write_table(table, tmp_path / f"{name}.parquet")
    paths = [str(tmp_path / f"{name}.parquet") for name in ("old", "new")]
    text = call(tmp_path, "data", "diff", *paths).stdout
    assert "Documents are body in the old set and text in the new one" in text
    assert "unchanged           20" in text
    same = call(tmp_path, "data", "diff", *paths, "--column", "summary", "--json")
    assert json.loads(same.stdout)["new"]["columns"] == ["summary"]
    named = call(tmp_path, "data", "diff", *paths, "--column", "text", "--old-column", "body", "--json")
    assert json.loads(named.stdout)["documents"]["unchanged"]["rows"] == 20


@pytest.mark.parametrize(("old", "new", "others", "why"), [
    ("nothing", "new", [], "nothing: holds no files"), ("old", "nothing", [], "nothing: holds no files"),
    ("only.xyz", "new", [], "holds no text"), ("old", "new", ["--tokenizer", "no/such.json"], "--tokenizer"),
    ("d.jsonl", "new", ["--column", "absent"], "absent"), ("old", "new", ["--memory", "much"], "is no size"),
])  # fmt: skip
def test_mistakes_are_said(tmp_path: Path, old: str, new: str, others: list[str], why: str) -> None:
    revisions(tmp_path)
    (tmp_path / "only.xyz").write_text("x")
    (tmp_path / "d.jsonl").write_text('{"text": "a document"}\n')
    done = call(tmp_path, "data", "diff", str(tmp_path / old), str(tmp_path / new), *others)
    assert done.returncode == 2, done.stderr
    assert why in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_interrupted_it_says_that_it_starts_again(tmp_path: Path) -> None:
    for name in ("old", "new"):
        rows = "".join(json.dumps({"text": f"line {each} of {name}\n" * 50}) + "\n" for each in range(60_000))
        (tmp_path / f"{name}.jsonl").write_text(rows)
    paths = [str(tmp_path / f"{name}.jsonl") for name in ("old", "new")]
    command = [sys.executable, "-m", "thirdwatt", "data", "diff", *paths]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1]
    assert process.returncode != 0
    assert "starts again" in said
