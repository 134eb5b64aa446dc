"""Status files as a daemon writes them, for the tests of `esimmon status`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from monitor import statusfile
from monitor.planbook import PlanBook
from monitor.plans import Plan, Validity

if TYPE_CHECKING:
    from collections.abc import Sequence

GB = 10**9
DAY_S = 86_400
NOW_S = 1_795_626_000  # 2026-11-25T17:00Z
TICK_S = 10
BOOT_ID = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
KARACHI = ZoneInfo("Asia/Karachi")
WWAN = Plan(
    id="wwan",
    interfaces=("wwan*",),
    zone=ZoneInfo("Europe/Berlin"),
    quota_bytes=5 * GB,
    billing_day=1,
)
HOME = Plan(id="home", interfaces=("wlan0",), zone=KARACHI, billing_day=1)
PACK = Plan(
    id="pk",
    interfaces=("usb0",),
    zone=KARACHI,
    quota_bytes=20 * GB,
    validity=Validity(NOW_S - DAY_S, NOW_S + 3 * DAY_S),
)
OVER = Plan(
    id="over",
    interfaces=("usb1",),
    zone=KARACHI,
    quota_bytes=GB,
    validity=Validity(NOW_S - 9 * DAY_S, NOW_S - 2 * DAY_S),
)
SOON = Plan(
    id="soon",
    interfaces=("usb2",),
    zone=KARACHI,
    quota_bytes=GB,
    validity=Validity(NOW_S + DAY_S, NOW_S + 3 * DAY_S),
)


def document(
    plans: Sequence[Plan] = (WWAN,),
    used_bytes: int = GB // 10,
    *,
    age_s: int = 0,
    alerts: Sequence[dict[str, object]] = (),
    devices: Sequence[str] = ("wwan0", "usb0", "wlan0"),
) -> dict[str, Any]:
    """What the daemon's last tick left, with the same bytes in every plan."""
    book = PlanBook(plans, lambda _plan, _asked: used_bytes)
    boottime_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - age_s * 10**9
    facts = {"plans": book.facts(NOW_S, devices), "alerts": list(alerts)}
    return statusfile.document(NOW_S, boottime_ns, BOOT_ID, TICK_S, facts)


def keep(directory: str, found: dict[str, Any]) -> None:
    """Be the daemon of a runtime directory."""
    folder = Path(directory) / "esimmon"
    folder.mkdir(mode=0o700, exist_ok=True)
    statusfile.write(str(folder / "esimmon.json"), found)
