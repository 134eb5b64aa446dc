"""The picture of a report as SVG inside a page, drawn by hand: some rectangles."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from monitor.units import format_size
from monitor.views.picture import permille

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.views.picture import Column, Picture

_WIDTH: Final = 900
_HEIGHT: Final = 220
_LEFT: Final = 72
_BOTTOM: Final = 24
_TOP: Final = 8
_WIDEST_MARK: Final = 60
_TENTHS: Final = 10


def graph_of(picture: Picture) -> Iterator[str]:
    """Draw it.

    Args:
        picture: of a report.

    Yields:
        Lines of HTML; none where there is nothing to see.
    """
    if not picture.columns:
        return
    yield "<figure>"
    yield (
        f"<figcaption>{escape(picture.length)} a column: "
        '<span class="key is-down">down</span> <span class="key is-up">up</span>'
        "</figcaption>"
    )
    label = escape(picture.sentence, quote=True)
    yield '<div class="wide" tabindex="0" role="region" aria-label="In time">'
    yield f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">'
    floor = _HEIGHT - _BOTTOM
    for size_bytes, name in picture.ticks:
        y = floor - _high(size_bytes, picture)
        yield f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{y}" y2="{y}"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{name}</text>'
    # In tenths of a unit, since two years of days are more columns than units.
    wide = _TENTHS * (_WIDTH - _LEFT) // len(picture.columns)
    for at, column in enumerate(picture.columns):
        yield from _column(column, picture, _TENTHS * _LEFT + at * wide, wide)
    yield "</svg>"
    yield "</div>"
    yield "</figure>"


def _column(column: Column, picture: Picture, left: int, wide: int) -> Iterator[str]:
    """One column; lengths in tenths of a unit."""
    floor = _HEIGHT - _BOTTOM
    down, both = column.traffic.rx_bytes, column.traffic.bytes
    high_down, high_both = _high(down, picture), _high(both, picture)
    gap = min(20, wide // 5)
    at = f'x="{left / _TENTHS}" width="{(wide - gap) / _TENTHS}"'
    yield (
        f"<g><title>{escape(column.name)}: {format_size(down)} down, "
        f"{format_size(column.traffic.tx_bytes)} up</title>"
    )
    yield (
        f'<rect class="down" {at} y="{floor - high_down}" height="{high_down}"/>'
        f'<rect class="up" {at} y="{floor - high_both}" '
        f'height="{high_both - high_down}"/></g>'
    )
    if column.mark and left <= _TENTHS * (_WIDTH - _WIDEST_MARK):
        mark = escape(column.mark)
        yield f'<text x="{left / _TENTHS}" y="{_HEIGHT - 6}">{mark}</text>'


def _high(size_bytes: int, picture: Picture) -> int:
    room = _HEIGHT - _BOTTOM - _TOP
    return permille(size_bytes, picture.top_bytes) * room // 1000
