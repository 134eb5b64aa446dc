"""Single values of `[plan.match]`: what a network is known by."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from monitor.plans.iccid import normalize
from monitor.plans.matching import RAW, ssid_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_TETHER = re.compile(r"[a-z0-9]{1,40}(/[a-z0-9]{1,40})?", re.ASCII)
_LONGEST_SSID: Final = 32  # bytes, IEEE 802.11


class Iccid(str):
    """The number of a SIM profile, in any spelling."""

    __slots__ = ()


class Uuid(str):
    """A connection of NetworkManager, in small letters."""

    __slots__ = ()


class Ssid(str):
    """The name of a Wi-Fi network: text, or `hex:` and its bytes."""

    __slots__ = ()


class Tether(str):
    """How another device shares its connection, or whose that is, or both."""

    __slots__ = ()


def _decode_iccid(found: object) -> Iccid:
    if not isinstance(found, str) or normalize(found) is None:
        raise ValueError(
            'the number of a SIM profile in quotes, such as "8992000000000000001"'
        )
    return Iccid(found)


def _decode_uuid(found: object) -> Uuid:
    text = found.strip().lower() if isinstance(found, str) else ""
    if not UUID.fullmatch(text):
        raise ValueError(
            "the UUID of a connection, such as "
            '"5f1c7a52-3e0e-4d4b-9c0b-0d5a4f8a7c11" (nmcli connection show)'
        )
    return Uuid(text)


def _decode_ssid(found: object) -> Ssid:
    try:
        length = len(ssid_bytes(found)) if isinstance(found, str) else 0
    except ValueError:
        length = 0
    if not isinstance(found, str) or not 0 < length <= _LONGEST_SSID:
        raise ValueError(
            'the name of a Wi-Fi network, of 1 to 32 bytes; or "hex:" and its bytes, '
            f'such as "{RAW}ff00"'
        )
    return Ssid(found)


def _decode_tether(found: object) -> Tether:
    text = found.strip().lower() if isinstance(found, str) else ""
    if not _TETHER.fullmatch(text):
        raise ValueError(
            'a way of tethering, "usb", "bluetooth", "wifi" or "ethernet", or a '
            'phone\'s maker, such as "apple"'
        )
    return Tether(text)


DECODERS: Final[dict[type, Callable[[object], object]]] = {
    Iccid: _decode_iccid,
    Uuid: _decode_uuid,
    Ssid: _decode_ssid,
    Tether: _decode_tether,
}
"""How each of these is read; see `monitor.config.decoding`."""
