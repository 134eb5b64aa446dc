"""What a person is told of networks, once a stay: journeys, tick by tick."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from monitor.alerts import Cleared, Noted, Raised, Told
from monitor.alerts.model import (
    FORWARDING_STARTED,
    NETWORK_ROAMING,
    NETWORK_UNCOVERED,
    WIFI_IN_RANGE,
)
from monitor.alerts.of_networks import Uplinks, Used, judge_networks, places
from monitor.alerts.stays import AWAY_S, Stays
from monitor.networks.uplink import (
    METERED_YES,
    SIM,
    WIFI,
    Connections,
    Network,
    SavedWifi,
)
from monitor.plans.terms import Zones
from monitor.plans.values import Mcc
from monitor.usage import Attachment
from tests.alerting import GB, JUNE_S, looked_at, plan, standing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from monitor.alerts import Change, Watched

SECOND_NS = 1_000_000_000
PHONE = Network("wifi:aa", WIFI, "Anna's iPhone", metered=True, ssid=b"Anna's iPhone")
HOME = Network("wifi:bb", WIFI, "Home", metered=False, ssid=b"Home")
SAVED = SavedWifi("bb", "Home at last", b"Home")
ICCID = "8985200012345674321"
AIRALO = Network(
    f"sim:{ICCID}",
    SIM,
    "Airalo",
    metered=True,
    iccid=ICCID,
    operator_name="Jazz",
    mcc="410",
    roaming=True,
)


def used(
    network: Network, moved_bytes: int = 1000, paid_by: str = "", device: str = ""
) -> Used:
    """A network that a device is attached to."""
    where = Attachment(
        network.key, device or f"{network.kind}0", billed=True, metered=network.metered
    )
    return Used(where, network, paid_by, moved_bytes)


def in_plan(*zones: str, snoozed: Collection[str] = ()) -> Watched:
    """A plan, valid in these countries, or said to be valid nowhere."""
    of = plan("pk")
    if zones:
        of = structs.replace(of, zones=Zones(tuple(map(Mcc, zones))))
    return looked_at(of, standing(GB), snoozed=snoozed)


@dataclass
class Journey:
    """A machine that is carried about.

    Attributes:
        plans: that there are.
        in_range: SSIDs that are heard.
        is_costly: what is known of a Wi-Fi.
        told: so far.
    """

    plans: tuple[Watched, ...] = (in_plan(),)
    in_range: frozenset[bytes] = frozenset()
    saved: tuple[SavedWifi, ...] = (SAVED,)
    is_costly: Callable[[SavedWifi], bool] | None = None
    told: Told = field(default_factory=Told)
    at_s: int = 0
    stays: Stays = field(default_factory=lambda: Stays(0))

    def tick(self, *now: Used, after_s: int = 10) -> list[str]:
        """Go on for a while; kinds of what is told then."""
        self.at_s += after_s
        connections = Connections((), self.in_range, self.saved)
        uplinks = Uplinks(now, connections)
        if self.is_costly is not None:
            uplinks = replace(uplinks, is_costly=self.is_costly)
        self.stays.see(places(uplinks), self.at_s * SECOND_NS)
        plans: dict[str, Watched] = {each.plan.id: each for each in self.plans}
        self.changes: list[Change] = judge_networks(
            self.told, JUNE_S + self.at_s, uplinks, plans, self.stays
        )
        self.told = self.told.after(self.changes)
        return [each.key.kind for each in self.changes if isinstance(each, Raised)]

    def stay(self, *now: Used, for_s: int = 30) -> list[str]:
        """Some ticks there."""
        return [kind for _ in range(for_s // 10) for kind in self.tick(*now)]

    def restart(self, after_s: int = 10) -> None:
        """The daemon ends, and another begins so much later."""
        self.stays = Stays(self.at_s * SECOND_NS)
        self.at_s += after_s - 10

    @property
    def open(self) -> list[str]:
        """Kinds of what holds."""
        return sorted(key.kind for key in self.told.open)

    def alert(self) -> tuple[str, str]:
        """Title and body of the only one that holds."""
        (raised,) = self.told.open.values()
        return raised.alert.title, raised.alert.body


def test_a_metered_network_in_no_plan_is_told_once() -> None:
    journey = Journey()
    assert journey.stay(used(PHONE), for_s=7200) == [NETWORK_UNCOVERED]
    assert journey.alert() == (
        'You are on a metered network that no plan covers: "Anna\'s iPhone" (wifi0)',
        "Which plan is it?\nType: esimmon plan bind pk wifi:aa",
    )
    (raised,) = journey.told.open.values()
    alert = raised.alert
    assert (alert.plan, alert.network, alert.detail) == ("", "wifi:aa", "wifi0")


def test_with_several_plans_it_names_them() -> None:
    journey = Journey(plans=(in_plan(), looked_at(plan("cn"), standing(GB))))
    journey.stay(used(PHONE))
    assert journey.alert()[1] == (
        "Which plan is it? PLAN is one of: cn, pk.\n"
        "Type: esimmon plan bind PLAN wifi:aa"
    )


@pytest.mark.parametrize(
    "now",
    [
        used(PHONE, paid_by="pk"),
        used(PHONE, moved_bytes=0),
        used(HOME),
        used(replace(PHONE, metered=None)),
    ],
)
def test_what_is_covered_or_quiet_or_costs_nothing_is_not_told(now: Used) -> None:
    assert Journey().stay(now) == []


def test_a_person_without_plans_is_not_nagged() -> None:
    assert Journey(plans=()).stay(used(PHONE)) == []


def test_the_first_byte_of_a_stay_tells() -> None:
    journey = Journey()
    assert journey.stay(used(PHONE, moved_bytes=0), for_s=600) == []
    assert journey.tick(used(PHONE, moved_bytes=1)) == [NETWORK_UNCOVERED]


def test_a_network_that_is_just_being_joined_is_not_told_yet() -> None:
    """It goes by the name of its interface for a moment."""
    journey = Journey()
    nameless = Network("if:wlan0", metered=True)
    assert journey.tick(used(nameless)) == []
    assert journey.tick(used(PHONE), after_s=1) == []
    assert journey.tick(used(PHONE), after_s=4) == []
    assert journey.tick(used(PHONE), after_s=1) == [NETWORK_UNCOVERED]


def test_a_short_absence_is_the_same_stay_and_a_long_one_is_not() -> None:
    journey = Journey()
    assert journey.stay(used(PHONE)) == [NETWORK_UNCOVERED]
    journey.stay(for_s=AWAY_S - 20)
    assert journey.open == [NETWORK_UNCOVERED]
    assert journey.stay(used(PHONE)) == []
    journey.stay(for_s=AWAY_S + 10)
    assert journey.open == []
    assert journey.stay(used(PHONE)) == [NETWORK_UNCOVERED]


def test_a_machine_that_slept_on_a_network_has_not_left_it() -> None:
    journey = Journey()
    assert journey.stay(used(PHONE)) == [NETWORK_UNCOVERED]
    assert journey.tick(used(PHONE), after_s=8 * 3600) == []
    assert journey.tick(after_s=8 * 3600) == []  # its radio is not up yet
    assert journey.stay(used(PHONE)) == []


def test_a_restart_tells_nothing_again_wherever_the_network_is() -> None:
    journey = Journey()
    assert journey.stay(used(PHONE)) == [NETWORK_UNCOVERED]
    for after_s in (10, 60):
        journey.restart(after_s)
        assert journey.stay(used(PHONE)) == []
    journey.restart()
    assert journey.stay() == []
    assert journey.stay(used(PHONE)) == []
    assert journey.open == [NETWORK_UNCOVERED]


def test_after_a_week_without_a_daemon_it_is_another_stay() -> None:
    journey = Journey()
    assert journey.stay(used(PHONE)) == [NETWORK_UNCOVERED]
    journey.restart(after_s=7 * 86_400)
    assert journey.stay(used(PHONE)) == [NETWORK_UNCOVERED]
    journey.restart(after_s=7 * 86_400)
    journey.tick()
    assert journey.open == []


def test_what_was_covered_meanwhile_is_told_again_when_it_is_not_any_more() -> None:
    journey = Journey()
    journey.stay(used(PHONE))
    assert journey.tick(used(PHONE, paid_by="pk")) == []
    assert [type(each) for each in journey.changes] == [Cleared]
    assert journey.open == []
    assert journey.stay(used(PHONE)) == [NETWORK_UNCOVERED]


def test_joining_anew_while_networkmanager_does_not_know_ends_nothing() -> None:
    """`Metered` goes through unknown."""
    journey = Journey()
    journey.stay(used(PHONE))
    assert journey.tick(used(replace(PHONE, metered=None))) == []
    assert journey.stay(used(PHONE)) == []
    assert journey.open == [NETWORK_UNCOVERED]
    journey.tick(used(replace(PHONE, metered=False)))
    assert journey.open == []


def test_each_network_is_told_for_itself() -> None:
    journey = Journey()
    tether = Network("usb:05ac:12a8:x y", "usb", "iPhone", metered=True)
    told = journey.stay(used(PHONE), used(tether))
    assert told == [NETWORK_UNCOVERED, NETWORK_UNCOVERED]
    bodies = [raised.alert.body for raised in journey.told.open.values()]
    assert bodies[1].endswith("esimmon plan bind pk 'usb:05ac:12a8:x y'")


def test_a_snoozed_kind_is_noted_and_not_told() -> None:
    journey = Journey(plans=(in_plan(snoozed=[NETWORK_UNCOVERED]),))
    assert journey.stay(used(PHONE)) == []
    assert [key.kind for key in journey.told.marks] == [NETWORK_UNCOVERED]
    assert journey.open == []
    journey.plans = (in_plan(),)
    assert journey.stay(used(PHONE)) == []
    journey.stay(for_s=AWAY_S + 20)
    assert journey.stay(used(PHONE)) == [NETWORK_UNCOVERED]


def test_what_is_snoozed_of_one_plan_is_told_of_another() -> None:
    snoozed = looked_at(plan("cn"), standing(GB), snoozed=[NETWORK_ROAMING])
    journey = Journey(plans=(in_plan(), snoozed))
    assert journey.stay(used(AIRALO, paid_by="pk")) == [NETWORK_ROAMING]
    journey = Journey(plans=(in_plan(), snoozed))
    assert journey.stay(used(AIRALO, paid_by="cn")) == []
    assert [type(each) for each in journey.changes] == []
    assert [key.kind for key in journey.told.marks] == [NETWORK_ROAMING]


def test_a_sim_abroad_is_told_once_for_each_country() -> None:
    journey = Journey()
    at_home = replace(AIRALO, mcc="454", roaming=False)
    next_door = replace(AIRALO, mcc="404", operator_name="")
    assert journey.stay(used(at_home, 0, "pk")) == []
    assert journey.stay(used(AIRALO, 0, "pk"), for_s=3600) == [NETWORK_ROAMING]
    assert journey.alert() == (
        "Airalo …4321 is roaming in 410 (Jazz)",
        (
            "Plan pk does not say where it is valid. Data abroad may cost much more.\n"
            "Is it valid here? esimmon plan edit pk --countries 410"
        ),
    )
    (raised,) = journey.told.open.values()
    alert = raised.alert
    assert (alert.plan, alert.network, alert.detail) == (
        "pk",
        f"sim:{ICCID}",
        "mcc=410",
    )
    # Along a border.
    for _ in range(5):
        journey.stay(used(at_home, 0, "pk"), for_s=600)
        assert journey.stay(used(AIRALO, 0, "pk"), for_s=600) == []
    assert journey.stay(used(next_door, 0, "pk")) == [NETWORK_ROAMING]
    journey.stay(used(at_home, 0, "pk"), for_s=AWAY_S + 20)
    assert journey.open == []
    assert journey.stay(used(AIRALO, 0, "pk")) == [NETWORK_ROAMING]


def test_a_sim_that_is_abroad_when_we_first_see_it_is_told() -> None:
    journey = Journey(plans=())
    assert journey.stay(used(AIRALO, 0)) == [NETWORK_ROAMING]
    assert journey.alert()[1] == (
        "No plan pays for it. Data abroad may cost much more."
    )


@pytest.mark.parametrize("zones", [("410",), ("454",), ("410", "454")])
def test_a_plan_that_says_where_it_is_valid_needs_no_second_warning(
    zones: tuple[str, ...],
) -> None:
    """It covers this country, or `roaming.uncovered` speaks."""
    journey = Journey(plans=(in_plan(*zones),))
    assert journey.stay(used(AIRALO, 1000, "pk")) == []


def test_a_plan_that_learns_of_the_country_ends_the_alert() -> None:
    journey = Journey()
    journey.stay(used(AIRALO, 0, "pk"))
    journey.plans = (in_plan("410"),)
    assert journey.tick(used(AIRALO, 0, "pk")) == []
    assert journey.open == []


@pytest.mark.parametrize(
    "network",
    [
        replace(AIRALO, roaming=None),
        replace(AIRALO, mcc=""),
        replace(AIRALO, mcc="4/0"),
        replace(PHONE, roaming=True, mcc="410"),
    ],
)
def test_what_is_not_known_to_roam_anywhere_is_not_told(network: Network) -> None:
    assert Journey().stay(used(network, 0, "pk")) == []


def test_a_free_wifi_in_range_is_told_once_a_stay() -> None:
    journey = Journey(in_range=frozenset({b"Home", b"Cafe"}))
    assert journey.stay(used(PHONE, paid_by="pk"), for_s=600) == [WIFI_IN_RANGE]
    assert journey.alert() == (
        'The Wi-Fi "Home" is in range and costs nothing',
        'You are using "Anna\'s iPhone" (wifi0), which is metered.',
    )
    (raised,) = journey.told.open.values()
    alert = raised.alert
    assert (alert.plan, alert.network, alert.detail) == ("pk", "wifi:aa", "wifi:bb")
    for _ in range(3):
        journey.in_range = frozenset()
        assert journey.stay(used(PHONE, paid_by="pk"), for_s=AWAY_S + 20) == []
        assert journey.open == []
        journey.in_range = frozenset({b"Home"})
        assert journey.stay(used(PHONE, paid_by="pk")) == []
    journey.stay(for_s=AWAY_S + 20)
    assert journey.stay(used(PHONE, paid_by="pk")) == [WIFI_IN_RANGE]


@pytest.mark.parametrize(
    ("now", "saved"),
    [
        ([used(PHONE, 0, "pk")], SAVED),  # nothing moves
        ([used(HOME)], SAVED),
        ([used(PHONE, 1, "pk"), used(HOME)], SAVED),  # joined already
        ([used(PHONE, 1, "pk")], replace(SAVED, ssid=b"Office")),  # not heard
        ([used(PHONE, 1, "pk")], replace(SAVED, metered=METERED_YES)),
        ([used(PHONE, 1, "pk")], replace(SAVED, ssid=PHONE.ssid)),  # the same one
        ([used(PHONE, 1, "pk")], replace(SAVED, ssid=b"")),
        ([used(replace(PHONE, metered=None), 1, "pk")], SAVED),
    ],
)
def test_a_wifi_that_would_not_help_is_not_told(
    now: list[Used], saved: SavedWifi
) -> None:
    heard = frozenset({b"Home", b"", PHONE.ssid})
    assert Journey(in_range=heard, saved=(saved,)).stay(*now) == []


def test_a_wifi_that_has_cost_before_is_not_told_and_the_next_one_is() -> None:
    hotspot = SavedWifi("cc", "Phone", b"Phone")
    asked: list[str] = []

    def is_costly(wifi: SavedWifi) -> bool:
        asked.append(wifi.uuid)
        return wifi.uuid == "cc"

    journey = Journey(
        in_range=frozenset({b"Phone"}), saved=(hotspot, SAVED), is_costly=is_costly
    )
    assert journey.stay(used(PHONE, paid_by="pk")) == []
    journey.in_range |= {b"Home"}
    assert journey.stay(used(PHONE, paid_by="pk")) == [WIFI_IN_RANGE]
    asked.clear()
    journey.stay(used(PHONE, paid_by="pk"), for_s=600)
    assert asked == []


def test_a_snooze_of_the_plan_that_pays_silences_wifi_too() -> None:
    journey = Journey(
        plans=(in_plan(snoozed=[WIFI_IN_RANGE]),), in_range=frozenset({b"Home"})
    )
    journey.tick(used(PHONE, 1, "pk"))
    journey.tick(used(PHONE, 1, "pk"))
    assert [type(each) for each in journey.changes] == [Noted]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["there", "away", "asleep", "restarted"]),
            st.integers(1, 400),
        ),
        max_size=40,
    )
)
def test_however_a_network_comes_and_goes_it_is_told_once_a_stay(
    steps: list[tuple[str, int]],
) -> None:
    journey = Journey()
    told, away_s, long = 0, 0, 0
    for what, minutes in steps:
        first_s = 60 * minutes if what == "asleep" else 10  # until its first tick
        if what == "restarted":
            journey.restart(60 * minutes)
            away_s += 60 * minutes
        elif what == "away":
            told += len(journey.stay(for_s=60))
            told += len(journey.tick(after_s=60 * minutes))
            away_s += 60 + 60 * minutes
        else:
            told += len(journey.tick(used(PHONE), after_s=first_s))
            told += len(journey.stay(used(PHONE)))
            long += bool(away_s) and away_s + first_s >= AWAY_S
            away_s = 0
    assert told <= 1 + long
    if {"there", "asleep"} & {what for what, _ in steps}:
        assert told


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("evil\x1b[31m\n<b>\u202eX", '"evil\\x1b[31m\\n<b>\\u202eX"'),
        ("\0" * 32, '"' + "\\x00" * 15 + '..."'),
        ("x" * 500, '"' + "x" * 60 + '..."'),
        ("", "wifi:aa"),
    ],
)
def test_a_hostile_name_stays_in_its_line(name: str, shown: str) -> None:
    journey = Journey(in_range=frozenset({b"a\n\xff\x1b"}))
    journey.saved = (replace(SAVED, ssid=b"a\n\xff\x1b"),)
    network = replace(PHONE, name=name, ssid=b"")
    assert journey.stay(used(network)) == [NETWORK_UNCOVERED, WIFI_IN_RANGE]
    uncovered, wifi = [each.alert for each in journey.told.open.values()]
    assert uncovered.title.endswith(f": {shown} (wifi0)")
    assert wifi.title.startswith('The Wi-Fi "a\\n\\xff\\x1b" is')
    assert wifi.body == f"You are using {shown} (wifi0), which is metered."
    assert all(line.isprintable() for line in uncovered.body.split("\n"))


def shared(amount: int, network: Network = PHONE, paid_by: str = "pk") -> Used:
    """A network over which others have moved so much through this machine."""
    now = used(network, paid_by=paid_by)
    return replace(now, forwarded_bytes=amount, via=("ap0", "usb0"))


def test_a_metered_network_that_is_shared_is_told_once_a_stay() -> None:
    journey = Journey()
    assert journey.stay(shared(1_000_000)) == []
    assert journey.stay(shared(1_200_000), for_s=7200) == [FORWARDING_STARTED]
    assert journey.alert() == (
        'Other devices use "Anna\'s iPhone" (wifi0)',
        (
            "1.20 MB were forwarded for them so far, which costs, and plan pk pays.\n"
            "Not wanted? They are behind ap0, usb0: turn its sharing (hotspot) off."
        ),
    )
    journey.restart()
    assert journey.stay(shared(0)) == []
    assert journey.stay(shared(5_000_000)) == []
    journey.tick(after_s=AWAY_S + 20)
    journey.tick(after_s=AWAY_S + 20)
    assert journey.open == []
    assert journey.stay(shared(5_000_000)) == [FORWARDING_STARTED]


@pytest.mark.parametrize("network", [HOME, replace(PHONE, metered=None)])
def test_what_is_not_known_to_cost_may_be_shared(network: Network) -> None:
    assert Journey().stay(shared(10**9, network)) == []


def test_a_snoozed_hotspot_is_not_told() -> None:
    journey = Journey(plans=(in_plan(snoozed=[FORWARDING_STARTED]),))
    assert journey.stay(shared(10**9)) == []
