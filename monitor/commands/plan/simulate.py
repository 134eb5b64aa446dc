"""`esimmon plan simulate`: what plans would do, from a file of cases."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Final

import click

from monitor.plans import casefile
from monitor.plans.answers import answer
from monitor.plans.casefile import CaseFileError
from monitor.plans.cases import case_id
from monitor.plans.refusals import RefusedError

_QUIET_S: Final = 2.0
_STDIN: Final = "-"


@click.command("simulate")
@click.argument("file", metavar="FILE")
def command(file: str) -> int:
    """Compute what plans would do: FILE (- for standard input) holds the cases.

    \b
    esimmon plan simulate cases.json
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    name = "standard input" if file == _STDIN else file
    text = _read(file, name)
    count = _checked(text, name)
    progress = _Progress(count)
    failed = False
    stdout = sys.stdout
    stdout.write('{"version": 1, "answers": {')
    for number, case in enumerate(casefile.cases_in(text, name)):
        progress.show(number)
        try:
            written: object = answer(case)
        except RefusedError as error:
            written, failed = {"error": str(error)}, True
        stdout.write(",\n" if number else "\n")
        stdout.write(f"{json.dumps(case_id(case))}: {json.dumps(written)}")
    stdout.write("\n}}\n")
    progress.end()
    return int(failed)


def _read(file: str, name: str) -> str:
    """The text of a file, if it is not too large.

    Raises:
        CaseFileError: it cannot be read, or is too large, or is no text.
    """
    limit = casefile.LARGEST_BYTES
    try:
        if file == _STDIN:
            content = sys.stdin.buffer.read(limit + 1)
        else:
            with Path(file).open("rb") as stream:
                content = stream.read(limit + 1)
    except (OSError, ValueError) as error:  # a name with a NUL in it
        reason = getattr(error, "strerror", None) or error
        raise CaseFileError(f"{name}: cannot be read: {reason}.") from error
    if len(content) > limit:
        raise CaseFileError(
            f"{name}: too large, at most {limit // 10**6} MB are read. Split it."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CaseFileError(f"{name}: not UTF-8 at byte {error.start}.") from error
    casefile.refuse_large(text, name)
    return text


def _checked(text: str, name: str) -> int:
    """How many cases there are, before the first answer is written.

    Raises:
        CaseFileError: the file is no case file, or the cases have no ids of their own.
    """
    seen: set[str] = set()
    for number, case in enumerate(casefile.cases_in(text, name)):
        try:
            found = case_id(case)
        except RefusedError as error:
            raise CaseFileError(f"{name}: cases[{number}]: {error}") from error
        if found in seen:
            raise CaseFileError(f"{name}: two cases have the id {json.dumps(found)}.")
        seen.add(found)
    return len(seen)


class _Progress:
    """A line on standard error for whoever waits longer than two seconds."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._next_s = time.monotonic() + _QUIET_S
        self._stream = sys.stderr if sys.stderr.isatty() else None
        self._shown = False

    def show(self, done: int) -> None:
        """Say how far it is, at most every two seconds."""
        if self._stream is None or time.monotonic() < self._next_s:
            return
        self._next_s = time.monotonic() + _QUIET_S
        self._shown = True
        self._stream.write(f"\r{done:,} of {self._count:,} cases\x1b[K")
        self._stream.flush()

    def end(self) -> None:
        """Leave the line as it was."""
        if self._shown and self._stream is not None:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
