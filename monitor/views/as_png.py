"""A report as a picture, drawn by Matplotlib: an optional extra, imported only here.

The library's own figure is used, without its `pyplot`, which would look for a screen.
Text is drawn as it is: a name with two dollar signs is no formula.
"""

from __future__ import annotations

import io
import logging
import sys
import warnings
from typing import TYPE_CHECKING, Any, Final

from monitor.errors import OutputError
from monitor.units import format_size
from monitor.views.labels import lines_of
from monitor.views.names import fit, visible
from monitor.views.picture import picture_of, share_text
from monitor.views.sentences import sentences, title

if TYPE_CHECKING:
    from monitor.views.labels import Shown
    from monitor.views.picture import Picture
    from monitor.views.report import Report

_DOTS_PER_INCH: Final = 120
_WIDE: Final = 10.0
_MOST_LINES: Final = 15
_MOST_SENTENCES: Final = 6
_LONGEST: Final = 120
_WIDEST_NAME: Final = 34
_DOWN, _UP, _INK, _SOFT = "#0b6bcb", "#b45309", "#1b1f24", "#57606a"


def as_png(report: Report) -> bytes:
    """Draw a report.

    Args:
        report: what to draw; with slices, or with rows that are parts of the period.

    Returns:
        The file.

    Raises:
        OutputError: the plotting library is not installed.
    """
    Figure = _figure_class()  # noqa: N806 - a class
    lines = [] if report.question.is_in_time else lines_of(report)
    shown = lines[:_MOST_LINES]
    picture = picture_of(report)
    said = list(sentences(report))[:_MOST_SENTENCES]
    heights = [0.5, 3.0, 0.5 + 0.3 * len(shown), 0.3 + 0.2 * len(said)]
    with warnings.catch_warnings():
        # A glyph that no font here has is drawn as a box, and needs no warning.
        warnings.simplefilter("ignore")
        figure = Figure(figsize=(_WIDE, sum(heights)), dpi=_DOTS_PER_INCH)
        areas = figure.subplots(
            4, 1, gridspec_kw={"height_ratios": heights, "hspace": 0.15}
        )
        figure.subplots_adjust(left=0.27 if shown else 0.1, right=0.96)
        figure.subplots_adjust(top=1 - 0.1 / sum(heights), bottom=0.1 / sum(heights))
        _write(areas[0], [visible(title(report))], size=12, weight="bold")
        _in_time(areas[1], picture)
        _lines(areas[2], shown, report, left_out=len(lines) - len(shown))
        _write(areas[3], [visible(each.strip()) for each in said], size=8, color=_SOFT)
        written = io.BytesIO()
        figure.savefig(written, format="png", facecolor="white")
    return written.getvalue()


def _figure_class() -> Any:  # noqa: ANN401 - Matplotlib's
    # It says that it builds its list of fonts, and which family it did not find.
    logging.getLogger("matplotlib").setLevel(logging.CRITICAL)
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - 0.5 s, and an extra
    except ImportError as error:
        raise OutputError(
            "a png needs Matplotlib, which is not installed: "
            f"{sys.executable} -m pip install matplotlib"
        ) from error
    return Figure


def _write(area: Any, lines: list[str], **style: Any) -> None:  # noqa: ANN401 - Matplotlib's
    """Lines of text from the left edge of the picture, below each other."""
    area.axis("off")
    text = "\n".join(fit(line, _LONGEST).rstrip() for line in lines)
    area.figure.text(
        0.02,
        area.get_position().y1,
        text,
        va="top",
        parse_math=False,
        linespacing=1.5,
        **{"color": _INK, **style},
    )


def _in_time(area: Any, picture: Picture) -> None:  # noqa: ANN401 - Matplotlib's
    _plain(area)
    if not picture.columns:
        area.axis("off")
        return
    at = range(len(picture.columns))
    down = [column.traffic.rx_bytes for column in picture.columns]
    up = [column.traffic.tx_bytes for column in picture.columns]
    area.bar(at, down, width=0.8, color=_DOWN, label="down")
    area.bar(at, up, width=0.8, bottom=down, color=_UP, label="up")
    ticks = [size_bytes for size_bytes, _ in picture.ticks]
    area.set_ylim(0, picture.top_bytes)
    area.set_yticks(ticks, [name for _, name in picture.ticks])
    marks = [(n, each.mark) for n, each in enumerate(picture.columns) if each.mark]
    area.set_xticks([n for n, _ in marks], [mark for _, mark in marks])
    area.set_xlim(-0.6, len(picture.columns) - 0.4)
    area.grid(axis="y", color="#d0d7de", linewidth=0.6)
    area.set_axisbelow(True)
    area.legend(
        title=f"{picture.length} a column",
        fontsize=8,
        title_fontsize=8,
        frameon=False,
        ncols=2,
        loc="lower right",
        bbox_to_anchor=(1, 1),
    )


def _lines(area: Any, lines: list[Shown], report: Report, *, left_out: int) -> None:  # noqa: ANN401 - Matplotlib's
    _plain(area)
    if not lines:
        area.axis("off")
        return
    at = range(len(lines))
    down = [max(0, line.traffic.rx_bytes) for line in lines]
    up = [max(0, line.traffic.tx_bytes) for line in lines]
    area.barh(at, down, height=0.6, color=_DOWN)
    area.barh(at, up, height=0.6, left=down, color=_UP)
    largest = max(1, *map(sum, zip(down, up, strict=True)))
    for n, line in enumerate(lines):
        text = f"{format_size(line.traffic.bytes)}  {_share(line, report)}"
        end = max(0, down[n] + up[n])
        area.text(end + largest / 100, n, text, va="center", fontsize=8, color=_SOFT)
    area.set_yticks(at, [fit(each.label[0], _WIDEST_NAME).rstrip() for each in lines])
    for tick in area.yaxis.get_major_ticks():
        tick.label1.set_parse_math(False)
    area.invert_yaxis()
    area.set_xlim(0, largest * 1.25)
    area.set_xticks([])
    area.spines["bottom"].set_visible(False)
    if left_out:
        area.set_xlabel(f"and {left_out} more", fontsize=8, color=_SOFT, loc="left")


def _share(line: Shown, report: Report) -> str:
    return share_text(line.traffic, report.total.l3)


def _plain(area: Any) -> None:  # noqa: ANN401 - Matplotlib's
    for side in ("top", "right", "left"):
        area.spines[side].set_visible(False)
    area.tick_params(labelsize=8, length=0, colors=_INK)
