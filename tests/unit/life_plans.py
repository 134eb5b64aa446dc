"""Plans and networks of a daemon's life in the tests."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from monitor.networks import uplink
from monitor.networks.uplink import Network
from monitor.plans.agreement import Agreement
from monitor.plans.offers import Bucket, Rollover, Scope, Tier
from monitor.plans.terms import (
    AlertTerms,
    Background,
    Binding,
    Line,
    Match,
    Member,
    Plan,
)
from monitor.plans.timing import Day, Elapsed, Month, Validity, Whole, Window
from monitor.plans.values import Bytes, Minute, Money, Name, Pattern, Second
from monitor.usage import Attachment
from tests.unit.store.builders import T0, WLAN, WWAN

BEGIN_S = T0 + 80_000
MB = 1_000_000
NIGHT = Window(Minute(22 * 60), Minute(6 * 60))


FIRST_SIM, NEXT_SIM = "8992000000000000001", "8986000000000000002"
UUID = "5f1c7a52-3e0e-4d4b-9c0b-0d5a4f8a7c11"
SIM = Network(f"sim:{FIRST_SIM}", uplink.SIM, iccid=FIRST_SIM, mcc="410", uuid=UUID)
NEW_SIM = Network(f"sim:{NEXT_SIM}", uplink.SIM, iccid=NEXT_SIM, mcc="460", uuid=UUID)
CAFE = Network("wifi:cafe", uplink.WIFI, ssid=b"\xffcaf\0", uuid="c")
PHONE = Network("wifi:phone", uplink.WIFI, ssid=b"Phone", tether="wifi/apple")
NETWORKS = {each.key: each for each in (SIM, NEW_SIM, CAFE, PHONE)}


def on(device: str, network: Network) -> Attachment:
    """A network on a device."""
    return Attachment(
        *(network.key, device),
        billed=True,
        tethered=bool(network.tether),
        iccid=network.iccid,
        mcc=network.mcc,
        uuid=network.uuid,
        ssid=network.ssid,
        tether=network.tether,
    )


PLACES = (
    *(WWAN, WLAN, on("wwan0", SIM), on("wwan0", NEW_SIM)),
    *(on("wlan0", CAFE), on("wlan0", PHONE)),
)


def bucket(name: str, size: int, **more: object) -> Bucket:
    """A bucket of so many bytes."""
    return Bucket(Name(name), Bytes(size), **more)  # type: ignore[arg-type]  # the test says what


MONTHLY = Agreement(
    plan=Plan(
        id=Name("monthly"),
        tz=ZoneInfo("Asia/Kathmandu"),
        cycle=Month(billing_day=5),
        buckets=(
            bucket("main", 3 * MB),
            bucket("curl", MB, scope=Scope(apps=(Pattern("cur*"),))),
            bucket("night", MB, scope=Scope(windows=(NIGHT,))),
        ),
        overage=(Tier(behavior="bill", block_bytes=Bytes(MB), price=Money(4)),),
        alerts=AlertTerms(
            warn_pct=(50, 80), background=Background(NIGHT, Bytes(10)), budget_day=True
        ),
    ),
    patterns=("wwan*",),
)
DAILY = Agreement(
    plan=Plan(
        id=Name("daily"),
        cycle=Day(reset_time=Minute(90)),
        buckets=(bucket("main", MB),),
        rollover=Rollover(),
        count="rx",
    ),
    position=1,
    patterns=("wlan0",),
)
PACK = Agreement(
    plan=Plan(
        id=Name("pack"),
        cycle=Whole(),
        validity=Validity(kind="elapsed", hours=9, starts_on="first_use"),
        buckets=(bucket("main", 2 * MB, per="validity"),),
    ),
    position=2,
    binds=(
        Binding("wlan0", Name("pack"), Second(BEGIN_S + 700), Second(BEGIN_S + 9000)),
    ),
)
HOURLY = Agreement(
    plan=Plan(
        id=Name("hourly"),
        cycle=Elapsed(hours=1),
        validity=Validity(kind="elapsed", days=1),
        activated_at=Second(BEGIN_S - 500),
        buckets=(bucket("main", MB),),
    ),
    position=3,
    patterns=("wlan*", "wwan0"),
)
SHARED = Agreement(
    plan=Plan(
        id=Name("shared"),
        cycle=Day(),
        buckets=(
            bucket("main", 2 * MB),
            bucket("one's", MB, scope=Scope(members=(Name("root"),))),
        ),
    ),
    position=4,
    members=(
        Member(Name("root"), Bytes(MB)),
        Member(Name("no login of this machine\0")),
    ),
    patterns=("wwan*",),
)
LINED = Agreement(
    plan=Plan(
        id=Name("lined"),
        cycle=Elapsed(hours=2),
        validity=Validity(kind="elapsed", days=1, starts_on="first_use"),
        buckets=(bucket("main", MB),),
        line=Line(FIRST_SIM),
    ),
    position=5,
    binds=(Binding("wwan0", Name("lined"), Second(BEGIN_S + 50)),),
)
ROAMER = Agreement(
    plan=Plan(id=Name("roamer"), cycle=Day(), buckets=(bucket("main", MB),)),
    position=6,
    matches=(
        Match("ssid", "hex:ff63616600", Name("roamer")),
        Match("uuid", UUID, Name("roamer")),
    ),
    binds=(
        Binding("wlan0", Name("roamer"), Second(BEGIN_S + 300), Second(BEGIN_S + 5000)),
    ),
)
TETHERED = Agreement(
    plan=Plan(id=Name("tethered"), cycle=Day(), buckets=(bucket("main", 3 * MB),)),
    position=7,
    matches=(Match("tether", "apple", Name("tethered")),),
    patterns=("w*",),
)
CHOICES = (
    (LINED, ROAMER, TETHERED),
    (ROAMER, LINED, MONTHLY),
    (MONTHLY, DAILY),
    (PACK, DAILY, MONTHLY),
    (HOURLY,),
    (DAILY, HOURLY),
    (SHARED, DAILY),
    (),
)
