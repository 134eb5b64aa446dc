"""A report as a page: whole, harmless, without anything from elsewhere."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.usage import Interval
from monitor.views.as_html import as_html
from monitor.views.question import SUBJECTS
from monitor.views.subjects import Part, Records
from tests.unit.views.records import DAY, bill, process, report, share, traffic

if TYPE_CHECKING:
    from monitor.views.report import Report

NOW_S = DAY.to_s + 60
HOSTILE = "<script>alert(1)</script>&\"'\x1b[31m\u202e" + b"\xff".decode(
    "utf-8", "surrogateescape"
)
_VOID = {"meta", "line", "rect"}


class Page(HTMLParser):
    """What a browser would see: elements, in balance, and their text."""

    def __init__(self, text: str) -> None:
        """Read it all."""
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """It begins."""
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """It is all of itself."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """It ends, and is the one that was open."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Text in what is open."""
        if data.strip():
            self.texts.append((self.open[-1] if self.open else "", data))

    def of(self, tag: str) -> list[str]:
        """The texts directly in elements of a name."""
        return [data for where, data in self.texts if where == tag]


def _records(name: str = "firefox") -> Records:
    hours = [
        Part(
            Interval(DAY.from_s + at * 3600, DAY.from_s + (at + 1) * 3600),
            [bill(traffic(1000 * (at + 1), 100))],
        )
        for at in range(24)
    ]
    whole = bill(traffic(300_000, 2400))
    rows = [share(name, traffic(200_000, 2000)), share(None, traffic(5000), kind="gap")]
    paid = [Part(DAY, [whole], rows)]
    processes = [process(name, 7, traffic(190_000))]
    return Records([whole], rows, processes, hours, paid, slice_s=3600)


def _page(made: Report) -> Page:
    text = as_html(made, NOW_S)
    text.encode()  # no lone surrogate is left
    page = Page(text)
    assert page.open == []
    return page


@pytest.mark.parametrize("by", SUBJECTS)
def test_every_report_is_a_page_with_a_picture_and_a_table(by: str) -> None:
    page = _page(report(_records(), by=by))
    tags = [tag for tag, _ in page.tags]
    assert {"title", "h1", "svg", "caption", "thead", "tbody", "tfoot"} <= {*tags}
    assert page.of("caption") == [f"By {by}"]
    scopes = [attrs.get("scope") for tag, attrs in page.tags if tag == "th"]
    assert set(scopes) == {"col", "row"}
    assert tags.count("rect") == 48


def test_the_numbers_are_those_of_the_text() -> None:
    page = _page(report(_records()))
    assert page.of("dd") == ["302 kB", "300 kB", "2.40 kB", "68.5 %"]
    assert page.of("th")[-4:] == ["firefox", "(unattributed)", "(gap)", "total"]
    assert "coverage 68.5 %: 95.4 kB without a known owner" in page.of("p")
    assert "24 columns of 1 h each" in as_html(report(_records()), NOW_S)


def test_nothing_is_asked_of_anybody() -> None:
    text = as_html(report(_records()), NOW_S)
    page = Page(text)
    assert "default-src 'none'" in text
    for forbidden in ("script", "link", "img", "iframe", "object", "a", "form"):
        assert forbidden not in [tag for tag, _ in page.tags]
    names = {name for _, attrs in page.tags for name in attrs}
    assert not names & {"src", "href", "srcset", "action", "xlink:href", "background"}
    assert not [name for name in names if name.startswith("on")]
    for word in ("http:", "https:", "url(", "@import", "//"):
        assert word not in text


@given(st.text(st.characters()), st.text(st.characters()))
def test_no_name_is_taken_for_html(name: str, device: str) -> None:
    records = Records(
        [bill(traffic(5000), name="w" + device)],
        [share(name or "x", traffic(5000), name="w" + device)],
    )
    page = _page(report(records))
    plain = Page(as_html(report(Records([bill(traffic(5000))])), NOW_S))
    assert {tag for tag, _ in page.tags} <= {tag for tag, _ in plain.tags} | {"tr"}


def test_a_hostile_name_is_shown_and_nothing_more() -> None:
    page = _page(report(_records(HOSTILE)))
    assert "<script>alert(1)</script>&\"'\\x1b[31m\\u202e\\xff" in page.of("th")


def test_rows_stand_beside_what_they_were() -> None:
    old = Records([bill(traffic(150_000))], [share("firefox", traffic(101_000))])
    before = Interval(DAY.from_s - 86_400, DAY.from_s)
    page = _page(report(_records(), before=before, old=old, compare=True))
    assert ("th", "change") in page.texts
    assert "+100 %" in page.of("td")
    assert "+102 %" in page.of("dd")


def test_without_traffic_there_is_a_sentence_and_no_table() -> None:
    page = _page(report(Records([]), recorded=None))
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"svg", "table"}
    assert "Nothing is recorded yet. Start counting with: esimmon run" in page.of("p")


def test_what_is_shown_of_some_programs_says_which_part_it_is() -> None:
    page = _page(report(_records(), applications=("fire*",)))
    assert ("dt", "Of everything") in page.texts
    assert "66.8 %" in page.of("dd")


def test_parts_that_were_not_moved_in_are_columns_of_no_height() -> None:
    records = _records()
    empty = [*records.parts[:1], Part(records.parts[1].interval, [])]
    page = _page(report(replace(records, parts=empty)))
    heights = [attrs["height"] for tag, attrs in page.tags if tag == "rect"]
    assert heights[2:] == ["0", "0"]
