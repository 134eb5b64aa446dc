"""Sizes, durations and rates between text and exact integers.

Bytes and seconds are integers everywhere; text is made from them with integer
arithmetic only, so what is shown is the rounded truth and never a float's error. Sizes
are SI (a carrier's GB is 10^9 bytes) unless the text says KiB, MiB and so on.
"""

from __future__ import annotations

import re

_SIZE = re.compile(
    r"[ \t]*([0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.([0-9]+))?[ \t]*"
    r"(?:([kmgt])(i)?b?|b|bytes?)?[ \t]*",
    # ASCII: without it, IGNORECASE takes the Kelvin sign for a k.
    re.ASCII | re.IGNORECASE,
)
# int() refuses more digits than 4300 (sys.set_int_max_str_digits); no size has 100.
_LONGEST_NUMBER = 100
_PREFIXES = "kmgt"

_DURATION = re.compile(r"[ \t]*([0-9]{1,12})[ \t]*([a-z]+)[ \t]*", re.ASCII)
_UNIT_S = {"s": 1, "min": 60, "h": 3600, "day": 86_400, "week": 604_800}
_UNIT_ALIASES = {
    "sec": "s",
    "second": "s",
    "seconds": "s",
    "minute": "min",
    "minutes": "min",
    "hour": "h",
    "hours": "h",
    "d": "day",
    "days": "day",
    "w": "week",
    "weeks": "week",
}
DURATION_UNITS = "s, min, h, days, weeks"
"""The units that `parse_duration` takes, for messages."""

_UNITS = ("kB", "MB", "GB", "TB", "PB", "EB")
_GIGA = 3  # from GB on, two decimals are always shown: 10 MB of 100 GB matter


def parse_size(text: str, unit_base: int = 1000) -> int | None:
    """Read a size such as "10 GB", "1.5GiB", "1,500 MB", "100".

    Args:
        text: a decimal number, then optionally k, M, G or T, `i` for 1024, and b; or
            b, byte, bytes. Blanks and the case of letters do not matter; commas only
            separate thousands.
        unit_base: what k means without an `i`: 1000, or 1024 for some operators.

    Returns:
        Whole bytes; None for everything else, fractions of a byte included.
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        return None
    whole, fraction, prefix, binary = match.groups(default="")
    digits = whole.replace(",", "") + fraction
    if len(digits) > _LONGEST_NUMBER:
        return None
    power = _PREFIXES.index(prefix.lower()) + 1 if prefix else 0
    multiplier: int = (1024 if binary else unit_base) ** power
    size_bytes, rest = divmod(int(digits) * multiplier, 10 ** len(fraction))
    return None if rest else size_bytes


def parse_duration(text: str) -> int | None:
    """Read a duration such as "30 days", "10 s", "5 min", "12 h", "2 weeks".

    Args:
        text: a whole number and one unit of `DURATION_UNITS` or its full name. A lone
            "m" is refused: it could be a minute or a month.

    Returns:
        Seconds; None for anything else.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    unit = _UNIT_ALIASES.get(match[2], match[2])
    return int(match[1]) * _UNIT_S[unit] if unit in _UNIT_S else None


def format_size(size_bytes: int) -> str:
    """Write a size for people, such as "1.23 GB", "540 MB", "-12 B".

    Three digits, but always two decimals from GB on; rounded half away from zero.

    Args:
        size_bytes: may be negative.

    Returns:
        The number, a blank and an SI unit.
    """
    sign, magnitude = ("-" if size_bytes < 0 else ""), abs(size_bytes)
    if magnitude < 1000:  # noqa: PLR2004 - the base of SI units
        return f"{sign}{magnitude} B"
    for power, unit in enumerate(_UNITS, start=1):
        for decimals in (2,) if power >= _GIGA else (2, 1, 0):
            shown = _scaled(magnitude, 1000**power, decimals)
            # The rounded number decides: 999,999 bytes are 1.00 MB, not 1000 kB.
            if shown < 1000 * (10**decimals if power >= _GIGA else 1):
                return f"{sign}{_with_point(shown, decimals)} {unit}"
    shown = _scaled(magnitude, 1000 ** len(_UNITS), 2)
    return f"{sign}{_with_point(shown, 2)} {_UNITS[-1]}"


def format_rate(bytes_per_s: int) -> str:
    """Write a rate for people, such as "5.90 MB/s".

    Args:
        bytes_per_s: may be negative.

    Returns:
        The rate as a size per second.
    """
    return f"{format_size(bytes_per_s)}/s"


def format_count(count: int) -> str:
    """Write a number of things with a comma between thousands, such as "1,234".

    Args:
        count: may be negative.

    Returns:
        All its digits.
    """
    return f"{count:,}"


def format_share(part: int, whole: int, decimals: int = 1) -> str:
    """Write part / whole in percent, rounded half away from zero.

    Args:
        part: may be negative.
        whole: more than 0.
        decimals: digits after the point.

    Returns:
        The number without the percent sign, such as "61.5".
    """
    sign = "-" if part < 0 else ""
    shown = _scaled(abs(part) * 100, whole, decimals)
    return f"{sign if shown else ''}{_with_point(shown, decimals)}"


def format_duration(duration_s: int) -> str:
    """Write a duration for people in at most two units, such as "9 h 21 min".

    Args:
        duration_s: not negative; what is smaller than the second unit is left out.

    Returns:
        For example "42 s", "5 min", "3 days 4 h".
    """
    units = (("day", 86_400), ("h", 3600), ("min", 60), ("s", 1))
    parts = []
    for position, (name, unit_s) in enumerate(units):
        count, duration_s = divmod(duration_s, unit_s)
        if count:
            plural = "s" if name == "day" and count > 1 else ""
            parts.append((position, f"{count} {name}{plural}"))
    if not parts:
        return "0 s"
    first = parts[0][0]
    return " ".join(text for position, text in parts if position <= first + 1)


def exact_size(size_bytes: int) -> str:
    """Write a size so that `parse_size` gives back the same number.

    Args:
        size_bytes: not negative.

    Returns:
        A whole number and the largest unit that leaves nothing over.
    """
    for power, unit in ((4, "TB"), (3, "GB"), (2, "MB"), (1, "kB")):
        count, rest = divmod(size_bytes, 1000**power)
        if count and not rest:
            return f"{count} {unit}"
    return f"{size_bytes} B"


def exact_duration(duration_s: int) -> str:
    """Write a duration so that `parse_duration` gives back the same number.

    Args:
        duration_s: not negative.

    Returns:
        A whole number and the largest unit up to days that leaves nothing over.
    """
    for name, unit_s in (("days", 86_400), ("h", 3600), ("min", 60)):
        count, rest = divmod(duration_s, unit_s)
        if count and not rest:
            return f"{count} {name if name != 'days' or count > 1 else 'day'}"
    return f"{duration_s} s"


def _scaled(magnitude: int, unit: int, decimals: int) -> int:
    """Magnitude / unit as a whole number of its last shown digit, half up."""
    factor: int = 10**decimals
    return (2 * magnitude * factor + unit) // (2 * unit)


def _with_point(shown: int, decimals: int) -> str:
    """Put the point back: 123 with 2 decimals is "1.23"."""
    text = str(shown).rjust(decimals + 1, "0")
    return f"{text[:-decimals]}.{text[-decimals:]}" if decimals else text
