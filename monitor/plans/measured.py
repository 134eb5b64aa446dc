"""What was measured in one span, by whom a plan may tell apart. Pure.

The bill decides how much, the explanation says who: the parts of a span add up to its
bill in each direction. What nobody claims is a part without an application. Where the
explanation says more than the bill (two readings are never simultaneous) or less than
nothing, its largest parts give way, so that no part is negative.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from monitor.plans.scopes import patterns
from monitor.usage import FORWARDED, IMPORTED, TUNNEL, TUNNEL_OVERHEAD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.usage import Share

K = TypeVar("K")


class Whose(NamedTuple):
    """Whom a plan may tell apart; in the order in which they are charged.

    Attributes:
        app: the application; empty for bytes that none owns.
        member: one of those who share a plan; empty for nobody.
        tethered: whether moved for a machine behind this one, or by this one behind
            another.
    """

    app: str = ""
    member: str = ""
    tethered: bool = False


@dataclass(frozen=True, slots=True)
class Telling:
    """What a plan has to tell apart; what it has not is nobody's.

    Who judges a plan from its rows in one go, and step by step, tells the same apart
    in both: a sum that is cut in time is not always the sum of its cut parts.

    Attributes:
        apps: shell patterns of applications; None for all applications.
        tethered: whether what was forwarded.
        members: those who share it, by user id.
        elsewhere: ids of those who share it, for what other devices counted.
        inner: what a tunnel carried is the application's inside, and not, as to the
            carrier, the VPN program's.
        owner: of those who share it, whose device this is: what nobody else moved is
            theirs; empty for nobody.
    """

    apps: tuple[str, ...] | None = None
    tethered: bool = True
    members: Mapping[int, str] = field(default_factory=dict)
    elsewhere: frozenset[str] = frozenset()
    inner: bool = False
    owner: str = ""

    def __bool__(self) -> bool:
        by_member = self.members or self.elsewhere
        return self.apps != () or self.tethered or bool(by_member)

    def member_of(self, share: Share) -> str:
        """Which of those who share it moved something; empty for nobody."""
        if share.kind == IMPORTED and share.via in self.elsewhere:
            return share.via
        return self.members.get(share.uid, self.owner)


EVERYTHING: Final = Telling()
NOTHING: Final = Telling(apps=(), tethered=False)


@dataclass(frozen=True, slots=True)
class Owners(Generic[K]):
    """Whose the parts of the explanation are, by key of the part.

    Attributes:
        whose: of every part.
        nobody: whose the rest is.
        tunnels: of parts that a tunnel carried, the tunnel's device.
        programs: of what a VPN program moved for itself, the same.
    """

    whose: Mapping[K, Whose]
    nobody: Whose
    tunnels: Mapping[K, str]
    programs: Mapping[K, str]

    @property
    def told(self) -> list[K]:
        """The parts that are somebody's, or say whose others are."""
        nobody = self.nobody
        return [
            key
            for key, who in self.whose.items()
            if who != nobody or key in self.tunnels
        ]


def owners_of(
    shares: Mapping[K, Share], telling: Telling, *, tethered: bool
) -> Owners[K]:
    """Say once whose the parts of an attachment are.

    Args:
        shares: by key.
        telling: what is to be told apart.
        tethered: whether the attachment is another device's hotspot or cable, so that
            all of it is tethered to the carrier.
    """
    is_told = patterns(("*",) if telling.apps is None else telling.apps)

    def app_of(share: Share) -> str:
        name = "" if share.application is None else share.application.name
        return name if is_told(name) else ""

    whose = {
        key: Whose(
            app_of(share),
            telling.member_of(share),
            tethered or (telling.tethered and share.kind == FORWARDED),
        )
        for key, share in shares.items()
    }
    kinds = () if telling.inner or telling.apps == () else (TUNNEL, TUNNEL_OVERHEAD)
    by_kind: dict[str, dict[K, str]] = {TUNNEL: {}, TUNNEL_OVERHEAD: {}}
    for key, share in shares.items():
        if share.kind in kinds:
            by_kind[share.kind][key] = share.via
    return Owners(
        whose,
        Whose("", telling.owner, tethered),
        by_kind[TUNNEL],
        by_kind[TUNNEL_OVERHEAD],
    )


def parts_of(
    bill: tuple[int, int], found: Sequence[tuple[K, int, int]], owners: Owners[K]
) -> list[tuple[Whose, int, int]]:
    """Divide the bill of a span.

    Args:
        bill: bytes received and sent.
        found: parts of its explanation: key, bytes received and sent, signed.
        owners: whose they are.

    Returns:
        Bytes received and sent by each, in their order; they add up to the bill.
    """
    whose = owners.whose
    if owners.tunnels:
        whose = _outside(found, owners)
    received: dict[Whose, int] = {}
    sent: dict[Whose, int] = {}
    for key, rx_bytes, tx_bytes in found:
        who = whose[key]
        received[who] = received.get(who, 0) + rx_bytes
        sent[who] = sent.get(who, 0) + tx_bytes
    _fit(received, bill[0], owners.nobody)
    _fit(sent, bill[1], owners.nobody)
    return [
        (who, received.get(who, 0), sent.get(who, 0))
        for who in sorted(received | sent)
        if received.get(who) or sent.get(who)
    ]


def _outside(
    found: Iterable[tuple[K, int, int]], owners: Owners[K]
) -> Mapping[K, Whose]:
    """The same with what tunnels carried as the VPN programs'.

    Where none made the tunnel, or it moved nothing for itself in this span, it is no
    application's.
    """
    keys = [key for key, _, _ in found]
    programs = {
        owners.programs[key]: owners.whose[key].app
        for key in reversed(keys)
        if key in owners.programs
    }
    inside = {
        key: owners.whose[key]._replace(app=programs.get(owners.tunnels[key], ""))
        for key in keys
        if key in owners.tunnels
    }
    return {**owners.whose, **inside} if inside else owners.whose


def _fit(parts: dict[Whose, int], whole: int, nobody: Whose) -> None:
    """Make parts of one direction add up to the whole, none of them negative."""
    whole = max(whole, 0)
    rest = whole
    for who, part in parts.items():
        if part < 0:
            parts[who] = 0
        else:
            rest -= part
    if rest >= 0:
        parts[nobody] = parts.get(nobody, 0) + rest
        return
    # The largest first, of two equal ones the first by name.
    for who in sorted(parts, key=lambda each: (-parts[each], each)):
        taken = min(parts[who], -rest)
        parts[who] -= taken
        rest += taken
