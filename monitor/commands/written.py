"""Where a report goes: to the terminal, a pipe or a file, in one of its forms."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from monitor import clock
from monitor.commands.asked import REMOTE
from monitor.errors import OutputError, UsageError
from monitor.views.report import read_report
from monitor.views.table import terminal_layout
from monitor.views.text import SLICES, as_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.store.engine import Store
    from monitor.views.question import Question
    from monitor.views.report import Report
    from monitor.views.table import Layout

_PICTURES = ("html", "png")
_PICTURE_SLICES = 62
"""Bars of a graph: a month by day, two hours by two minutes."""

_SLICES: Final = {"text": SLICES, **dict.fromkeys(_PICTURES, _PICTURE_SLICES)}

output_option = click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write there, not to the terminal.",
)


@dataclass(frozen=True, slots=True)
class Target:
    """One form of a report, and where it goes.

    Attributes:
        output_format: `text`, `json`, `csv`, `html` or `png`.
        output: a file; None for standard output.
    """

    output_format: str
    output: Path | None

    def show(self, store: Store, question: Question) -> None:
        """Write the answer to a question.

        Args:
            store: open for reading.
            question: what is wanted.

        Raises:
            StoreError: the database cannot be read.
            OutputError: the file cannot be written.
            UsageError: the form cannot show these rows.
        """
        content = self._content(store, question)
        if self.output is not None:
            _save(self.output, content)
        elif isinstance(content, bytes):
            if sys.stdout is not None:  # what Python has where the caller closed it
                sys.stdout.buffer.write(content)
        else:
            # Named, because click takes ASCII for a mistake and writes UTF-8 instead.
            click.echo(content, file=sys.stdout)

    def _content(self, store: Store, question: Question) -> str | bytes:
        layout = self._layout()
        if question.by == REMOTE:
            return _remotes(store, question, self.output_format, layout)
        if not question.is_in_time:
            slices = _SLICES.get(self.output_format, 0)
            question = replace(question, slices=slices)
        report = read_report(store, question)
        if self.output_format == "text":
            return as_text(report, layout)
        return _WRITERS[self.output_format](report)

    def _layout(self) -> Layout:
        if self.output is None:
            return terminal_layout(sys.stdout, os.environ)
        return replace(terminal_layout(None, os.environ), width=80)


def write(output_format: str, output: Path | None) -> Target:
    """Find out whether a report can be written.

    Args:
        output_format: what `--format` said.
        output: what `--output` said.

    Returns:
        Where it goes.

    Raises:
        UsageError: it would be a picture on a terminal.
    """
    if output_format == "png" and output is None and sys.stdout and sys.stdout.isatty():
        raise UsageError(
            "a png is no text for a terminal. Name a file: --output report.png"
        )
    return Target(output_format, output)


def _json(report: Report) -> str:
    from monitor.views.as_json import as_json  # noqa: PLC0415 - only for it

    return as_json(report)


def _csv(report: Report) -> str:
    from monitor.views.as_csv import as_csv  # noqa: PLC0415 - only for it

    return as_csv(report)


def _html(report: Report) -> str:
    from monitor.views.as_html import as_html  # noqa: PLC0415 - only for it

    return as_html(report, clock.now_s())


def _png(report: Report) -> bytes:
    from monitor.views.as_png import as_png  # noqa: PLC0415 - the plotting library

    return as_png(report)


_WRITERS: Final[dict[str, Callable[[Report], str | bytes]]] = {
    "json": _json,
    "csv": _csv,
    "html": _html,
    "png": _png,
}


def _remotes(
    store: Store, question: Question, output_format: str, layout: Layout
) -> str:
    if output_format in _PICTURES:
        raise UsageError(f"--by {REMOTE} is text, json or csv.")
    from monitor.views.remotes import read_remotes  # noqa: PLC0415 - only for these

    now_s = clock.now_s()
    return read_remotes(store, question, now_s).written(output_format, layout)


def _save(path: Path, content: str | bytes) -> None:
    if isinstance(content, str):
        content = f"{content}\n".encode()
    try:
        path.write_bytes(content)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror}. Name another file."
        ) from error
