"""What can be set, with its defaults and limits.

Names in the file carry no unit because their text does ("10 s", "200 MB"); names in
the program do (`tick_s`, `size_limit_bytes`).
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

from monitor.units import (
    DURATION_UNITS,
    exact_duration,
    exact_size,
    parse_duration,
    parse_size,
)

_MINUTE_S = 60
_DAY_S = 86_400
_MB = 1_000_000


class Size(int):
    """Bytes, written in the file as text with a unit."""

    example: Final = "200 MB"


class Duration(int):
    """Seconds, written in the file as text with a unit."""

    example: Final = "30 days"


class Pattern(str):
    """A shell pattern that at least one interface name can match."""

    __slots__ = ()


class AbsolutePath(str):
    """A path that does not depend on the current directory; may begin with `~/`."""

    __slots__ = ()


class Interfaces(Struct, frozen=True, forbid_unknown_fields=True):
    """Which interfaces are billed, and which of them cost.

    Attributes:
        include: billed although the guess leaves them out.
        exclude: never billed; wins over `include`.
        metered: their bytes cost, whatever NetworkManager says.
        unmetered: their bytes do not cost.
    """

    include: tuple[Pattern, ...] = ()
    exclude: tuple[Pattern, ...] = ()
    metered: tuple[Pattern, ...] = ()
    unmetered: tuple[Pattern, ...] = ()


class Store(Struct, frozen=True, forbid_unknown_fields=True):
    """The database.

    Attributes:
        path: empty for the usual place.
        size_limit_bytes: beyond it the oldest details go first.
        backups: how many daily copies are kept; 0 makes none.
    """

    path: AbsolutePath = AbsolutePath("")
    size_limit_bytes: Size = field(default=Size(200 * _MB), name="size_limit")
    backups: int = 7


class Retention(Struct, frozen=True, forbid_unknown_fields=True):
    """How long details are kept; days are kept for ever.

    Attributes:
        slots_s: usage by 5 minutes.
        hours_s: usage by the hour.
        processes_s: usage of single processes.
    """

    slots_s: Duration = field(default=Duration(62 * _DAY_S), name="slots")
    hours_s: Duration = field(default=Duration(400 * _DAY_S), name="hours")
    processes_s: Duration = field(default=Duration(7 * _DAY_S), name="processes")


class Sampling(Struct, frozen=True, forbid_unknown_fields=True):
    """How often counters are read and written down.

    Attributes:
        tick_s: between two readings.
        flush_s: between two writes: what a power cut can cost.
    """

    tick_s: Duration = field(default=Duration(10), name="tick")
    flush_s: Duration = field(default=Duration(30), name="flush")


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file; a missing table or key has its default."""

    interfaces: Interfaces = Interfaces()
    store: Store = Store()
    retention: Retention = Retention()
    sampling: Sampling = Sampling()


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
    if kind in (Size, Duration):
        parse = parse_size if kind is Size else parse_duration
        # A bare number would be a size without its unit: always a misreading.
        value = parse(found) if isinstance(found, str) and not found.isdigit() else None
        if value is None:
            what = "a size" if kind is Size else f"a time in {DURATION_UNITS}"
            example = Size.example if kind is Size else Duration.example
            raise ValueError(f'{what} with its unit in quotes, such as "{example}"')
        return kind(value)
    if kind is Pattern:
        return _decode_pattern(found)
    return _decode_path(found)


def _decode_pattern(found: object) -> Pattern:
    if not isinstance(found, str) or not found:
        raise ValueError('the name of an interface or a shell pattern, such as "wwan*"')
    if "/" in found or not found.isprintable() or " " in found:
        raise ValueError("a pattern without blanks and slashes: no interface has them")
    return Pattern(found)


def _decode_path(found: object) -> AbsolutePath:
    if found == "":
        return AbsolutePath()
    if not isinstance(found, str) or not found.startswith(("/", "~/")):
        raise ValueError('a path in quotes that begins with / or ~/, or ""')
    if "\0" in found or found.endswith("/"):
        raise ValueError("the path of a file")
    return AbsolutePath(found)


def out_of_limits(config: Config) -> tuple[str, str] | None:
    """The first setting whose value makes no sense by itself or beside another.

    Args:
        config: values of the right types.

    Returns:
        Its dotted key and what is allowed, to be read after "must be"; or None.
    """
    sampling, kept, store = config.sampling, config.retention, config.store
    for key, value, least, most in (
        ("store.size_limit", store.size_limit_bytes, 10 * _MB, 1_000_000 * _MB),
        ("store.backups", store.backups, 0, 365),
        ("retention.slots", kept.slots_s, _DAY_S, 3660 * _DAY_S),
        ("retention.hours", kept.hours_s, kept.slots_s, 36_600 * _DAY_S),
        ("retention.processes", kept.processes_s, _DAY_S, kept.hours_s),
        ("sampling.tick", sampling.tick_s, 1, _MINUTE_S),
        ("sampling.flush", sampling.flush_s, sampling.tick_s, 10 * _MINUTE_S),
    ):
        if not least <= value <= most:
            return key, f"from {_as(value, least)} to {_as(value, most)}"
    interfaces = config.interfaces
    if set(interfaces.metered) & set(interfaces.unmetered):
        return "interfaces.unmetered", "without what interfaces.metered names"
    return None


def _as(model: int, limit: int) -> str:
    """A limit as it would be written in the file beside a value of that setting."""
    if isinstance(model, Size):
        return f'"{exact_size(limit)}"'
    return f'"{exact_duration(limit)}"' if isinstance(model, Duration) else str(limit)
