"""What plans need is not forgotten: their balances stay as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from monitor.accounts import agreements, forgetting
from monitor.accounts.bookkeeping import open_book
from monitor.accounts.forgetting import Wish
from monitor.config import parse_config
from monitor.errors import RejectedError
from monitor.networks.uplink import SIM, WIFI, Network
from monitor.store.batch import Batch
from monitor.store.engine import open_store
from monitor.usage import Application, Attachment, Interval, Share
from tests.unit.store.builders import DAY_S, T0, bill, traffic, writing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.plans.agreement import Agreement
    from monitor.store.engine import Store

NOW_S = T0 + 2 * DAY_S
ICCID = "8944500102030405064"
UUID = "ed1928c6-efa4-419b-8344-11a2ad3d5898"
OWN = Network(f"sim:{ICCID}", SIM, "Airalo", iccid=ICCID)
HOTEL = Network(f"wifi:{UUID}", WIFI, "Hotel", uuid=UUID, ssid=b"Hotel")
PLAN = f"""
[[plan]]
id = "pk"
every = "month"
tz = "UTC"
[plan.match]
iccid = "{ICCID}"
[[plan.bucket]]
id = "all"
bytes = "1 GB"
[[plan.bucket]]
id = "video"
bytes = "1 GB"
scope = {{ apps = ["tube*"] }}
[[plan]]
id = "home"
quota = "9 GB"
every = "month"
tz = "UTC"
members = [{{ id = "daemon" }}, {{ id = "nobody-of-this-name" }}]
[plan.match]
interface = ["wlan*"]
"""
DAEMON = 1  # the user of this name on every Debian


def _plans() -> tuple[Agreement, ...]:
    zone = ZoneInfo("UTC")
    return agreements.configured(parse_config(PLAN, "config.toml", zone), zone)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Two programs of two users on both plans."""
    batch = Batch(networks={OWN.key: OWN, HOTEL.key: HOTEL})
    on_sim = Attachment(OWN.key, "wwan0", billed=True, iccid=ICCID)
    on_wifi = Attachment(HOTEL.key, "wlan0", billed=True, uuid=UUID, ssid=b"Hotel")
    for start_s in range(T0, NOW_S, 6 * 3600):
        when = Interval(start_s, start_s + 300)
        for where in (on_sim, on_wifi):
            batch.bill[when, where] = bill(100_000, 5_000)
            for name, uid in (("tubewatch", DAEMON), ("sekretapp", 77)):
                owner = Share(Application(name, "executable"), uid=uid)
                batch.explanation[when, where, owner] = traffic(30_000)
    path = tmp_path / "usage.db"
    with writing(path) as (_, writer):
        writer.flush(batch, NOW_S, trusted=True)
    with open_store(path, writable=True) as opened:
        yield opened


def _forget(store: Store, wish: Wish) -> list[str]:
    """What it says is kept; balances are what they were."""
    before = _balances(store)
    told = forgetting.carry_out(store, _plans(), wish, NOW_S, dry_run=False)
    assert _balances(store) == before
    kept: list[str] = told["kept"]
    return kept


def _balances(store: Store) -> list[object]:
    books = [open_book(store, _plans(), plan, NOW_S) for plan in ("pk", "home")]
    return [each.now for each in books]


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (Wish(app="tube*"), "the plan pk charges tubewatch apart"),
        (Wish(app="*"), "the plan pk charges tubewatch apart"),
        (Wish(network=OWN.key), "the plan pk pays because it is this network"),
        (Wish(uid=DAEMON), "daemon shares the plan home"),
    ],
)
def test_what_a_plan_needs_is_refused_with_the_plan(
    store: Store, wish: Wish, why: str
) -> None:
    with pytest.raises(RejectedError, match=why):
        _forget(store, wish)


@pytest.mark.parametrize(
    "wish", [Wish(app="sekret*"), Wish(network=HOTEL.key), Wish(uid=77)]
)
def test_what_no_plan_needs_goes_and_balances_stay(store: Store, wish: Wish) -> None:
    assert _forget(store, wish) == []


def test_of_everything_what_a_plan_needs_stays_and_is_named(store: Store) -> None:
    kept = _forget(store, Wish(everything=True))
    assert kept == [
        "the plan pk charges tubewatch apart: that stays.",
        f"the plan pk pays because of the network {OWN.key}: that stays.",
    ]
    assert _forget(store, Wish(before_s=NOW_S))[0].startswith("the plan pk charges")
