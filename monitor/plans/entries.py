"""What happens in the life of a plan: the entries of its ledger.

An entry takes effect at `as_of` if given, else at `ts`. Entries are never deleted; an
`Undo` is an entry of its own.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from monitor.plans.offers import Bucket, Early, Priority, Scope
from monitor.plans.timing import Days, Hours
from monitor.plans.values import Bytes, Mcc, Name, Second


class _Entry(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"
):
    """What all entries have.

    Attributes:
        id: the same id twice is one entry.
        ts: when it was written.
        as_of: when it took effect, if at another time.
        plan: whose it is; None for each plan that there is.
    """

    id: Name
    ts: Second
    as_of: Second | None = None
    plan: Name | None = None

    @property
    def at_s(self) -> int:
        """When it takes effect, UTC seconds."""
        return self.ts if self.as_of is None else self.as_of


class Activate(_Entry, frozen=True, tag="activate"):
    """The plan was activated; the country is a note."""

    mcc: Mcc | None = None


class Attach(_Entry, frozen=True, tag="attach"):
    """The line attached to a network."""

    mcc: Mcc | None = None


class LotValidity(Struct, frozen=True, forbid_unknown_fields=True):
    """How long a top-up lasts.

    Attributes:
        mode: with the cycle, for a time of its own, until an instant, or for ever.
        days: of `own`, 24 hours each.
        hours: of `own`.
        calendar: of `own`: to local midnight, today is day 1.
        at: of `until`.
    """

    mode: Literal["with_base", "own", "until", "never"] = "with_base"
    days: Days = 0
    hours: Hours = 0
    calendar: bool = False
    at: Second | None = None


class Topup(_Entry, frozen=True, tag="topup"):
    """More data was bought.

    Attributes:
        bytes: how much.
        validity: how long it lasts.
        lot_class: `topup` or `promo`.
        scope: what it is good for.
        priority: the smaller is used up first.
        starts: at once, or when the main lots are empty.
    """

    bytes: Bytes
    validity: LotValidity = LotValidity()
    lot_class: Literal["topup", "promo"] = field(default="topup", name="class")
    scope: Scope = Scope()
    priority: Priority = 100
    starts: Literal["now", "on_depletion"] = "now"


class TransferIn(_Entry, frozen=True, tag="transfer_in"):
    """Data was received as a gift."""

    bytes: Bytes
    expires_at: Second | None = None


class TransferOut(_Entry, frozen=True, tag="transfer_out"):
    """Data was given away."""

    bytes: Bytes


class Borrow(
    _Entry,
    frozen=True,
    tag="borrow",
    rename={"lender": "from", "borrower": "to"},
):
    """Allocation went from one member to another until the cycle ends."""

    lender: Name
    borrower: Name
    bytes: Bytes


class Sync(_Entry, frozen=True, tag="sync"):
    """What the carrier says of the main lots, or what remains of one lot."""

    used_bytes: Bytes | None = None
    remaining_bytes: Bytes | None = None
    lot: Name | None = None


class Adjust(_Entry, frozen=True, tag="adjust"):
    """A correction by a signed number of bytes; more used is positive."""

    delta_bytes: int


class Renewal(_Entry, frozen=True, tag="renewal"):
    """The plan was bought again."""

    mode: Early | None = None


class PlanChange(_Entry, frozen=True, tag="plan_change"):
    """The plan has other buckets from now or from the next cycle on."""

    mode: Literal["next_cycle", "immediate_reset", "immediate_keep"]
    buckets: tuple[Bucket, ...]


class Replacement(_Entry, frozen=True, tag="replacement"):
    """The line has one more ICCID."""

    new_iccid: str


class Revoke(_Entry, frozen=True, tag="revoke"):
    """A lot ends now."""

    lot: Name


class Undo(_Entry, frozen=True, tag="undo"):
    """An entry never was."""

    entry: Name


class Snooze(_Entry, frozen=True, tag="snooze"):
    """A kind of alert is silent: until an instant, or else until the cycle ends."""

    alert: Name
    until: Second | None = None


Entry = (
    Activate
    | Attach
    | Topup
    | TransferIn
    | TransferOut
    | Borrow
    | Sync
    | Adjust
    | Renewal
    | PlanChange
    | Replacement
    | Revoke
    | Undo
    | Snooze
)
