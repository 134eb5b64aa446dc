"""An export of another machine, read back: what each of its networks moved, and when.

It is read line by line as `exports` writes it, and nothing in it is believed that was
not looked at.
"""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from monitor.errors import EsimmonError
from monitor.store.nesting import Part
from monitor.usage import Interval, Traffic
from monitor.views.exports import KIND, VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import TextIO

    Show = Callable[[int, int], None]

_LONGEST_LINE: Final = 100_000
_MOST_ROWS: Final = 20_000_000
_MOST_BYTES: Final = 1 << 62
_LONGEST_S: Final = 2 * 86_400
_MACHINE: Final = re.compile("[0-9a-f]{64}")
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class Export(NamedTuple):
    """What another machine counted.

    Attributes:
        machine: which one.
        networks: by key, usage by time.
    """

    machine: str
    networks: Mapping[str, Sequence[Part]]


def read_export(path: Path, show: Show) -> Export:
    """Read a file that `esimmon export` wrote as JSON.

    Args:
        path: the file.
        show: called with each row with how many bytes are read, and of how many.

    Raises:
        EsimmonError: it is none, or makes no sense; says where.
    """
    try:
        with path.open(encoding="utf-8", errors="strict") as stream:
            return _read(path, stream, show)
    except OSError as error:
        raise EsimmonError(f"{path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise _foreign(path) from error


def _read(path: Path, stream: TextIO, show: Show) -> Export:
    machine = _head(path, stream.readline(_LONGEST_LINE))
    size_bytes, read_bytes = os.fstat(stream.fileno()).st_size, 0
    sums: defaultdict[str, defaultdict[Interval, Traffic]] = defaultdict(
        lambda: defaultdict(Traffic)
    )
    for number in range(2, _MOST_ROWS):
        line = stream.readline(_LONGEST_LINE).strip()
        read_bytes += len(line) + 1  # what esimmon writes is ASCII
        show(min(read_bytes, size_bytes), size_bytes)
        if line == "]}":
            break
        try:
            row = json.loads(line.removesuffix(","))
            when = Interval(_second(row["from"]), _second(row["to"]))
            network, traffic = row["network"], Traffic(*map(_amount, _bytes(row)))
            _insist(isinstance(network, str) and 0 < len(network) <= len(line))
            _insist(when.from_s <= when.to_s <= when.from_s + _LONGEST_S)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise EsimmonError(
                f"{path}: line {number} is no row of an export; nothing was imported."
            ) from error
        # An instant is a second here, so that it can be divided and compared.
        sums[network][Interval(when.from_s, max(when.to_s, when.from_s + 1))] += traffic
    networks = {
        network: [
            Part(when, moved.clamped())
            for when, moved in sorted(rows.items(), key=_when)
        ]
        for network, rows in sums.items()
    }
    return Export(machine, networks)


def _when(row: tuple[Interval, Traffic]) -> Interval:
    return row[0]


def _head(path: Path, line: str) -> str:
    """Which machine it was."""
    try:
        head = json.loads(f"{line.strip()}]}}")
        _insist(head["kind"] == KIND)
        machine, version = str(head["machine"]), head["version"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _foreign(path) from error
    if version != VERSION:
        raise EsimmonError(f"{path}: a later version of esimmon wrote it; update this.")
    if not _MACHINE.fullmatch(machine):
        raise EsimmonError(f"{path}: it does not say which machine it is from.")
    return machine


def _bytes(row: Mapping[str, Any]) -> list[object]:
    return [
        row[f"{way}_{what}"] for what in ("bytes", "packets") for way in ("rx", "tx")
    ]


def _amount(value: object) -> int:
    _insist(type(value) is int)
    if not isinstance(value, int) or abs(value) > _MOST_BYTES:
        raise ValueError(value)
    return value


def _second(text: object) -> int:
    if not isinstance(text, str) or not _INSTANT.fullmatch(text):
        raise ValueError(text)
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp())


def _insist(condition: bool) -> None:  # noqa: FBT001 - like assert
    if not condition:
        raise ValueError


def _foreign(path: Path) -> EsimmonError:
    return EsimmonError(
        f"{path}: this is no export of esimmon; make one there with: esimmon export "
        "--output FILE"
    )
