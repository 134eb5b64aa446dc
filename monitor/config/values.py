"""Single values of the configuration file: text with a unit, patterns, paths, times.

Names in the file carry no unit because their text does ("10 s", "200 MB"); names in
the program do (`tick_s`, `size_limit_bytes`).
"""

from __future__ import annotations

import re
from datetime import date, datetime
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Final

from monitor.notifiers.quiet import DayTimes
from monitor.units import DURATION_UNITS, parse_duration, parse_size

if TYPE_CHECKING:
    from collections.abc import Callable

UNLIMITED: Final = "unlimited"
_EARLIEST, _LATEST = 2000, 2199
_LAST_PORT = 65_535
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_KINDS = re.compile(r"[a-z_.*?]{1,40}", re.ASCII)
_INSTANT = re.compile(
    _DATE.pattern + r"T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?",
    re.ASCII,
)


class Size(int):
    """Bytes, written in the file as text with a unit."""


class Quota(int):
    """Bytes of a plan; 0 stands for "unlimited"."""


class Duration(int):
    """Seconds, written in the file as text with a unit."""


class Pattern(str):
    """A shell pattern that at least one interface name can match."""

    __slots__ = ()


class NamePattern(str):
    """A shell pattern of names of applications."""

    __slots__ = ()


class NetworkPattern(str):
    """A shell pattern of keys, UUIDs, ICCIDs and SSIDs of networks."""

    __slots__ = ()


class KindPattern(str):
    """A shell pattern of kinds of alerts."""

    __slots__ = ()


class AbsolutePath(str):
    """A path that does not depend on the current directory; may begin with `~/`."""

    __slots__ = ()


class Listen(str):
    """An address and a port to answer at, such as "127.0.0.1:9877"; or nothing."""

    __slots__ = ()


class Instant(str):
    """An instant as ISO 8601; without an offset, a local time of the plan's zone."""

    __slots__ = ()


class Moment(str):
    """A date or an instant as ISO 8601."""

    __slots__ = ()

    @property
    def is_instant(self) -> bool:
        """Whether it has a time of day."""
        return "T" in self


def decode(kind: type, found: object) -> object:
    """Turn a value of the file into one of the types above (msgspec's `dec_hook`).

    Args:
        kind: the type wanted.
        found: what TOML gave.

    Returns:
        The value.

    Raises:
        ValueError: says what is allowed, to be read after "must be".
    """
    return DECODERS[kind](found)


def _decode_size(found: object) -> Size:
    size_bytes = _with_unit(found, parse_size)
    if size_bytes is None:
        raise ValueError('a size with its unit in quotes, such as "200 MB"')
    return Size(size_bytes)


def _decode_quota(found: object) -> Quota:
    if found == UNLIMITED:
        return Quota(0)
    # Nothing is not the same as no limit.
    quota_bytes = _with_unit(found, parse_size)
    if not quota_bytes:
        raise ValueError(f'a size in quotes, such as "10 GB", or "{UNLIMITED}"')
    return Quota(quota_bytes)


def _decode_duration(found: object) -> Duration:
    duration_s = _with_unit(found, parse_duration)
    if duration_s is None:
        what = f"a time in {DURATION_UNITS}"
        raise ValueError(f'{what} with its unit in quotes, such as "30 days"')
    return Duration(duration_s)


def _with_unit(found: object, parse: Callable[[str], int | None]) -> int | None:
    # A bare number would be a size without its unit: always a misreading.
    return parse(found) if isinstance(found, str) and not found.isdigit() else None


def _decode_pattern(found: object) -> Pattern:
    if not isinstance(found, str) or not found:
        raise ValueError('the name of an interface or a shell pattern, such as "wwan*"')
    if "/" in found or not found.isprintable() or " " in found:
        raise ValueError("a pattern without blanks and slashes: no interface has them")
    return Pattern(found)


def _decode_name_pattern(found: object) -> NamePattern:
    if not isinstance(found, str) or not found.strip() or not found.isprintable():
        raise ValueError(
            'the name of an application or a shell pattern, such as "apt*"'
        )
    return NamePattern(found)


def _decode_network_pattern(found: object) -> NetworkPattern:
    if not isinstance(found, str) or not found.strip() or not found.isprintable():
        raise ValueError(
            "the name of a Wi-Fi network, a UUID, an ICCID or a shell pattern, such "
            'as "Hotel*"'
        )
    return NetworkPattern(found)


def _decode_kind_pattern(found: object) -> KindPattern:
    if not isinstance(found, str) or not _KINDS.fullmatch(found):
        raise ValueError('a kind of alert or a shell pattern, such as "data.*"')
    return KindPattern(found)


def _decode_day_times(found: object) -> DayTimes:
    times = DayTimes.read(found)
    if times is None:
        raise ValueError('two different local times, such as "22:00-07:00", or ""')
    return times


def _decode_path(found: object) -> AbsolutePath:
    if found == "":
        return AbsolutePath()
    if not isinstance(found, str) or not found.startswith(("/", "~/")):
        raise ValueError('a path in quotes that begins with / or ~/, or ""')
    if "\0" in found or found.endswith("/"):
        raise ValueError("the path of a file")
    return AbsolutePath(found)


def _decode_listen(found: object) -> Listen:
    if found == "":
        return Listen()
    host, _, port = found.rpartition(":") if isinstance(found, str) else ("", "", "")
    is_port = port.isascii() and port.isdecimal() and 0 < int(port) <= _LAST_PORT
    if not (is_port and _is_address(host)):
        raise ValueError('an IP address and a port, such as "127.0.0.1:9877", or ""')
    return Listen(str(found))


def _is_address(host: str) -> bool:
    """Whether it is one as an URL has it: IPv6 in brackets."""
    kind = IPv6Address if host.startswith("[") and host.endswith("]") else IPv4Address
    try:
        kind(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def _decode_instant(found: object) -> Instant:
    text = as_moment(found)
    if text is None or "T" not in text:
        raise ValueError('an instant, such as "2026-11-20T10:00:00+05:00"')
    return Instant(text)


def _decode_moment(found: object) -> Moment:
    text = as_moment(found)
    if text is None:
        raise ValueError(
            'a date, such as "2026-11-20", or an instant, such as '
            '"2026-11-20T10:00:00+05:00"'
        )
    return Moment(text)


def as_moment(found: object) -> str | None:
    """ISO 8601 text of what TOML has as text or as a date of its own.

    Args:
        found: what TOML gave.

    Returns:
        A date or an instant in upper case; None for anything else.
    """
    text = found.isoformat() if isinstance(found, date) else found
    if not isinstance(text, str):
        return None
    text = text.strip().upper()
    if text[10:11] == " ":  # as TOML and people write it
        text = f"{text[:10]}T{text[11:]}"
    try:
        if _DATE.fullmatch(text):
            year = date.fromisoformat(text).year
        elif _INSTANT.fullmatch(text):
            year = datetime.fromisoformat(text).year
        else:
            return None
    except ValueError:  # 30 February
        return None
    return text if _EARLIEST <= year <= _LATEST else None


DECODERS: Final[dict[type, Callable[[object], object]]] = {
    Size: _decode_size,
    Quota: _decode_quota,
    Duration: _decode_duration,
    Pattern: _decode_pattern,
    NamePattern: _decode_name_pattern,
    NetworkPattern: _decode_network_pattern,
    KindPattern: _decode_kind_pattern,
    DayTimes: _decode_day_times,
    AbsolutePath: _decode_path,
    Listen: _decode_listen,
    Instant: _decode_instant,
    Moment: _decode_moment,
}
"""How each of these is read; see `monitor.config.decoding`."""
