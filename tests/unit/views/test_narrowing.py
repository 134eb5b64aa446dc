"""What some programs moved adds up in every report, and is their part of the bill."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.plans.payers import Bindings, Paying, Wide
from monitor.usage import Traffic, total
from monitor.views.payers import Sharing
from monitor.views.question import SUBJECTS
from monitor.views.subjects import Part, Records
from tests.unit.views.records import DAY, bill, process, report, share, traffic

PAYING = Paying(Bindings(wides=(Wide("wwan*", "home"),)))
MEMBERS = {"home": Sharing({1000: "amina"})}
EXPLANATION = [
    share("firefox", traffic(9000), app_class="interactive"),
    share("firefox", traffic(1000), app_class="background"),
    share("apt", traffic(4000), app_class="background", uid=0),
    share("apt", traffic(2000), app_class="background", uid=0, name="eth0"),
    share(None, traffic(500), kind="kernel"),
    share(None, traffic(700), kind="forwarded", via="ap0"),
]
BILLS = [bill(traffic(20_000)), bill(traffic(3000), "eth0")]
PROCESSES = [process("firefox", 7, traffic(8000)), process("apt", 9, traffic(6000))]


def _records() -> Records:
    parts = [Part(DAY, BILLS, EXPLANATION)]
    return Records(BILLS, EXPLANATION, PROCESSES, parts, parts)


@pytest.mark.parametrize("by", SUBJECTS)
@pytest.mark.parametrize(
    ("asked", "rx_bytes"),
    [
        ({"applications": ("fire*",)}, 10_000),
        ({"applications": ("nothing",)}, 0),
        ({"applications": ("*",)}, 16_000),
        ({"background": True}, 7000),
        ({"applications": ("apt", "x"), "background": True}, 6000),
    ],
)
def test_the_rows_are_all_that_the_programs_moved(
    by: str, asked: dict[str, Any], rx_bytes: int
) -> None:
    made = report(_records(), by=by, paying=PAYING, members=MEMBERS, **asked)
    assert total(row.traffic for row in made.rows) == traffic(rx_bytes)
    assert made.shown == traffic(rx_bytes)
    assert made.total.l3 == traffic(23_000)
    assert all(row.counter is None for row in made.rows)


def test_the_picture_is_of_the_programs_too() -> None:
    made = report(_records(), applications=("apt",))
    assert [each.traffic for each in made.slices] == [traffic(6000)]


def test_members_have_what_their_users_moved_of_a_plan() -> None:
    rows = report(_records(), by="member", paying=PAYING, members=MEMBERS).rows
    found = {
        (row.plan, row.member, row.reason, row.place.interface): row.traffic.rx_bytes
        for row in rows
    }
    assert found == {
        ("home", "amina", None, "wwan0"): 10_000,
        ("home", None, "no_member", "wwan0"): 5200,
        ("home", None, "unattributed", "wwan0"): 4800,
        (None, None, "no_plan", "eth0"): 2000,
        (None, None, "unattributed", "eth0"): 1000,
    }


def test_devices_are_this_computer_and_those_behind_it() -> None:
    rows = report(_records(), by="device").rows
    found = {
        (row.device, row.reason, row.via, row.place.interface): row.traffic.rx_bytes
        for row in rows
    }
    assert found == {
        ("local", None, None, "wwan0"): 14_000,
        ("local", None, None, "eth0"): 2000,
        (None, "forwarded", "ap0", "wwan0"): 700,
        (None, "kernel", None, "wwan0"): 500,
        (None, "unattributed", None, "wwan0"): 4800,
        (None, "unattributed", None, "eth0"): 1000,
    }


AMOUNTS = st.builds(Traffic, *[st.integers(0, 10**12) for _ in range(4)])
SHARES = st.lists(
    st.builds(
        share,
        st.sampled_from(["a", "b", None]),
        AMOUNTS,
        kind=st.sampled_from(["socket", "tunnel", "forwarded", "kernel"]),
        app_class=st.sampled_from(["interactive", "background", "unknown"]),
        name=st.sampled_from(["wwan0", "eth0"]),
        uid=st.sampled_from([0, 1000]),
    ),
    max_size=8,
)


@given(
    SHARES,
    st.sampled_from([by for by in SUBJECTS if by != "process"]),
    st.sampled_from([(), ("a",), ("b", "c")]),
    st.booleans(),
    st.none() | st.integers(1, 3),
)
def test_every_report_of_some_programs_has_the_same_sum(
    shares: list[Any],
    by: str,
    applications: tuple[str, ...],
    background: bool,  # noqa: FBT001 - hypothesis gives by position
    top: int | None,
) -> None:
    parts = [Part(DAY, BILLS, shares)]
    records = Records(BILLS, shares, (), parts, parts)
    made = report(
        records,
        by=by,
        paying=PAYING,
        members=MEMBERS,
        applications=applications,
        background=background,
        top=top,
    )
    if not applications and not background:
        assert made.shown == made.total.l3
        return
    wanted = [
        row.traffic
        for row in shares
        if (not applications or row.application in applications)
        and (not background or row.app_class == "background")
    ]
    assert made.shown == total(wanted)
