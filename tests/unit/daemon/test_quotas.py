"""Quotas of devices: what their plans wait for, shared, and never too often."""

from __future__ import annotations

from monitor.counting.live import Live
from monitor.daemon.quotas import quotas
from monitor.usage import Attachment, Traffic
from tests.alerting import GB, MB, watched


def attached(*devices: str, billed: bool = True) -> dict[int, Attachment]:
    """Devices with the numbers from 2 on."""
    return {
        ifindex: Attachment(f"if:{name}", name, billed=billed)
        for ifindex, name in enumerate(devices, 2)
    }


def payer(where: Attachment) -> str | None:
    """One plan pays for all modems."""
    return "wwan" if where.device.startswith("wwan") else None


def test_a_device_may_move_what_its_plan_waits_for() -> None:
    devices = attached("wwan0", "eth0")
    assert quotas(devices, payer, [watched(0)], Live()) == {2: 5 * GB}


def test_devices_of_one_plan_share_what_is_left() -> None:
    devices = attached("wwan0", "wwan1")
    half = 5 * GB // 2
    assert quotas(devices, payer, [watched(0)], Live()) == {2: half, 3: half}
    last = watched(10 * GB - 1)
    assert quotas(devices, payer, [last], Live()) == {2: 1, 3: 1}


def test_what_nothing_waits_for_has_none() -> None:
    used_up = [watched(10 * GB)]
    assert quotas(attached("wwan0"), payer, used_up, Live()) == {}
    unpaid = attached("wwan0", billed=False)
    assert quotas(unpaid, payer, [watched(0)], Live()) == {}
    assert quotas(attached("wwan0"), payer, [], Live()) == {}


def test_at_full_speed_it_is_called_four_times_a_second_at_most() -> None:
    """A plan that counts only one direction would call for each packet otherwise."""
    fast = Live(interval_s=0.5, devices={"wwan0": Traffic(40 * MB, 10 * MB)})
    near = [watched(5 * GB - 1)]
    assert quotas(attached("wwan0"), payer, near, fast) == {2: 25 * MB}
    far = [watched(0)]
    assert quotas(attached("wwan0"), payer, far, fast) == {2: 5 * GB}
