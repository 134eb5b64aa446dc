"""Random plans, samples and ledgers: small numbers, so that things meet often."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from hypothesis import strategies as st

from monitor.plans.entries import Entry
from monitor.plans.samples import Sample
from monitor.plans.terms import Binding, Member, Plan
from monitor.plans.values import decode

BEGIN_S = int(datetime(2025, 3, 28, tzinfo=UTC).timestamp())
DAYS = 8
SPAN_S = DAYS * 86_400
# Hours and five minutes: boundaries are hit exactly now and then.
OFFSETS = st.one_of(
    st.integers(0, DAYS * 24).map(lambda hour: hour * 3600),
    st.integers(0, SPAN_S // 300).map(lambda slot: slot * 300),
    st.integers(0, SPAN_S),
)
INSTANTS = OFFSETS.map(lambda offset: BEGIN_S + offset)
TEXTS = INSTANTS.map(lambda at_s: f"{datetime.fromtimestamp(at_s, UTC):%FT%TZ}")
ZONES = st.sampled_from(
    ["UTC", "Asia/Kathmandu", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Beirut"]
)
TIMES = st.sampled_from(["00:00", "00:30", "02:30", "06:00", "22:00", "23:59"])
SMALL = st.integers(0, 60)
APPS = st.sampled_from(["web", "chat", "music", None])
MEMBERS = st.sampled_from(["ann", "bob", None])
COUNTRIES = st.sampled_from(["410", "454", None])
LOTS = st.sampled_from(["a", "b", "once", "e0", "e1", "e2", "nothing"])


def fields(needed: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[Any]:
    """A mapping of which some keys may be missing."""
    return st.fixed_dictionaries(needed, optional=optional)


WINDOWS = fields(
    {"start": TIMES, "end": TIMES},
    {"weekdays": st.lists(st.integers(1, 7), max_size=3)},
)
SCOPES = fields(
    {},
    {
        "windows": st.lists(WINDOWS, min_size=1, max_size=2),
        "apps": st.lists(st.sampled_from(["chat", "m*", "[a-w]*"]), min_size=1),
        "zones": st.just(["410"]),
        "tethered": st.booleans(),
        "members": st.just(["ann"]),
    },
)
NO_SCOPE: st.SearchStrategy[Any] = st.just({})


def _buckets(names: tuple[str, ...]) -> st.SearchStrategy[Any]:
    each = [
        fields(
            {"id": st.just(name), "bytes": st.one_of(SMALL, st.none())},
            {
                "per": st.sampled_from(["cycle", "validity"]),
                "class": st.sampled_from(["base", "promo"]),
                "priority": st.sampled_from([50, 100, 150]),
                "scope": st.one_of(NO_SCOPE, NO_SCOPE, SCOPES),
                "zero_rated": st.sampled_from([False, False, False, True]),
            },
        )
        for name in names
    ]
    return st.lists(st.one_of(each), max_size=3, unique_by=lambda one: one["id"])


BUCKETS = _buckets(("a", "b", "once"))
CYCLES = st.one_of(
    fields(
        {"kind": st.just("month"), "billing_day": st.sampled_from([1, 29, 30, 31])},
        {"reset_time": TIMES, "month_end": st.sampled_from(["clamp", "spill"])},
    ),
    fields({"kind": st.just("week"), "weekday": st.integers(1, 7)}, {}),
    fields({"kind": st.just("day")}, {"reset_time": TIMES}),
    fields(
        {"kind": st.just("days_calendar"), "days": st.integers(1, 3)},
        {"reset_time": TIMES},
    ),
    fields({"kind": st.just("elapsed"), "hours": st.integers(5, 50)}, {}),
    st.just({"kind": "whole"}),
)
STARTS = st.sampled_from(["fixed", "purchase", "install", "first_use", "first_attach"])
VALIDITIES = st.one_of(
    st.just({"kind": "open"}),
    fields(
        {"kind": st.just("elapsed"), "hours": st.integers(1, 90)},
        {
            "starts_on": STARTS,
            "activate_by": TEXTS,
            "on_deadline": st.sampled_from(["lapse", "autostart"]),
        },
    ),
    fields(
        {"kind": st.just("days_calendar"), "days": st.integers(1, 4)},
        {"reset_time": TIMES, "starts_on": STARTS},
    ),
    fields(
        {"kind": st.just("fixed"), "end": TEXTS},
        {"start": st.just("2025-03-27T00:00:00Z")},
    ),
)
TIERS = st.sampled_from(
    [
        [],
        [{"behavior": "free", "upto_bytes": 5}, {"behavior": "throttle", "kbps": 64}],
        [{"behavior": "bill", "block_bytes": 7, "price": "1.05", "tax_pct": "7.5"}],
    ]
)
PLANS = fields(
    {"id": st.just("p"), "cycle": CYCLES, "validity": VALIDITIES, "buckets": BUCKETS},
    {
        "tz": ZONES,
        "count": st.sampled_from(["both", "rx", "tx"]),
        "overage": TIERS,
        "rounding": st.just({"unit_bytes": 10}),
        "rollover": fields({}, {"cycles": st.integers(1, 3), "cap_bytes": SMALL}),
        "caps": st.lists(
            fields({"id": st.just("c"), "bytes": SMALL}, {"scope": SCOPES}), max_size=1
        ),
        "gifting": fields(
            {"allowed": st.sampled_from([True])},
            {"max_pct": st.sampled_from([50]), "step_bytes": st.just(2)},
        ),
        "renewal": fields({"early": st.sampled_from(["stack", "accumulate"])}, {}),
        "zones": st.just({"included": ["410"]}),
        "forecast": st.just({"min_elapsed_s": 3600, "rapid_window_s": 90_000}),
        "alerts": fields(
            {},
            {
                "background": fields({"window": WINDOWS, "bytes": SMALL}, {}),
                "budget_day": st.booleans(),
            },
        ),
        "purchased_at": TEXTS,
        "installed_at": TEXTS,
        "activated_at": TEXTS,
    },
)
LOT_VALIDITIES: st.SearchStrategy[Any] = st.one_of(
    st.just({}),
    fields({"mode": st.just("own")}, {"days": st.integers(0, 3), "hours": SMALL}),
    st.just({"mode": "own", "days": 2, "calendar": True}),
    fields({"mode": st.just("until"), "at": TEXTS}, {}),
    st.just({"mode": "never"}),
)
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "activate": ({}, {"mcc": st.just("410")}),
    "attach": ({}, {"mcc": st.sampled_from(["410", "454"])}),
    "topup": (
        {"bytes": SMALL},
        {
            "validity": LOT_VALIDITIES,
            "class": st.sampled_from(["topup", "promo"]),
            "scope": st.one_of(NO_SCOPE, NO_SCOPE, SCOPES),
            "starts": st.sampled_from(["now", "on_depletion"]),
        },
    ),
    "transfer_in": ({"bytes": SMALL}, {"expires_at": TEXTS}),
    "transfer_out": ({"bytes": SMALL}, {}),
    "borrow": (
        {
            "from": st.sampled_from(["ann", "bob", "eve"]),
            "to": st.sampled_from(["ann", "bob"]),
            "bytes": SMALL,
        },
        {},
    ),
    "adjust": ({"delta_bytes": st.integers(-60, 60)}, {}),
    "renewal": (
        {},
        {"mode": st.sampled_from(["stack", "restart", "accumulate", "extend"])},
    ),
    "plan_change": (
        {
            "mode": st.sampled_from(
                ["next_cycle", "immediate_reset", "immediate_keep"]
            ),
            "buckets": BUCKETS,
        },
        {},
    ),
    "replacement": ({"new_iccid": st.sampled_from(["8992011234567890123", "x"])}, {}),
    "revoke": ({"lot": LOTS}, {}),
    "undo": ({"entry": st.sampled_from(["e0", "e1", "e2", "e3", "e9"])}, {}),
    "snooze": ({"alert": st.just("data.warning")}, {"until": TEXTS}),
}
SYNCS: st.SearchStrategy[Any] = st.one_of(
    st.fixed_dictionaries({"used_bytes": SMALL}),
    st.fixed_dictionaries({"remaining_bytes": SMALL}),
    st.fixed_dictionaries({"remaining_bytes": SMALL, "lot": LOTS}),
)


@st.composite
def ledgers(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Entries e0, e1 … in any order of time."""
    found = []
    for number in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from([*KINDS, "sync", "topup"]))
        entry = {"id": f"e{number}", "kind": kind, "ts": draw(TEXTS)}
        if draw(st.integers(0, 4)) == 0:
            entry["as_of"] = draw(TEXTS)
        entry |= draw(SYNCS if kind == "sync" else fields(*KINDS[kind]))
        found.append(entry)
    return found


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """A sample of up to two days; instants and sleep included."""
    to_s = draw(INSTANTS)
    length_s = draw(st.sampled_from([0, 0, 300, 3600, 7200, 90_000, 172_800]))
    awake: tuple[tuple[int, int], ...] = ()
    if length_s and draw(st.integers(0, 3)) == 0:
        awake = ((to_s - length_s // 2, to_s - length_s // 4), (to_s - 60, to_s))
    return Sample(
        to_s - length_s,
        to_s,
        draw(st.sampled_from(["wwan0", "wwan0", "usb0"])),
        draw(APPS),
        draw(SMALL),
        draw(SMALL),
        awake,
        draw(COUNTRIES),
        draw(st.sampled_from([True, False, None])),
        draw(MEMBERS),
        None,
    )


class History(NamedTuple):
    """All that an answer is a function of.

    Attributes:
        plan: what was bought.
        members: who shares it.
        entries: the ledger.
        bindings: None for all.
        samples: in order of their start.
        at_s: the instant asked.
    """

    plan: Plan
    members: list[Member]
    entries: list[Entry]
    bindings: list[Binding] | None
    samples: list[Sample]
    at_s: int


@st.composite
def histories(draw: st.DrawFn) -> History:
    """A plan and what became of it."""
    bindings = draw(
        st.one_of(
            st.none(),
            st.none(),
            st.lists(
                fields(
                    {"iface": st.just("wwan0"), "plan": st.just("p")},
                    {"from": TEXTS, "to": TEXTS},
                ),
                min_size=1,
                max_size=2,
            ),
        )
    )
    moved = sorted(
        draw(st.lists(samples(), max_size=9)), key=lambda each: (each[0], each[1])
    )
    return History(
        msgspec.convert(draw(PLANS), Plan, dec_hook=decode),
        msgspec.convert(
            [{"id": "ann", "allocation_bytes": 50, "reserve_bytes": 9}, {"id": "bob"}],
            list[Member],
            dec_hook=decode,
        ),
        msgspec.convert(draw(ledgers()), list[Entry], dec_hook=decode),
        msgspec.convert(bindings, list[Binding] | None, dec_hook=decode),
        moved,
        BEGIN_S + draw(OFFSETS),
    )
