"""`esimmon export`: everything that was counted, for other programs."""

from __future__ import annotations

import sys
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from monitor import clock
from monitor.commands.options import any_file, with_setup
from monitor.commands.progress import Progress
from monitor.errors import UsageError
from monitor.store import archive, backup, files, history
from monitor.store.engine import open_store
from monitor.store.exporting import Detail, exported
from monitor.store.faults import explained_file
from monitor.store.tierqueries import LONGEST_DAY_S
from monitor.usage import Interval
from monitor.views import exports
from monitor.views.periods import find_zone, parse_either

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from monitor.commands.options import Setup
    from monitor.store.engine import Store

_MODE: Final = 0o600
_SQLITE: Final = "sqlite"


@click.command("export")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(("json", "csv", _SQLITE)),
    default="json",
    show_default=True,
    help="sqlite: a copy of the database.",
)
@click.option(
    "--period", metavar="PERIOD", help="As of esimmon report. Default: everything."
)
@click.option("--since", metavar="X", help='From X up to now, such as "2h" or a date.')
@click.option(
    "--detail",
    type=click.Choice([each.value for each in Detail]),
    default=Detail.HOUR.value,
    show_default=True,
    help="How finely, as far as that is kept.",
)
@click.option("--tz", metavar="ZONE", help="Days of the period are of this zone.")
@click.option(
    "--output",
    metavar="FILE",
    shell_complete=any_file,
    help="Where to; only you may read it. Default: standard output.",
)
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@with_setup
def command(  # noqa: PLR0913 - one argument an option
    setup: Setup,
    *,
    output_format: str,
    period: str | None,
    since: str | None,
    detail: str,
    tz: str | None,
    output: str | None,
    force: bool,
) -> None:
    """Hand out what was counted, row by row; the rows add up to the bill.

    Each row is of one hour or day (UTC instants), network, interface and program, or
    of bytes without one, with the reason; csv and json have the same columns. What is
    not summed up yet comes in rows of five minutes.

    \b
    esimmon export --format csv --period 2025-05 --output may.csv
    esimmon export --detail day | jq '.rows | length'
    esimmon export --format sqlite --output usage.db
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    path = None if output in (None, "-") else Path(output or "")
    if path is not None and path.exists() and not force:
        raise UsageError(f"{path} is there already: give --force to replace it.")
    wanted = parse_either(period, since, clock.now_s(), find_zone(tz))
    store_path, _ = setup.flushed()
    with (
        open_store(store_path, writable=False) as store,
        closing(Progress(between=path is None)) as progress,
    ):
        if output_format == _SQLITE:
            if path is None or wanted is not None:
                raise UsageError("a copy is of everything, into a file: give --output.")
            progress.step("copying")
            _copy(store, path, progress)
            return
        recorded = history.recorded(store) or Interval(0, 0)
        interval = wanted or Interval(recorded.from_s, recorded.to_s + 1)

        def show(at_s: int) -> None:
            length_s = interval.to_s - interval.from_s
            progress.part("exporting", at_s - interval.from_s, length_s)

        # Days that begin before the first byte, or end after the last, are whole.
        around_s = 0 if wanted else LONGEST_DAY_S
        among = Interval(interval.from_s - around_s, interval.to_s + around_s)
        progress.step("exporting")
        rows = exported(store, among, Detail(detail), show)
        with _opened(path) as stream:
            pieces = (
                exports.as_csv(rows)
                if output_format == "csv"
                else exports.as_json(interval, archive.machine_name(), rows)
            )
            for piece in pieces:
                stream.write(piece)


@contextmanager
def _opened(path: Path | None) -> Iterator[TextIO]:
    """Where to: a file that is there when it is complete, or standard output."""
    if path is None:
        yield sys.stdout
        return
    with (
        explained_file(path, writing=True),
        files.new_file(path, mode=_MODE) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as stream,
    ):
        yield stream


def _copy(store: Store, path: Path, progress: Progress) -> None:
    with (
        explained_file(path, writing=True),
        files.new_file(path, mode=_MODE) as temporary,
    ):
        backup.copy_of(store, temporary, lambda *done: progress.part("copying", *done))
