"""A report as a page in a real browser: shown, asked of nobody, usable by everybody."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Literal

import pytest
from PIL import Image

from monitor.cli import main
from tests.browser import DESKTOP, PHONE, accessibility_faults, blank_page, chromium
from tests.unit.commands.stores import HOSTILE, make_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.needs("chromium")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One for all tests here."""
    with chromium(tmp_path_factory.mktemp("home")) as started:
        yield started


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Reports of two hours, with a program of a hostile name."""
    folder = tmp_path_factory.mktemp("pages")
    store = make_store(folder / "usage.db")
    found = {}
    for by in ("application", "hour", "process"):
        found[by] = folder / f"{by}.html"
        asked = ["--by", by, "--period", "2025-06-11", "--tz", "UTC"]
        form = ["--format", "html", "--output", str(found[by])]
        assert main(["report", "--store", str(store), *asked, *form]) == 0
    return found


@pytest.mark.parametrize("by", ["application", "hour", "process"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_is_shown_whole_and_asks_for_nothing(
    browser: Browser,
    pages: dict[str, Path],
    by: str,
    size: tuple[int, int],
    scheme: Literal["light", "dark"],
) -> None:
    address = pages[by].as_uri()
    with blank_page(browser, size, scheme) as (page, witness):
        page.goto(address)
        assert witness.requests == [address]
        assert witness.complaints == []
        assert accessibility_faults(page) == []
        # Nothing but tables and pictures is wider than the window.
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        seen = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    colours = {colour for _, colour in seen.getcolors(seen.width * seen.height) or ()}
    paper = (255, 255, 255) if scheme == "light" else (20, 24, 29)
    down = (11, 107, 203) if scheme == "light" else (88, 166, 255)
    assert {paper, down} <= colours


def test_what_is_read_is_what_was_counted(
    browser: Browser, pages: dict[str, Path]
) -> None:
    with blank_page(browser) as (page, _):
        page.goto(pages["application"].as_uri())
        names = page.locator("tbody th").all_inner_texts()
        assert names[0] == "firefox"
        assert page.locator("tfoot td").all_inner_texts()[:3] == [
            "240 kB",
            "48.0 kB",
            "100.0 %",
        ]
        bars = [box["width"] for box in _boxes(page.locator("tbody .bar i"))]
        assert bars[0] == max(bars) > 0
        columns = page.locator("svg rect.down")
        assert columns.count() == 4  # of half an hour
        assert {round(box["height"]) for box in _boxes(columns)} != {0}
        assert page.get_by_role("img").get_attribute("aria-label")
        shown = " ".join(names)
        assert "ev\\x1b[31mil\\n\\u202e\\xff" in shown
        assert HOSTILE not in shown


def test_on_paper_it_is_dark_on_white(browser: Browser, pages: dict[str, Path]) -> None:
    with blank_page(browser, DESKTOP, "dark") as (page, _):
        page.goto(pages["application"].as_uri())
        page.emulate_media(media="print", color_scheme="dark")
        colours = page.evaluate(
            "[getComputedStyle(document.body).backgroundColor, "
            "getComputedStyle(document.body).color]"
        )
        assert colours == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
        assert page.pdf().startswith(b"%PDF")


def _boxes(locator: object) -> list[dict[str, float]]:
    found: list[dict[str, float]] = locator.evaluate_all(  # type: ignore[attr-defined]  # a Locator
        "all => all.map(each => each.getBoundingClientRect().toJSON())"
    )
    return found
