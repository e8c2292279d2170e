"""The page of a scan: it stands alone, says what is not known, and has a table behind every chart."""

from __future__ import annotations

import re
from functools import cache

import pytest

from tests.report.scans import finding, mended, scan
from thirdwatt.cli.data.prices import priced
from thirdwatt.report.scan_page import BINS, PRICE_HEAD, page

BARE = {
    "path": "x.jsonl", "rows": 3, "bytes": 900, "tokens": None, "stored_bytes": 950, "links": 0, "columns": [],
    "lengths": {"p0": 12, "p50": 300, "p100": 588}, "bad_rows": {"count": 0, "reasons": {}, "samples": []},
    "unread_files": ["a.bin"], "kernels": "numpy", "full_buckets": 0,
    "findings": [{"id": "exact_duplicates", "what": "copies", "rows": 1, "bytes": 300, "rows_share": 0.33,
                  "bytes_share": 0.33, "verified": True}],
}  # fmt: skip


@cache
def html(name: str) -> str:
    if name == "bare":
        return page(BARE)
    prices = priced(scan(), "llama-3.1-8b", ["workload.epochs=3"], "dynamic", samples=50)
    return page(scan(), prices)


@pytest.mark.parametrize("name", ["full", "bare"])
def test_a_page_stands_alone(name: str) -> None:
    said = html(name)
    assert "<script" not in said
    assert not re.search(r'(?:src|href)="(?!#)', said.replace('xlink:href="#', ""))
    assert "url(" not in said
    assert "default-src 'none'" in said


@pytest.mark.parametrize(("name", "charts"), [("full", 5), ("bare", 2)])
def test_every_chart_has_words_and_a_table(name: str, charts: int) -> None:
    said = html(name)
    assert said.count('role="img" aria-label="') == charts
    assert said.count("The table behind it") == charts


def test_the_same_scan_gives_the_same_bytes() -> None:
    assert page(BARE) == html("bare")


def test_wastes_prices_padding_bad_rows_and_lines_are_shown() -> None:
    said = html("full")
    for text in ("the largest waste is padding", "near duplicates", "8.0 % (6.0 % to 11 %)", "dynamic", "90,000,000",
                 "broken JSON", "a.jsonl, row 12", "thirdwatt data pack corpus/ --context 2048", "120,000",
                 "of which faded", "256 to 511", "2,048 and more", "parquet-zstd-9"):  # fmt: skip
        assert text in said, text


def test_what_came_from_outside_stays_text() -> None:
    said = html("full")
    assert "Copyright &lt;b&gt;1998&lt;/b&gt;" in said
    assert "<b>1998" not in said
    hostile = page({**BARE, "path": '"><script>alert(1)</script>', "unread_files": ["<script>x"]})
    assert "<script" not in hostile


def test_what_is_not_known_is_said() -> None:
    bare, full = html("bare"), html("full")
    assert "Tokens: they were not counted" in bare
    assert "Prices: no scenario was given" in bare
    assert "files of no known format: 1, such as a.bin" in bare
    assert "flagged duplicates: 250,000 rows, not verified" in full
    assert "The price of small files: the ledger knows no cost of requests" in full
    assert "What is not known" in full
    sampled = page({**BARE, "sample": {"bytes": 10}})
    assert "lower bound" in sampled


def test_many_bins_are_put_together() -> None:
    counts = [*range(1, 101), 0, 0]
    said = page({**BARE, "histogram": {"from_tokens": list(range(102)), "documents": counts, "tokens": counts}})
    assert "0 to 4" in said
    rows = re.findall(r"<tr><th scope=\"row\">[\d,]+ (?:to [\d,]+|and more)</th><td>([\d,]+)</td>", said)
    assert len(rows) <= BINS
    assert sum(int(each.replace(",", "")) for each in rows) == sum(counts)


def test_a_clean_set_says_so() -> None:
    assert "nothing of it was found to be wasted" in page({**BARE, "findings": [finding("exact_duplicates", 0.0)]})


def test_figures_stand_below_their_heads() -> None:
    found = priced(scan(), "llama-3.1-8b", ["workload.epochs=3"], "dynamic", samples=50)
    said = re.findall(r'<tr><th scope="row">near duplicates</th>(.*?)</tr>', page(scan(), found))
    [cells] = [re.findall(r"<td>(.*?)</td>", each) for each in said if each.count("<td>") == len(PRICE_HEAD) - 1]
    at = dict(zip(PRICE_HEAD[1:], cells, strict=True))
    assert at["tokens"] == "8.0 %"
    assert re.fullmatch(r"[\d.,]+ [GM]Wh", at["energy"])
    assert re.fullmatch(r"[\d.,]+ to [\d.,]+ [GM]Wh", at["90 % interval"])
    assert at["on the clock"].split()[1] in ("h", "days")


def test_a_mended_set_stands_beside_what_it_was() -> None:
    gone = priced({**scan(), **mended()["before"]}, "llama-3.1-8b", [], samples=50)
    said = page({**scan(), "mended": mended(), **{f"mended_{name}": each for name, each in gone.items()}})
    assert "Before and after dedup" in said
    for cells in (("documents", "1,220,000", "1,000,000", "82 %"), ("text", "5 GB", "4 GB", "80 %"),
                  ("stored", "2 GB", "1.5 GB", "75 %"), ("tokens", "1.25 billion", "1 billion", "80 %"),
                  ("exact", "122,000", "10 %", "500 MB", "10 %")):  # fmt: skip
        first, *others = cells
        assert f'<th scope="row">{first}</th>' + "".join(f"<td>{each}</td>" for each in others) in said, cells
    assert "Prices of what went, the largest first" in said
    assert "Priced in the run" in said
    assert "Before and after" not in html("full")
