"""`esimmon plan simulate`: what plans would do, from a file of cases."""

from __future__ import annotations

import io
import json
import signal
import sys
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from monitor.alerts.rehearsing import rehearse
from monitor.commands.options import any_file
from monitor.commands.progress import Progress
from monitor.plans import casefile
from monitor.plans.answers import answer
from monitor.plans.casefile import CaseFileError
from monitor.plans.cases import case_id
from monitor.plans.refusals import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_S: Final = 120.0
"""Of computing for one case; half a million rows of usage take a tenth of it."""
_STDIN: Final = "-"


@click.command("simulate")
@click.argument("file", metavar="FILE", shell_complete=any_file)
def command(file: str) -> int:
    """Compute what plans would do: FILE (- for standard input) holds the cases.

    Nothing of this machine is looked at or changed. A case says what was bought, what
    was moved and noted since, and what is asked. This one, in a file of its own, asks
    what is left of 10 GB on 20 June, after 3 GB and a top-up:

    \b
    {"cases": [{
      "id": "june",
      "config": {"plan": {
        "id": "pk", "tz": "Asia/Karachi",
        "cycle": {"kind": "month", "billing_day": 5},
        "buckets": [{"id": "main", "bytes": "10 GB"}]}},
      "usage": [
        ["2026-06-10T12:00:00Z", "wwan0", "firefox", "3 GB", 0, {}]],
      "ledger": [
        {"id": "t1", "ts": "2026-06-11T00:00:00Z", "kind": "topup",
         "bytes": "1 GB", "validity": {"mode": "own", "days": 30}}],
      "ask": {"what": "status", "at": "2026-06-20T00:00:00Z"}}]}

    A row of usage is: when, interface, program (or null), bytes received, bytes sent,
    and notes: "from" where the bytes took some time to move, "mcc" (country),
    "tethered", "member", "iccid", "awake".

    \b
    Asks: status, forecast, cycle     at
          display                     at, viewer_tz
          boundaries                  from, n
          day_usage                   tz, days
          alerts                      ticks, restart
          counters, clock, parse_size, iccid

    The answers are JSON. A case that cannot be answered has an "error" that says what
    is allowed where, and the exit status is 1; the others are answered all the same.
    A file may have 64 MB and a million cases, and a case take two minutes of computing.

    \b
    esimmon plan simulate june.json
    esimmon plan simulate - < june.json
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    name = "standard input" if file == _STDIN else file
    text = _read(file, name)
    with closing(Progress()) as progress:
        return int(_answer_all(text, name, progress))


def _answer_all(text: str, name: str, progress: Progress) -> bool:
    """Write the answers as they come; whether one of them is an error."""
    count, failed = _checked(text, name, progress), False
    # Python has no standard output at all when the caller closed it.
    stdout = sys.stdout or io.StringIO()
    stdout.write('{"version": 1, "answers": {')
    for number, case in enumerate(casefile.cases_in(text, name)):
        progress.show(f"{number:,} of {count:,} cases")
        try:
            with _bounded():
                written: object = answer(case, rehearse)
        except RefusedError as error:
            written, failed = {"error": str(error)}, True
        stdout.write(",\n" if number else "\n")
        stdout.write(f"{json.dumps(case_id(case))}: {json.dumps(written)}")
    stdout.write("\n}}\n")
    return failed


@contextmanager
def _bounded() -> Iterator[None]:
    """End a case that was made to be computed for ever.

    Yields:
        Nothing.

    Raises:
        RefusedError: its time is over.
    """

    def give_up(*_: object) -> None:
        raise RefusedError(f"needs more than the {MOST_S:.0f} s of computing allowed.")

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _read(file: str, name: str) -> str:
    """The text of a file, if it is not too large.

    Raises:
        CaseFileError: it cannot be read, or is too large, or is no text.
    """
    limit = casefile.LARGEST_BYTES
    if file == _STDIN and sys.stdin is None:
        raise CaseFileError(f"{name}: cannot be read: it is closed.")
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


def _checked(text: str, name: str, progress: Progress) -> int:
    """How many cases there are, before the first answer is written.

    Raises:
        CaseFileError: the file is no case file, or the cases have no ids of their own.
    """
    seen: set[str] = set()
    for number, case in enumerate(casefile.cases_in(text, name)):
        progress.show(f"{number:,} cases read")
        try:
            found = case_id(case)
        except RefusedError as error:
            raise CaseFileError(f"{name}: cases[{number}]: {error}") from error
        if found in seen:
            raise CaseFileError(f"{name}: two cases have the id {json.dumps(found)}.")
        seen.add(found)
    return len(seen)
