"""Which plan's network it is, on whatever interface and at whatever time. Pure.

What says most decides: the SIM profile, then the connection, then the name of a Wi-Fi
network, then that another device shares its connection.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.plans.iccid import has_luhn, is_same, normalize

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from monitor.plans.terms import Match, Plan
    from monitor.usage import Attachment

ICCID, UUID, SSID, TETHER = KINDS = ("iccid", "uuid", "ssid", "tether")
"""What a network can be known by, the strongest first."""
ANY_TETHER: Final = "true"
"""In place of a way or a maker: all of them."""
RAW: Final = "hex:"
"""Begins an SSID that is written as its bytes, for it need not be text."""
NOBODY: Final = ""


class Line(NamedTuple):
    """The SIM profiles that are a plan's by themselves.

    Attributes:
        plan: its id.
        iccids: of its line, first and replacements.
        is_closed: whether the first is known, so that others are not the plan's.
    """

    plan: str
    iccids: tuple[str, ...]
    is_closed: bool

    def has(self, iccid: str) -> bool:
        """Whether a profile is one of them."""
        return any(is_same(each, iccid) for each in self.iccids)


def lines_of(plan: Plan, replaced: Sequence[str] = ()) -> tuple[Line, ...]:
    """The SIM profiles that are a plan's by themselves.

    Args:
        plan: what was bought.
        replaced: those that came in place of its first.

    Returns:
        One line; none where no profile is known.
    """
    first = plan.line.iccid
    iccids = (*([] if first is None else [first]), *replaced)
    return (Line(plan.id, iccids, is_closed=first is not None),) if iccids else ()


def ssid_bytes(value: str) -> bytes:
    """The SSID that a configuration means.

    Args:
        value: text, or `hex:` and its bytes.

    Raises:
        ValueError: `hex:` and something else.
    """
    if value.startswith(RAW):
        return bytes.fromhex(value.removeprefix(RAW))
    return value.encode()


def ssid_text(ssid: bytes) -> str:
    """An SSID as `ssid_bytes` reads it.

    Args:
        ssid: raw.
    """
    try:
        text = ssid.decode()
    except UnicodeDecodeError:
        return RAW + ssid.hex()
    return text if text.isprintable() and not text.startswith(RAW) else RAW + ssid.hex()


def fits(match: Match, where: Attachment) -> bool:
    """Whether a network is what somebody named.

    Args:
        match: what was named.
        where: the network on its device.
    """
    value = match.value
    match match.kind:
        case "iccid":
            return bool(where.iccid) and is_same(value, where.iccid)
        case "uuid":
            return bool(where.uuid) and value.lower() == where.uuid.lower()
        case "ssid":
            return bool(where.ssid) and ssid_bytes(value) == where.ssid
        case "tether":
            return _is_tether(value, where)


def _is_tether(value: str, where: Attachment) -> bool:
    if value == ANY_TETHER:
        return where.tethered or bool(where.tether)
    return bool(where.tether) and value in (where.tether, *where.tether.split("/"))


def network_plan(
    matches: Sequence[Match], lines: Sequence[Line], where: Attachment
) -> str | None:
    """The plan whose network it is.

    Args:
        matches: what plans name, without clashes, in the order of the configuration.
        lines: their own profiles.
        where: the network on its device.

    Returns:
        The plan's id; `NOBODY` where the plan that named it is for another SIM; None
        where interface and time decide.
    """
    for kind in KINDS:
        for each in matches:
            if each.kind == kind and fits(each, where):
                # A connection outlives a SIM: its plan is for the profile it names.
                is_other = kind != ICCID and is_foreign(lines, each.plan, where.iccid)
                return NOBODY if is_other else each.plan
        if kind == ICCID and where.iccid:
            owners = [line.plan for line in lines if line.has(where.iccid)]
            if len(owners) == 1:
                return owners[0]
    return None


def is_foreign(lines: Iterable[Line], plan: str, iccid: str | None) -> bool:
    """Whether a plan is for another SIM profile.

    Args:
        lines: of all plans.
        plan: which.
        iccid: the profile; nothing when unknown.
    """
    return bool(iccid) and any(
        line.plan == plan and line.is_closed and not line.has(iccid or "")
        for line in lines
    )


def overlapping(matches: Iterable[Match]) -> Iterator[tuple[Match, Match]]:
    """Networks that two plans name for certain.

    Two ways of tethering that one network may or may not have both (`usb` and
    `apple`) are none: of these the first in the configuration pays.

    Args:
        matches: of all plans.

    Yields:
        The later one and the one before it, at least one pair if there are any.
    """
    named: dict[tuple[str, Hashable], Match] = {}
    within: dict[tuple[str, Hashable], Match] = {}
    for match in matches:
        name, parts = _reach(match)
        before = [named.get((match.kind, part)) for part in parts]
        before.append(within.get((match.kind, name)))
        for other in before:
            if other is not None and other.plan != match.plan:
                yield match, other
                break
        named.setdefault((match.kind, name), match)
        for part in parts:
            within.setdefault((match.kind, part), match)


def _reach(match: Match) -> tuple[Hashable, list[Hashable]]:
    """What is named, and all of what includes it, itself too."""
    value = match.value
    match match.kind:
        case "iccid":
            digits = normalize(value) or value
            short = [digits[:-1]] if has_luhn(digits) else []
            return digits, [digits, *short]
        case "uuid":
            return value.lower(), [value.lower()]
        case "ssid":
            return ssid_bytes(value), [ssid_bytes(value)]
        case "tether":
            return _reach_of_tether(value)


def _reach_of_tether(value: str) -> tuple[Hashable, list[Hashable]]:
    words = () if value == ANY_TETHER else tuple(sorted(set(value.split("/"))))
    return words, [
        part for size in range(len(words) + 1) for part in combinations(words, size)
    ]
