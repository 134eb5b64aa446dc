"""How much: buckets, what they are good for, and what comes after them.

Bytes are whole; a missing number of them (`None`) is unlimited.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from monitor.plans.timing import Days, Hours, Part, Window
from monitor.plans.values import Bytes, Mcc, Money, Name, Pattern

LotClass = Literal["promo", "gift", "base", "topup", "rollover"]
Early = Literal["stack", "restart", "accumulate", "extend"]

Positive = Annotated[int, Meta(ge=1, le=10**9)]
Priority = Annotated[int, Meta(ge=-(10**6), le=10**6)]
Percent = Annotated[int, Meta(ge=1, le=100)]


class Scope(Part, frozen=True):
    """What a lot is good for; all that is given must match, None is not given.

    Attributes:
        windows: when.
        apps: for which applications; traffic of nobody never matches.
        zones: in which countries; an unknown one matches.
        tethered: for the machine itself or for those behind it.
        members: for whom; traffic of nobody never matches.
    """

    windows: tuple[Window, ...] | None = None
    apps: tuple[Pattern, ...] | None = None
    zones: tuple[Mcc, ...] | None = None
    tethered: bool | None = None
    members: tuple[Name, ...] | None = None


class Bucket(Part, frozen=True):
    """Data that comes anew with each cycle, or once in a validity.

    Attributes:
        id: name of the lots that it yields.
        bytes: how much; None is unlimited.
        per: when it comes anew.
        lot_class: `base` or `promo`.
        priority: the smaller is used up first.
        scope: what it is good for.
        zero_rated: what it takes is not counted.
    """

    id: Name
    bytes: Bytes | None = None
    per: Literal["cycle", "validity"] = "cycle"
    lot_class: Literal["base", "promo"] = field(default="base", name="class")
    priority: Priority = 100
    scope: Scope = Scope()
    zero_rated: bool = False


class Tier(Part, frozen=True, kw_only=True):
    """What happens to bytes beyond all lots.

    Attributes:
        behavior: of the next byte in this tier.
        upto_bytes: overage since the start of the cycle at which the tier ends.
        kbps: of `throttle`, 1000 bits a second.
        block_bytes: of `bill`: blocks are counted whole.
        price: of `bill`: of a block.
        tax_pct: of `bill`.
        max_cost: of `bill`: never more than this, tax included.
    """

    behavior: Literal["block", "throttle", "bill", "free"]
    upto_bytes: Bytes | None = None
    kbps: Positive | None = None
    block_bytes: Bytes | None = None
    price: Money = Money(0)
    tax_pct: Money = Money(0)
    max_cost: Money | None = None


class Rounding(Part, frozen=True):
    """How the carrier rounds up what was used in a cycle."""

    unit_bytes: Bytes
    per: Literal["cycle"] = "cycle"


class Rollover(Part, frozen=True):
    """What is left at the end of a cycle goes on.

    Attributes:
        cycles: how many more cycles it lasts.
        cap_bytes: of all that has rolled over together.
        priority: of these lots.
    """

    cycles: Annotated[int, Meta(ge=1, le=1200)] = 1
    cap_bytes: Bytes | None = None
    priority: Priority = 100


class Cap(Part, frozen=True):
    """A limit beside the lots, such as for a hotspot.

    Attributes:
        id: its name.
        bytes: from which it is reached.
        scope: what counts.
        behavior: what happens then.
    """

    id: Name
    bytes: Bytes
    scope: Scope = Scope()
    behavior: Literal["block", "throttle", "bill", "free"] = "block"


class RecipientExpiry(Part, frozen=True):
    """How long a gift lasts that was received without an end of its own."""

    days: Days = 0
    hours: Hours = 0


class Gifting(Part, frozen=True, kw_only=True):
    """What the carrier allows to be given away.

    Attributes:
        allowed: whether anything.
        min_bytes: of one gift.
        step_bytes: a gift is a multiple of it.
        max_pct: of the unscoped buckets, within one cycle.
        classes: lots that may be given from.
        recipient_expiry: how long a gift received lasts.
    """

    allowed: bool = False
    min_bytes: Bytes = Bytes(0)
    step_bytes: Bytes = Bytes(1)
    max_pct: Percent | None = None
    classes: tuple[LotClass, ...] = ("base",)
    recipient_expiry: Literal["cycle_end"] | RecipientExpiry = "cycle_end"


class RenewalTerms(Part, frozen=True):
    """What a renewal means while the plan is still valid."""

    early: Early = "stack"
