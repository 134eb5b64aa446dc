"""Status files as a daemon writes them, for the tests of `esimmon status`."""

from __future__ import annotations

import fnmatch
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from msgspec import structs

from monitor.accounts.planfacts import plan_facts
from monitor.alerts import look_at
from monitor.client import statusfile
from monitor.plans.account import replay
from monitor.plans.agreement import Agreement
from monitor.plans.offers import Bucket
from monitor.plans.samples import Sample
from monitor.plans.terms import AlertTerms, Plan
from monitor.plans.timing import Month, Validity, Whole
from monitor.plans.values import Bytes, Name, Second

if TYPE_CHECKING:
    from collections.abc import Sequence

GB = 10**9
DAY_S = 86_400
NOW_S = 1_795_626_000  # 2026-11-25T17:00Z
TICK_S = 10
BOOT_ID = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
KARACHI = ZoneInfo("Asia/Karachi")


def plan(name: str, zone: ZoneInfo, quota_bytes: int | None, **terms: object) -> Plan:
    """A plan with one bucket; more as `Plan` has it."""
    main = Bucket(Name("main"), None if quota_bytes is None else Bytes(quota_bytes))
    made = Plan(id=Name(name), tz=zone, cycle=Month(), buckets=(main,))
    alerts = AlertTerms(warn_pct=(50, 80, 95))
    return structs.replace(made, alerts=alerts, **terms)


def lasting(from_s: int, to_s: int) -> dict[str, object]:
    """One cycle, from then to then."""
    validity = Validity(kind="fixed", start=Second(from_s), end=Second(to_s))
    return {"cycle": Whole(), "validity": validity}


def on(device: str, made: Plan) -> Agreement:
    """A plan that pays for a device."""
    return Agreement(plan=made, patterns=(device,))


PAID_S, SOON_S = NOW_S + 3 * DAY_S, NOW_S + DAY_S
WWAN = on("wwan*", plan("wwan", ZoneInfo("Europe/Berlin"), 5 * GB))
HOME = on("wlan0", plan("home", KARACHI, None))
PACK = on("usb0", plan("pk", KARACHI, 20 * GB, **lasting(NOW_S - DAY_S, PAID_S)))
OVER = on(
    "usb1",
    plan("over", KARACHI, GB, **lasting(NOW_S - 9 * DAY_S, NOW_S - 2 * DAY_S)),
)
SOON = on("usb2", plan("soon", KARACHI, GB, **lasting(SOON_S, PAID_S)))


def document(
    plans: Sequence[Agreement] = (WWAN,),
    used_bytes: int = GB // 10,
    *,
    age_s: int = 0,
    alerts: Sequence[dict[str, object]] = (),
    devices: Sequence[str] = ("wwan0", "usb0", "wlan0"),
) -> dict[str, Any]:
    """What the daemon's last tick left, with the same bytes in every plan."""
    boottime_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - age_s * 10**9
    facts = {
        "plans": [_facts(each, used_bytes, devices) for each in plans],
        "alerts": list(alerts),
    }
    return statusfile.document(NOW_S, boottime_ns, BOOT_ID, TICK_S, facts)


def _facts(
    agreement: Agreement, used_bytes: int, devices: Sequence[str]
) -> dict[str, object]:
    sample = Sample(NOW_S, NOW_S, "", None, used_bytes, 0)
    account = replay(agreement.plan, (), (), None, [sample], NOW_S)
    (pattern,) = agreement.patterns
    names = fnmatch.filter(devices, pattern)
    return plan_facts(agreement, look_at(account, NOW_S), NOW_S, names)


def keep(directory: str, found: dict[str, Any]) -> None:
    """Be the daemon of a runtime directory."""
    folder = Path(directory) / "esimmon"
    folder.mkdir(mode=0o700, exist_ok=True)
    statusfile.write(str(folder / "esimmon.json"), found)
