"""The database of vnStat 2, read as it is.

What is counted: bytes of each interface as the kernel's counters say, link layer and
all, in tables of 5 minutes, hours, days, months and years; each keeps a time of its
own, and every byte is in all of them. Dates are local times of the machine, or UTC with
`UseUTC 1`. A month is dated by its first day and begins `MonthRotate` - 1 days later.
Source: vnstat.conf(5), and the tables of vnStat 2.10. The file is another program's: it
is opened to read only, and nothing in it is believed that was not looked at.
"""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.errors import StoreError
from monitor.store.connection import connect
from monitor.usage import SLOT_S, Interval, Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import tzinfo
    from pathlib import Path

_TABLES: Final = ("fiveminute", "hour", "day", "month", "year")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d(?::\d\d)?)?")
_NAME: Final = re.compile(r"[^\s/\0]{1,15}")  # the kernel's rule for a device
# Of a table: 20 years of 5 minutes; in memory each takes some 400 bytes.
_MOST_ROWS: Final = 2_000_000
_MOST_INTERFACES: Final = 1000
_OFTEN: Final = 1000
_LONGEST_BYTES: Final = 10_000  # of a row, and of the words that made a table


class Interface(NamedTuple):
    """What vnStat knows of an interface.

    Attributes:
        name: of the device.
        created_s: UTC second from which on it counted.
        updated_s: the same up to which it did.
        tiers: usage by time, in tables from the finest to the coarsest.
    """

    name: str
    created_s: int
    updated_s: int
    tiers: tuple[Mapping[Interval, Traffic], ...]


class _Reading(NamedTuple):
    """A database as it is read.

    Attributes:
        path: the file.
        connection: to it.
        calendar: how its dates are to be read.
        tell: called with each row.
    """

    path: Path
    connection: sqlite3.Connection
    calendar: Calendar
    tell: Callable[[], None]


class Calendar(NamedTuple):
    """How its dates are to be read.

    Attributes:
        zone: whose local times they are.
        month_day: on which day a month begins (`MonthRotate`).
    """

    zone: tzinfo
    month_day: int = 1


def read(
    path: Path, calendar: Calendar, show: Callable[[int, int], None]
) -> list[Interface]:
    """Read a database of vnStat.

    Args:
        path: the file; vnstatd may be writing it.
        calendar: how its dates are to be read.
        show: called now and then with how many rows are read, and of how many.

    Returns:
        In order of their names.

    Raises:
        StoreError: it is none, or cannot be read.
    """
    try:
        with closing(connect(path, "ro")) as connection:
            # It may be damaged, or made to hurt.
            connection.execute("PRAGMA cell_size_check = ON")
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_BYTES)
            connection.execute("BEGIN")
            _insist_on_tables(path, connection)
            counter = _counter(connection, show)
            return _interfaces(_Reading(path, connection, calendar, counter))
    except sqlite3.Error as error:
        # One that the driver found itself has no code, as of text that is none.
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_CANTOPEN:
            raise StoreError(_unopened(path)) from error
        raise StoreError(f"{path}: cannot be read: {error}.") from error


def _unopened(path: Path) -> str:
    try:
        with path.open("rb"):
            return f"{path}: cannot be opened."
    except FileNotFoundError:
        return f"{path}: there is no database of vnStat; name it, if it is elsewhere."
    except PermissionError:
        return f"{path}: no permission; run the command with sudo."
    except OSError as error:
        return f"{path}: {error.strerror}."


def _insist_on_tables(path: Path, connection: sqlite3.Connection) -> None:
    """Raise StoreError unless it is of vnStat 2; a view could be anything.

    So could a virtual table, which is one for the schema.
    """
    plain = "type = 'table' AND sql LIKE 'CREATE TABLE%'"
    rows = connection.execute(f"SELECT name FROM sqlite_schema WHERE {plain}")  # noqa: S608 - ours
    if not {"interface", *_TABLES} <= {name for (name,) in rows}:
        raise StoreError(
            f"{path}: this is no database of vnStat 2 (vnstat.db); one of vnStat 1 is "
            "brought up to date by a start of vnstatd 2.",
            reason="refused",
        )


def _counter(
    connection: sqlite3.Connection, show: Callable[[int, int], None]
) -> Callable[[], None]:
    """Counts rows, and tells of each thousand."""
    rows = 0
    for table in _TABLES:
        wanted = f"SELECT count(*) FROM {table}"  # noqa: S608 - one of ours
        rows += connection.execute(wanted).fetchone()[0]
    numbers = count(1)

    def tell() -> None:
        number = next(numbers)
        if number % _OFTEN == 0:
            show(number, rows)

    return tell


def _interfaces(reading: _Reading) -> list[Interface]:
    path, connection, calendar, _ = reading
    # All of a table at once: that it has an index by interface is not sure either.
    tables = [_table(reading, table) for table in _TABLES]
    found: dict[str, Interface] = {}
    wanted = "SELECT id, name, created, updated FROM interface ORDER BY name LIMIT ?"
    for number, name, *dates in connection.execute(wanted, (_MOST_INTERFACES,)):
        if not (isinstance(name, str) and _NAME.fullmatch(name)) or name in found:
            raise _nonsense(path, "interface", name)
        created_s, updated_s = (
            _utc_s(_local(path, "interface", date), calendar.zone) for date in dates
        )
        tiers = [rows.get(number, {}) for rows in tables]
        if calendar.month_day != 1 and tiers[-2]:
            tiers[-1] = _before(tiers[-1], created_s, min(tiers[-2]).from_s)
        found[name] = Interface(name, created_s, updated_s, tuple(tiers))
    return list(found.values())


def _before(
    years: Mapping[Interval, Traffic], created_s: int, first_s: int
) -> dict[Interval, Traffic]:
    """The years that months do not tell: others begin and end inside of months."""
    return {
        year: traffic
        for year, traffic in years.items()
        if max(year.from_s, created_s) < first_s
    }


def _table(reading: _Reading, table: str) -> dict[object, dict[Interval, Traffic]]:
    """Usage by time, by number of the interface."""
    path, connection, calendar, tell = reading
    wanted = f"SELECT interface, date, rx, tx FROM {table} LIMIT ?"  # noqa: S608 - one of ours
    when = _WHEN[table]
    found: defaultdict[object, dict[Interval, Traffic]] = defaultdict(dict)
    rows = connection.execute(wanted, (_MOST_ROWS + 1,))
    for number, (interface, date, rx, tx) in enumerate(rows):
        tell()
        if number == _MOST_ROWS:
            raise StoreError(
                f"{path}: table {table}: more than {_MOST_ROWS:,} rows; nothing was "
                "imported.",
                reason="refused",
            )
        if not (_is_amount(rx) and _is_amount(tx)):
            raise _nonsense(path, table, (date, rx, tx))
        interval = when(_local(path, table, date), calendar)
        of_one = found[interface]
        of_one[interval] = of_one.get(interval, Traffic()) + Traffic(rx, tx)
    return found


def _is_amount(value: object) -> bool:
    return type(value) is int and value >= 0


def _local(path: Path, table: str, date: object) -> datetime:
    """A date as it is written."""
    if isinstance(date, str) and _DATE.fullmatch(date):
        try:
            local = datetime.fromisoformat(date)
        except ValueError:
            pass
        else:
            # A year from both ends of the calendar is room for every zone and month.
            if 1970 < local.year < 9998:  # noqa: PLR2004 - the reason is above
                return local
    raise _nonsense(path, table, date)


def _nonsense(path: Path, table: str, value: object) -> StoreError:
    return StoreError(
        f"{path}: table {table}: {value!r:.60} makes no sense; nothing was imported.",
        reason="refused",
    )


def _utc_s(local: datetime, zone: tzinfo) -> int:
    """UTC second; of a local time that comes twice the first."""
    return int(local.replace(tzinfo=zone).astimezone(UTC).timestamp())


def _slot(local: datetime, calendar: Calendar) -> Interval:
    start_s = _utc_s(local, calendar.zone)
    return Interval(start_s - start_s % SLOT_S, start_s - start_s % SLOT_S + SLOT_S)


def _between(first: datetime, last: datetime, zone: tzinfo) -> Interval:
    start_s, end_s = _utc_s(first, zone), _utc_s(last, zone)
    return Interval(start_s - start_s % SLOT_S, end_s - end_s % SLOT_S)


def _hour(local: datetime, calendar: Calendar) -> Interval:
    # Where the clock was put back, both hours are in one row.
    first = local.replace(minute=0, second=0)
    hour = _between(first, first + timedelta(hours=1), calendar.zone)
    return Interval(hour.from_s, max(hour.to_s, hour.from_s + SLOT_S))


def _day(local: datetime, calendar: Calendar) -> Interval:
    first = local.replace(hour=0, minute=0, second=0)
    return _between(first, first + timedelta(days=1), calendar.zone)


def _month(local: datetime, calendar: Calendar) -> Interval:
    first = local.replace(day=1, hour=0, minute=0, second=0)
    after = (first + timedelta(days=32)).replace(day=1)
    later = timedelta(days=calendar.month_day - 1)
    return _between(first + later, after + later, calendar.zone)


def _year(local: datetime, calendar: Calendar) -> Interval:
    first = local.replace(month=1, day=1, hour=0, minute=0, second=0)
    after = first.replace(year=first.year + 1)
    return _between(first, after, calendar.zone)


_WHEN: Final[Mapping[str, Callable[[datetime, Calendar], Interval]]] = {
    "fiveminute": _slot,
    "hour": _hour,
    "day": _day,
    "month": _month,
    "year": _year,
}
