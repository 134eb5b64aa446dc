"""What networks that a plan pays for are called; names from outside, not escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.plans.iccid import shortened
from monitor.plans.matching import ANY_TETHER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.plans.matching import Line
    from monitor.plans.terms import Match

_TETHERS: Final = {
    ANY_TETHER: "tether",
    "usb": "USB tether",
    "bluetooth": "Bluetooth tether",
    "wifi": "Wi-Fi hotspot",
}


def network_words(matches: Iterable[Match], lines: Iterable[Line] = ()) -> list[str]:
    """Networks in plain words.

    Args:
        matches: what plans name.
        lines: their own SIM profiles.

    Returns:
        Such as "SIM 8992…4321", each once.
    """
    own = [f"SIM {shortened(iccid)}" for line in lines for iccid in line.iccids]
    return list(dict.fromkeys([*own, *(match_words(each) for each in matches)]))


def match_words(match: Match) -> str:
    """A network in plain words.

    Args:
        match: what a plan names.

    Returns:
        Such as "Wi-Fi Phone"; of a SIM not the whole number.
    """
    match match.kind:
        case "iccid":
            return f"SIM {shortened(match.value)}"
        case "uuid":
            return f"connection {match.value}"
        case "ssid":
            return f"Wi-Fi {match.value}"
        case "tether":
            return _TETHERS.get(match.value, f"tether {match.value}")
