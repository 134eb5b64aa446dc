"""What pictures are drawn from, and the one that Matplotlib draws."""

from __future__ import annotations

import builtins
import io
import sys
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from monitor.errors import OutputError
from monitor.usage import Interval
from monitor.views.as_png import as_png
from monitor.views.picture import picture_of
from monitor.views.subjects import Part, Records
from tests.unit.views.records import DAY, bill, report, share, traffic

if TYPE_CHECKING:
    from monitor.views.report import Report

DOWN, UP, WHITE = (11, 107, 203), (180, 83, 9), (255, 255, 255)
HOSTILE = "$\\frac{1}{0}$ <b>_{\x1b[31m\U0001f600" + b"\xff".decode(
    "utf-8", "surrogateescape"
)


def _hours(*amounts: int) -> list[Part]:
    return [
        Part(
            Interval(DAY.from_s + at * 3600, DAY.from_s + (at + 1) * 3600),
            [bill(traffic(rx_bytes, rx_bytes // 3))],
        )
        for at, rx_bytes in enumerate(amounts)
    ]


def _records(*amounts: int, name: str = "firefox") -> Records:
    bills = [bill(traffic(sum(amounts), sum(each // 3 for each in amounts)))]
    rows = [share(name, traffic(sum(amounts) // 2)), share("apt", traffic(1000, 9000))]
    return Records(bills, rows, parts=_hours(*amounts), slice_s=3600)


def test_a_picture_has_a_column_for_each_part_with_round_lines_behind() -> None:
    picture = picture_of(report(_records(3_000_000, 0, 9_000_000)))
    assert [column.traffic.rx_bytes for column in picture.columns] == [
        3_000_000,
        0,
        9_000_000,
    ]
    assert [name for _, name in picture.ticks] == [
        "0 B",
        "5.00 MB",
        "10.0 MB",
        "15.0 MB",
    ]
    assert picture.sentence == (
        "3 columns of 1 h each, from 11 Jun 2025 00:00; the most is 12.0 MB, "
        "11 Jun 2025 02:00."
    )
    assert [column.mark for column in picture.columns] == ["00:00", "01:00", "02:00"]


def test_where_nothing_was_moved_there_is_no_picture() -> None:
    assert picture_of(report(_records(0, 0))).columns == ()
    assert picture_of(report(Records([]))).columns == ()


@given(st.integers(1, 2**63))
def test_the_top_line_is_not_below_the_largest_column(size_bytes: int) -> None:
    records = Records([bill(traffic(size_bytes))], parts=_hours(size_bytes))
    picture = picture_of(report(records, by="hour"))
    assert picture.top_bytes >= size_bytes + size_bytes // 3
    assert 2 <= len(picture.ticks) <= 6


def _drawn(made: Report) -> Image.Image:
    image = Image.open(io.BytesIO(as_png(made)))
    assert image.format == "PNG"
    return image.convert("RGB")


def _colours(image: Image.Image) -> Counter[Any]:
    found = image.getcolors(image.width * image.height)
    return Counter({colour: count for count, colour in found or ()})


def test_a_plot_has_size_and_colours_and_is_mostly_paper() -> None:
    image = _drawn(report(_records(*range(1_000_000, 25_000_000, 1_000_000))))
    assert image.width == 1200
    assert 400 < image.height < 1300
    colours = _colours(image)
    pixels = image.width * image.height
    assert colours[WHITE] > pixels // 2
    assert colours[DOWN] > pixels // 50
    assert colours[UP] > pixels // 200


def test_twice_as_much_is_twice_as_high() -> None:
    image = _drawn(report(_records(4_000_000, 8_000_000), by="hour"))
    down = [
        sum(image.getpixel((x, y)) == DOWN for y in range(image.height))
        for x in range(image.width)
    ]
    heights = Counter(height for height in down if height > 20)
    (first, _), (second, _) = heights.most_common(2)
    low, high = sorted((first, second))
    assert high == pytest.approx(2 * low, abs=3)


def test_a_name_is_no_formula_and_no_markup() -> None:
    assert _drawn(report(_records(1_000_000, name=HOSTILE))).width == 1200


def test_without_traffic_a_plot_says_so_in_words() -> None:
    image = _drawn(report(Records([]), recorded=None))
    colours = _colours(image)
    assert not colours[DOWN]
    assert len(colours) > 5


def test_without_the_library_the_line_to_type_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = builtins.__import__

    def refuse(name: str, *arguments: Any) -> Any:  # noqa: ANN401 - as the real one
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(OutputError, match="pip install matplotlib") as caught:
        as_png(report(_records(1000)))
    assert sys.executable in str(caught.value)


def test_many_lines_are_the_largest_and_a_number() -> None:
    rows = [share(f"app-{at:02}", traffic(1000 * (at + 1))) for at in range(40)]
    records = Records([bill(traffic(820_000))], rows, parts=_hours(1000), slice_s=3600)
    many = _drawn(report(records))
    few = _drawn(report(replace(records, explanation=rows[-3:])))
    assert few.height < many.height < 1400
