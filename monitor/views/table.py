"""A table for a terminal: aligned by display width, bars where there is room.

Own code because `rich` would add its import to every report (measured: a sixth of the
whole command) for what is eighty lines here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.views.names import columns, fit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

_GAP = "  "
_DEFAULT_WIDTH = 80
_LEAST_WIDTH = 40
_NARROWEST = 8
_WIDEST_BAR = 20
_EIGHTHS = " ▏▎▍▌▋▊▉"
_HEIGHTS = " ▁▂▃▄▅▆▇█"
_ASCII_HEIGHTS = " .:-=+*#@"
_BOLD, _DIM, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Layout:
    """What the terminal can show.

    Attributes:
        width: columns of a line.
        has_unicode: whether blocks and ellipses can be shown.
        has_colour: whether escape sequences for emphasis are wanted.
    """

    width: int = 80
    has_unicode: bool = True
    has_colour: bool = False

    @property
    def ellipsis(self) -> str:
        """Stands for what was cut off."""
        return "…" if self.has_unicode else "..."

    def bold(self, text: str) -> str:
        """Emphasise, where that can be seen."""
        return f"{_BOLD}{text}{_PLAIN}" if self.has_colour else text

    def dim(self, text: str) -> str:
        """Play down, where that can be seen."""
        return f"{_DIM}{text}{_PLAIN}" if self.has_colour else text


def terminal_layout(stream: TextIO | None, environ: Mapping[str, str]) -> Layout:
    """Find out what the reader of a stream can see.

    Args:
        stream: where the text will be written; None where nobody reads it.
        environ: the environment (`COLUMNS`, `LC_ALL`, `NO_COLOR`, `TERM`).

    Returns:
        80 columns unless it is a terminal or `COLUMNS` says otherwise; colour only on
        a terminal, and not with `NO_COLOR` (https://no-color.org); plain ASCII where
        the locale or `TERM=dumb` asks for it.
    """
    if stream is None:  # what Python has for an output that the caller closed
        return Layout()
    is_terminal = stream.isatty()
    width = _DEFAULT_WIDTH
    if environ.get("COLUMNS", "").isdecimal():
        width = int(environ["COLUMNS"])
    elif is_terminal:
        width = os.get_terminal_size(stream.fileno()).columns
    wants_colour = not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
    is_utf8 = _is_utf8(stream.encoding or "ascii") and _is_utf8(environ.get("LC_ALL"))
    return Layout(
        # A terminal that does not know its size says 0.
        width=max(width or _DEFAULT_WIDTH, _LEAST_WIDTH),
        has_unicode=is_utf8 and environ.get("TERM") != "dumb",
        has_colour=is_terminal and wants_colour,
    )


def _is_utf8(name: str | None) -> bool:
    """Whether an encoding, or a locale that is asked for, is UTF-8."""
    # Python writes UTF-8 under LC_ALL=C as well (PEP 540); a terminal may not read it.
    return not name or "utf8" in name.lower().replace("-", "")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table.

    Attributes:
        cells: one text for each column, printable.
        share: length of its bar in thousandths; None for no bar.
        is_dim: played down.
        tail: what stands in place of its bar, if it fits.
    """

    cells: tuple[str, ...]
    share: int | None = None
    is_dim: bool = False
    tail: str = ""


def table(
    header: Sequence[str], lines: Sequence[Line], layout: Layout, texts: int = 1
) -> list[str]:
    """Align lines below a header.

    Args:
        header: one word for each column.
        lines: with as many cells.
        layout: what the terminal can show.
        texts: how many leading columns are text and shrink where the terminal is
            narrow, the widest first; the others are numbers, aligned right.

    Returns:
        Lines that fit the width, without trailing blanks.
    """
    everything = [tuple(header), *(line.cells for line in lines)]
    widths = [
        max(columns(cells[at]) for cells in everything) for at in range(len(header))
    ]
    room = layout.width - len(_GAP) * (len(widths) - 1) - sum(widths[texts:])
    widths[:texts] = _narrowed(widths[:texts], room)
    bar_width = min(_WIDEST_BAR, room - sum(widths[:texts]) - len(_GAP))
    shown = [layout.bold(_aligned(header, widths, texts, layout))]
    for line in lines:
        text = _aligned(line.cells, widths, texts, layout)
        if line.share is not None and bar_width >= _NARROWEST:
            text = f"{text}{_GAP}{bar(line.share, bar_width, layout)}".rstrip()
        elif line.tail and columns(line.tail) <= room - sum(widths[:texts]) - len(_GAP):
            text = f"{text}{_GAP}{line.tail}"
        shown.append(layout.dim(text) if line.is_dim else text)
    return shown


def _narrowed(widths: Sequence[int], room: int) -> list[int]:
    """Take columns from the widest text until all fit, or none can give any more."""
    narrowed = list(widths)
    while sum(narrowed) > room and max(narrowed) > _NARROWEST:
        narrowed[narrowed.index(max(narrowed))] -= 1
    return narrowed


def bar(permille: int, width: int, layout: Layout) -> str:
    """Draw a share.

    Args:
        permille: 0 to 1,000 of the width; what is beyond is cut.
        width: columns of the whole.
        layout: whether blocks can be shown.

    Returns:
        At most that many columns; empty for nothing.
    """
    eighths = min(max(permille, 0), 1000) * width * 8 // 1000
    if not layout.has_unicode:
        return "#" * (eighths // 8)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def sparkline(amounts: Sequence[int], layout: Layout) -> str:
    """Draw amounts beside each other, each a column.

    Args:
        amounts: not negative; the largest is as high as it gets.
        layout: whether blocks can be shown.

    Returns:
        As many columns; what is not nothing is seen. Empty where all are nothing.
    """
    largest = max(amounts, default=0)
    if largest <= 0:
        return ""
    heights = _HEIGHTS if layout.has_unicode else _ASCII_HEIGHTS
    most = len(heights) - 1
    return "".join(
        heights[min(most, -(-max(0, each) * most // largest))] for each in amounts
    ).rstrip()


def _aligned(
    cells: Sequence[str], widths: Sequence[int], texts: int, layout: Layout
) -> str:
    parts = []
    for at, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        if at < texts:
            parts.append(fit(cell, width, layout.ellipsis))
        else:
            parts.append(" " * (width - columns(cell)) + cell)
    return _GAP.join(parts).rstrip()
