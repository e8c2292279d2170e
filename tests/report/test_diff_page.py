"""The page of a diff: it stands alone, says what was not read, and has a table behind every chart."""

from __future__ import annotations

import re
from functools import cache

from tests.documents import keeps_to
from tests.report.diffs import diff, documents, side
from thirdwatt.report.diff_page import page, share_of

NOTHING = diff(
    documents={**dict.fromkeys(diff()["documents"], documents(0.0)), "unchanged": documents(1.0)},
    lines={**dict.fromkeys(diff()["lines"], 0), "top_stamps": []},
    new=side("corpus-10/", 0),
    new_token_share={**diff()["new_token_share"], **dict.fromkeys(("value", "low", "high", "lines"), 0.0)},
)


@cache
def html() -> str:
    return page(diff())


def test_what_it_is_made_of_keeps_to_the_schema() -> None:
    keeps_to(diff(), "diff")


def test_a_page_stands_alone() -> None:
    said = html()
    assert "<script" not in said
    assert not re.search(r'(?:src|href)="(?!#)', said.replace('xlink:href="#', ""))
    assert "url(" not in said
    assert "default-src 'none'" in said
    assert page(diff()) == said


def test_every_chart_has_words_and_a_table() -> None:
    said = html()
    assert said.count('role="img" aria-label="') == 3 == said.count("The table behind it")
    for bars in ("stamped", "removed, of the old set", "without stamps and copies", "files that differ"):
        assert f'<th scope="row">{bars}</th>' in said
        assert f">{bars}</text>" in said


def test_the_answer_and_its_ends_are_said() -> None:
    lead = re.findall(r'<p class="lead">(.*?)</p>', html())
    assert lead == ["0.13 % of the tokens of the new revision are new (0.007 % to 61 %, by what one takes for new); "
                    "0.2 % of the text of the old one is gone."]  # fmt: skip
    for said in ("1.3 million", "700 MB", "550,000", "measured, from a tokenizer on a sample"):
        assert said in html().replace("1,300,000", "1.3 million"), said


def test_what_was_not_read_is_said() -> None:
    for words in ("Rows of the new set that are no documents: 1 × broken JSON", "of no known format in the new set: 1",
                  "images of the new set: 1", "corpus-11//a.jsonl, row 12"):  # fmt: skip
        assert words in html(), words
    assert "Nothing was left out" not in html()
    assert "Nothing was left out" in page(NOTHING)
    far = page(diff(transfer=None, file_hashes=None, tokenizer=None))
    assert "they are at an address" in far
    assert "no tokenizer was named" in far
    assert "What has to be sent" not in far


def test_two_equal_revisions() -> None:
    said = page(NOTHING)
    assert "Nothing is new: both revisions hold the same lines." in said
    assert "How much of it is new" not in said
    assert "stamps" not in re.findall(r'id="([a-z]+)"', said)


def test_what_came_from_outside_stays_text() -> None:
    assert "Built on &lt;i&gt;June 2" in html()
    hostile = page(diff(old={**side("x", 0), "path": '"><script>alert(1)</script>', "unread_files": ["<script>y"]}))
    assert "<script" not in hostile


def test_small_shares_keep_two_digits() -> None:
    assert [share_of(each) for each in (0, 0.000066, 0.0013, 0.0123, 0.5, 1)] == [
        "0 %", "0.0066 %", "0.13 %", "1.2 %", "50 %", "100 %",
    ]  # fmt: skip
