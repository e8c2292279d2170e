"""The page in a real browser: no finding of axe, readable on a telephone, nothing asked of the network."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import thirdwatt
from tests.report.chips import answered
from tests.report.diffs import diff
from tests.report.plans import DEDUP, FILTER, SLOWER, planned
from tests.report.scans import mended, scan
from thirdwatt.cli.data.prices import priced
from thirdwatt.outlook.answer import outlook
from thirdwatt.report import (
    chip_page,
    chip_sheet_page,
    diff_page,
    layout_page,
    outlook_page,
    plan_page,
    retraining_page,
    scan_page,
)
from thirdwatt.report.html import page
from thirdwatt.report.places import fragment
from thirdwatt.search.blueprint.sheet import compare, sheet
from thirdwatt.search.layout import search
from thirdwatt.search.layout.offers import offers, small
from thirdwatt.search.layout.why import reasons
from thirdwatt.search.places import places

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's package chromium is not installed"),
]
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield started
        started.close()


def laid_out(name: str) -> str:
    answer = search(name, "energy")
    return layout_page.page(answer, reasons(answer, samples=100), tuple(offers(answer)) if small(answer) else ())


PAGES: dict[str, Callable[[], str]] = {
    "gpt-4o": lambda: page(thirdwatt.estimate("gpt-4o")),
    "palm-540b": lambda: page(thirdwatt.estimate("palm-540b")),
    "startup-lora-8xh100": lambda: page(thirdwatt.estimate("startup-lora-8xh100")),
    "layout-llama-3.1-405b": lambda: laid_out("llama-3.1-405b"),
    "layout-startup-lora-8xh100": lambda: laid_out("startup-lora-8xh100"),
    "scan": lambda: scan_page.page(scan(), priced(scan(), "llama-3.1-8b", batching="dynamic", samples=100)),
    "mended": lambda: scan_page.page(scan(mended=mended())),
    "diff": lambda: diff_page.page(diff()),
    "plan": lambda: plan_page.page(planned(3.0, levers=(DEDUP, FILTER, SLOWER))),
    "plan-startup-lora-8xh100": lambda: plan_page.page(
        thirdwatt.plan("startup-lora-8xh100", by="cost", samples=100),
        fragment(places("startup-lora-8xh100", samples=20)),
    ),
    "outlook": lambda: outlook_page.page(outlook(site_mw=500, region="us-va", samples=500)),
    "chip": lambda: chip_page.page(answered()),
    "chip-show": lambda: chip_sheet_page.sheet_page(sheet("h100-sxm-80gb", samples=20), 20, 0),
    "chip-compare": lambda: chip_sheet_page.comparison_page(
        compare(("h100-sxm-80gb", "b200-sxm-180gb", "gaudi3"), samples=20), "today", 20, 0
    ),
    "retrain": lambda: retraining_page.page(
        thirdwatt.retrain("gpt-3-175b", new_tokens="40%", drift="0.5/30d", value="20000/d", every="30d", samples=100)
    ),
}


@pytest.fixture(scope="module", params=list(PAGES))
def file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / f"{request.param}.html"
    path.write_text(PAGES[request.param](), encoding="utf-8")
    return path


@pytest.mark.parametrize(("width", "media", "scheme"), [
    (1280, "screen", "light"), (360, "screen", "light"), (1280, "screen", "dark"), (800, "print", "dark"),
])  # fmt: skip
def test_axe_finds_nothing(browser: Any, file: Path, width: int, media: str, scheme: str, tmp_path: Path) -> None:
    import axe_playwright_python  # type: ignore[import-untyped]

    axe = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=True, color_scheme=scheme)
    asked: list[str] = []
    shown = context.new_page()
    shown.on("request", lambda request: asked.append(request.url))
    shown.emulate_media(media=media, color_scheme=scheme)
    shown.goto(file.as_uri())
    assert [url for url in asked if not url.startswith("file:")] == []
    assert shown.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    shown.evaluate(axe)
    found = shown.evaluate("axe.run()")
    said = [(each["id"], each["nodes"][0]["html"][:120]) for each in found["violations"]]
    assert said == []
    picture = tmp_path / "page.png"
    shown.screenshot(path=str(picture), full_page=True)
    assert picture.stat().st_size > 20_000
    context.close()


PAPER_PX = 688
"""Width of A4 between the margins of the page."""


@pytest.fixture(scope="module")
def plan_page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("paper") / "plan.html"
    path.write_text(PAGES["plan-startup-lora-8xh100"](), encoding="utf-8")
    return path


def test_no_table_and_no_file_is_cut_off_on_paper(browser: Any, file: Path) -> None:
    context = browser.new_context(viewport={"width": PAPER_PX, "height": 900})
    shown = context.new_page()
    shown.emulate_media(media="print")
    shown.goto(file.as_uri())
    wide = (
        "[...document.querySelectorAll('.wide')].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.ariaLabel)"
    )
    tall = "[...document.querySelectorAll('pre')].filter(e => e.scrollHeight > e.clientHeight + 1).length"
    kept = "[...document.querySelectorAll('h2')].filter(e => getComputedStyle(e).breakInside !== 'avoid').length"
    assert (shown.evaluate(wide), shown.evaluate(tall), shown.evaluate(kept)) == ([], 0, 0)
    context.close()


def test_lists_that_are_closed_are_told_on_paper_and_captions_are_small(browser: Any, plan_page_file: Path) -> None:
    context = browser.new_context(viewport={"width": PAPER_PX, "height": 900})
    shown = context.new_page()
    shown.emulate_media(media="print")
    shown.goto(plan_page_file.as_uri())
    size = "name => parseFloat(getComputedStyle(document.querySelector(name)).fontSize)"
    body = shown.evaluate(size, "body")
    assert all(shown.evaluate(size, name) < body for name in ("caption", "figcaption", ".quiet"))
    hidden = "[...document.querySelectorAll('details:not([open]) li')].filter(e => !e.checkVisibility()).length"
    assert shown.evaluate("document.querySelectorAll('details:not([open]) li').length") > 0
    height = "document.querySelector('details:not([open])').getBoundingClientRect().height"
    assert shown.evaluate(hidden) == 0
    assert shown.evaluate(height) > 60
    context.close()


@pytest.mark.parametrize(("width", "most"), [(1280, 8), (400, 20)])
def test_words_of_a_table_are_no_column_of_single_words(
    browser: Any, plan_page_file: Path, width: int, most: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    shown = context.new_page()
    shown.goto(plan_page_file.as_uri())
    narrow = "[...document.querySelectorAll('td.t')].map(e => e.clientWidth).filter(w => w < 150).length"
    assert shown.evaluate(narrow) == 0
    assert shown.evaluate("document.querySelectorAll('td.s').length") > most
    whole = "[...document.querySelectorAll('td.s')].every(e => getComputedStyle(e).whiteSpace === 'nowrap')"
    assert shown.evaluate(whole)
    context.close()
