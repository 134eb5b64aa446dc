"""Who pays for which network, for all who ask: alerts, the status, offers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from monitor.accounts.paying import Payment
from monitor.commands.plan.recorded import Wanted, recorded
from monitor.daemon.eaters import largest_eater
from monitor.errors import UsageError
from monitor.plans.agreement import Agreement, all_bindings
from monitor.plans.terms import Line, Match, Plan
from monitor.plans.values import Name
from monitor.store.batch import Batch
from monitor.store.engine import open_store
from monitor.usage import Attachment, Interval, Traffic
from tests.alerting import watched
from tests.networking import CABLE, ESIM, ICCID, TETHER, attachment, wifi
from tests.unit.living import life
from tests.unit.machine import ROW, Machine
from tests.unit.store.builders import (
    CURL,
    DAY_S,
    T0,
    bill,
    share,
    traffic,
    writing,
)

if TYPE_CHECKING:
    from pathlib import Path

UTC = ZoneInfo("UTC")
PHONE, HOME = wifi(b"Phone", is_phone=True), wifi(b"Home", 2)
OTHER = replace(ESIM, key="sim:8986000000000000000", iccid="8986000000000000000")
PK = Agreement(plan=Plan(id=Name("pk"), line=Line(ICCID)))
PHONES = Agreement(
    plan=Plan(id=Name("phones")),
    position=1,
    matches=(Match("tether", "true", Name("phones")),),
)
WIDE = Agreement(plan=Plan(id=Name("wide")), position=2, patterns=("w*",))
ALSO = Agreement(plan=Plan(id=Name("also")), position=3, patterns=("wwan*",))


@pytest.fixture(autouse=True)
def _no_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who runs the tests is not to be told of them."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.delenv(name, raising=False)


def days_of(path: Path, plans: tuple[Agreement, ...], wanted: Wanted) -> set[int]:
    """Bytes of whole days on which something was recorded."""
    with open_store(path, writable=False) as store:
        found = recorded(store, plans, [Plan(id=Name("offer"))], wanted)
    return {each for each in found.of_days if each}


def test_offers_are_compared_with_what_a_plan_pays_for_by_network(
    tmp_path: Path,
) -> None:
    path, now_s = tmp_path / "usage.db", T0 + 9 * DAY_S
    moved = ((ESIM, "wwan0", 1), (OTHER, "wwan0", 20), (PHONE, "wlan0", 300))
    more = ((HOME, "wlan0", 4000), (TETHER, "usb0", 50_000), (CABLE, "eth0", 600_000))
    with writing(path) as (_, writer):
        for day in range(8):
            batch = Batch()
            for number, (network, device, amount) in enumerate((*moved, *more)):
                from_s = T0 + day * DAY_S + 600 * number
                when = Interval(from_s, from_s + 60)
                batch.bill[when, attachment(network, device)] = bill(amount)
                batch.networks[network.key] = network
            writer.flush(batch, now_s, trusted=True)
        writer.stop(now_s)
    plans = (PK, PHONES, WIDE)
    wanted = Wanted(1, None, (), UTC, now_s)
    assert days_of(path, plans, wanted) == {54_321}
    for plan, of_day in (("pk", 1), ("phones", 50_300), ("wide", 4020)):
        assert days_of(path, plans, wanted._replace(plan=plan)) == {of_day}
    wifis = wanted._replace(interfaces=("wlan*",))
    assert days_of(path, plans, wifis) == {4300}
    assert days_of(path, plans, wifis._replace(plan="phones")) == {300}
    assert days_of(path, (), wanted) == {654_321}
    closed = replace_line(WIDE, "8944500102030404329")
    assert days_of(path, (closed,), wanted._replace(plan="wide")) == {4300}
    with pytest.raises(UsageError, match='no plan "x"'):
        days_of(path, plans, wanted._replace(plan="x"))


def replace_line(agreement: Agreement, iccid: str) -> Agreement:
    """The same plan, of this SIM only."""
    plan = agreement.plan
    made = Plan(id=plan.id, line=Line(iccid))
    return Agreement(plan=made, patterns=agreement.patterns)


def test_where_patterns_of_two_plans_match_is_said_unless_the_network_decides() -> None:
    payment = Payment(all_bindings([PK, WIDE, ALSO]))
    payment.sees_news([attachment(ESIM, "wwan0"), attachment(HOME, "wlan0")])
    assert payment.notes == []
    payment.sees_news([attachment(CABLE, "wwan0")])
    (note,) = payment.notes
    assert note.startswith("wwan0 matches the plans wide, also: wide pays, because")


def test_the_status_and_the_eater_go_by_the_network_that_is_there_now(
    tmp_path: Path,
) -> None:
    text = f"""
[[plan]]
id = "pk"
quota = "1 GB"
every = "month"
tz = "UTC"
iccid = "{ICCID}"
"""
    machine = Machine(devices={2: Traffic()}, networks={"eth2": ESIM})
    with open_store(tmp_path / "usage.db", writable=True, create=True) as store:
        recorder = life(machine, store, tmp_path, text)
        watch = recorder._watch
        assert watch is not None
        said, plan = [], {}
        for network in (ESIM, OTHER, ESIM, CABLE):
            machine.networks = {"eth2": network}
            machine.pass_time(10)
            machine.move(2, Traffic(1014, 0, 1, 0), ROW)
            recorder.sample()
            document = watch.document()
            assert document is not None
            (plan,), (there,) = document["plans"], document["networks"]
            said.append((plan["used_bytes"], plan["interfaces"], there["plan"]))
        assert plan["networks"] == ["SIM 8944…4321"]
        assert ICCID not in str(plan)
        assert said == [
            (1000, ["eth2"], "pk"),
            (1000, [], None),
            (2000, ["eth2"], "pk"),
            (2000, [], None),
        ]


def test_who_used_most_is_counted_on_the_plans_networks_only(tmp_path: Path) -> None:
    sim, cable = attachment(ESIM, "wwan0"), attachment(CABLE, "wwan0")
    when, later = Interval(T0, T0 + 60), Interval(T0 + 60, T0 + 120)
    batch = Batch(networks={each.key: each for each in (ESIM, CABLE)})
    batch.bill = {(when, sim): bill(900), (when, cable): bill(9000)}
    batch.explanation = {
        (when, sim, share()): traffic(500),
        (when, cable, share(CURL)): traffic(9000),
    }
    waiting = Batch()
    waiting.explanation = {
        (later, sim, share(CURL)): traffic(300),
        (later, cable, share(CURL)): traffic(9000),
    }
    payment = Payment(all_bindings([PK]))

    def is_paid(where: Attachment) -> bool:
        return payment.plan_of(where, T0) == "pk"

    seen = watched(500, start_s=T0)
    with writing(tmp_path / "usage.db") as (store, writer):
        writer.flush(batch, T0 + 60, trusted=True)
        found = largest_eater(store, waiting, seen, T0 + 120, is_paid)
    assert found == ("firefox", 500)
