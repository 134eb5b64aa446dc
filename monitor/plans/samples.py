"""What was measured, as plans are charged for it."""

from __future__ import annotations

from typing import NamedTuple


class Sample(NamedTuple):
    """Bytes of one application on one interface in an interval.

    Attributes:
        from_s: UTC second; equal to `to_s` for an instant.
        to_s: UTC second at which it was measured; half-open.
        iface: the interface.
        app: who moved them; None for bytes that no application owns.
        rx_bytes: received.
        tx_bytes: sent.
        awake: spans of UTC seconds in which the machine ran; empty for all the time.
        mcc: country; None when unknown.
        tethered: whether moved for a machine behind this one; None when unknown.
        member: whose; None for nobody's.
        iccid: the profile it went over; None when unknown.
        matched: whether its network is the plan's on any interface and at any time.
    """

    from_s: int
    to_s: int
    iface: str
    app: str | None
    rx_bytes: int
    tx_bytes: int
    awake: tuple[tuple[int, int], ...] = ()
    mcc: str | None = None
    tethered: bool | None = None
    member: str | None = None
    iccid: str | None = None
    matched: bool = False
