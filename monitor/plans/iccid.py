"""ICCIDs, the numbers of SIM profiles (ITU-T E.118), in one form.

They are written with blanks, hyphens, the padding of the card's file, and with or
without their check digit.
"""

from __future__ import annotations

import re
from typing import Final

_NORMAL: Final = re.compile(r"89[0-9]{16,18}", re.ASCII)
_LARGEST_DIGIT: Final = 9
_SHOWN_DIGITS: Final = 4


def normalize(text: str) -> str | None:
    """Bring an ICCID into its normal form.

    Args:
        text: any spelling.

    Returns:
        18 to 20 digits that begin with 89; None for anything else.
    """
    compact = "".join(text.replace("-", "").split()).upper().rstrip("F")
    return compact if _NORMAL.fullmatch(compact) else None


def has_luhn(text: str) -> bool:
    """Whether the last digit is the check digit of those before it (ISO/IEC 7812).

    Args:
        text: any spelling.
    """
    digits = normalize(text)
    return digits is not None and _check_digit(digits[:-1]) == digits[-1]


def from_ef(raw: bytes | str) -> str | None:
    """Read the card's file EF_ICCID, in which the halves of each byte are swapped.

    Args:
        raw: its bytes, or the same in hexadecimal.

    Returns:
        The normal form; None where there is no ICCID in it.
    """
    if isinstance(raw, str):
        try:
            raw = bytes.fromhex(raw)
        except ValueError:
            return None
    return normalize("".join(f"{byte & 15:X}{byte >> 4:X}" for byte in raw))


def shortened(text: str) -> str:
    """An ICCID that says which card it is, and not its number.

    Args:
        text: any spelling.

    Returns:
        Such as "8992…4321".
    """
    digits = normalize(text) or text
    return f"{digits[:_SHOWN_DIGITS]}…{digits[-_SHOWN_DIGITS:]}"


def is_same(one: str, other: str) -> bool:
    """Whether two spellings name one profile, with or without the check digit.

    Args:
        one: any spelling.
        other: the same.

    Returns:
        False also where one of them is no ICCID.
    """
    first, second = normalize(one), normalize(other)
    if first is None or second is None:
        return False
    shorter, longer = sorted((first, second), key=len)
    return longer in (shorter, shorter + _check_digit(shorter))


def _check_digit(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + (place + 1) % 2)
        total += doubled - (_LARGEST_DIGIT if doubled > _LARGEST_DIGIT else 0)
    return str(-total % 10)
