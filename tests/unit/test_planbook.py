"""Running totals of the plans: equal to asking the store anew, at every tick."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from monitor.planbook import PlanBook
from monitor.plans import Calibration, Plan, Validity
from monitor.usage import Attachment, Bill, Interval, Traffic, cut

DAY_S = 86_400
NOVEMBER_S = 1_793_491_200  # 2026-11-01T00:00Z
WWAN = Attachment("if:wwan0", "wwan0", billed=True)
USB = Attachment("if:usb0", "usb0", billed=True)
WIFI = Attachment("if:wlan0", "wlan0", billed=True)
DOCKER = Attachment("if:docker0", "docker0", billed=False)
UTC_ZONE = ZoneInfo("UTC")
MONTHLY = Plan(
    id="home",
    interfaces=("wwan*",),
    zone=UTC_ZONE,
    quota_bytes=10_000,
    billing_day=1,
)
PACK = Plan(
    id="pack",
    interfaces=("usb0", "wwan9"),
    zone=UTC_ZONE,
    quota_bytes=5_000,
    count="rx",
    validity=Validity(NOVEMBER_S + 25, NOVEMBER_S + DAY_S),
    calibration=Calibration(NOVEMBER_S + 105, 4_000),
)


@dataclass
class Ledger:
    """A store of ticks: what was booked, and how often it was asked."""

    ticks: list[tuple[Interval, Attachment, Traffic]] = field(default_factory=list)
    asked: int = 0
    book: PlanBook | None = None

    def usage_of(self, plan: Plan, asked: Interval) -> int:
        """What the lead's query does: the part inside, of devices that it pays for."""
        self.asked += 1
        assert self.book is not None
        return sum(
            plan.charged(part)
            for when, attachment, traffic in self.ticks
            if attachment.billed and self.book.plan_of(attachment.device) == plan.id
            for piece, part in cut(traffic, when, asked)
            if asked.from_s <= piece.from_s < asked.to_s
        )

    def tick(self, when: Interval, moved: dict[Attachment, Traffic]) -> None:
        """Keep it as pending, then book it."""
        assert self.book is not None
        for attachment, traffic in moved.items():
            # As the store does: cut at the plans' marks, so that no part is rounded.
            pieces = cut(traffic, when, self.book.marks(when))
            self.ticks += [(piece, attachment, part) for piece, part in pieces]
        bills = {each: Bill(traffic, traffic) for each, traffic in moved.items()}
        self.book.book(when, bills)


def _begin(*plans: Plan) -> tuple[Ledger, PlanBook]:
    ledger = Ledger()
    ledger.book = PlanBook(plans, ledger.usage_of)
    return ledger, ledger.book


def test_a_tick_is_charged_to_the_plan_of_its_device() -> None:
    ledger, book = _begin(MONTHLY, PACK)
    book.statuses(NOVEMBER_S + 60)
    moved = {
        WWAN: Traffic(100, 20),
        USB: Traffic(7, 3),
        WIFI: Traffic(1000, 0),
        DOCKER: Traffic(5, 5),
    }
    ledger.tick(Interval(NOVEMBER_S + 60, NOVEMBER_S + 70), moved)
    home, pack = book.statuses(NOVEMBER_S + 70)
    assert (home.used_bytes, home.remaining_bytes) == (120, 9_880)
    assert (pack.used_bytes, pack.remaining_bytes) == (7, 4_993)
    assert book.uncovered == {"wlan0": 1000}
    assert [book.plan_of(name) for name in ("wwan3", "usb0", "usb1")] == [
        "home",
        "pack",
        None,
    ]


def test_a_tick_costs_no_query() -> None:
    ledger, book = _begin(MONTHLY, PACK)
    for second in range(0, 100, 10):
        when = Interval(NOVEMBER_S + second, NOVEMBER_S + second + 10)
        ledger.tick(when, {WWAN: Traffic(1)})
        book.statuses(when.to_s)
    assert ledger.asked == 2  # once for each plan that has begun


def test_a_new_cycle_and_a_tick_across_it_are_found() -> None:
    ledger, book = _begin(MONTHLY)
    december_s = NOVEMBER_S + 30 * DAY_S
    ledger.tick(Interval(december_s - 20, december_s - 10), {WWAN: Traffic(500)})
    assert book.statuses(december_s - 10)[0].used_bytes == 500
    ledger.tick(Interval(december_s - 10, december_s + 30), {WWAN: Traffic(401)})
    assert book.statuses(december_s + 30)[0].used_bytes == 301
    # The clock is set back: the cycle before is as it was, and nothing is lost.
    assert book.statuses(december_s - 1)[0].used_bytes == 600
    assert book.statuses(december_s + 31)[0].used_bytes == 301


def test_a_clock_that_goes_back_inside_a_cycle_takes_nothing_back() -> None:
    ledger, book = _begin(MONTHLY)
    ledger.tick(Interval(NOVEMBER_S + 5000, NOVEMBER_S + 5010), {WWAN: Traffic(70)})
    assert book.statuses(NOVEMBER_S + 5010)[0].used_bytes == 70
    ledger.tick(Interval(NOVEMBER_S + 10, NOVEMBER_S + 20), {WWAN: Traffic(7)})
    assert book.statuses(NOVEMBER_S + 20)[0].used_bytes == 77
    book.restate()
    assert book.statuses(NOVEMBER_S + 20)[0].used_bytes == 77


def test_a_plan_that_is_over_counts_what_it_does_not_cover() -> None:
    ledger, book = _begin(PACK)
    end_s = NOVEMBER_S + DAY_S
    for second in range(-10, 30, 10):
        when = Interval(end_s + second, end_s + second + 10)
        ledger.tick(when, {USB: Traffic(10, 99)})
        book.statuses(when.to_s)
    status = book.statuses(end_s + 30)[0]
    assert (status.state, status.uncovered_bytes) == ("expired", 30)
    assert ledger.asked == 1


def test_a_plan_added_after_its_traffic_is_charged_for_it() -> None:
    ledger, book = _begin()
    ledger.tick(Interval(NOVEMBER_S, NOVEMBER_S + 10), {WWAN: Traffic(50)})
    assert book.statuses(NOVEMBER_S + 10) == []
    assert book.uncovered == {"wwan0": 50}
    book.reload([MONTHLY])
    assert book.statuses(NOVEMBER_S + 10)[0].used_bytes == 50
    assert book.plan_of("wwan0") == "home"


def test_late_data_are_found_by_restating() -> None:
    ledger, book = _begin(MONTHLY)
    book.statuses(NOVEMBER_S + 10)
    ledger.ticks.append((Interval(NOVEMBER_S, NOVEMBER_S + 5), WWAN, Traffic(9)))
    assert book.statuses(NOVEMBER_S + 10)[0].used_bytes == 0
    book.restate()
    assert book.statuses(NOVEMBER_S + 10)[0].used_bytes == 9


def test_of_two_plans_that_match_the_first_pays_and_it_is_said_once() -> None:
    other = Plan(id="other", interfaces=("wwan0",), zone=UTC_ZONE, billing_day=1)
    ledger, book = _begin(MONTHLY, other)
    for second in range(3):
        when = Interval(NOVEMBER_S + second, NOVEMBER_S + second + 1)
        ledger.tick(when, {WWAN: Traffic(1)})
    assert [each.used_bytes for each in book.statuses(NOVEMBER_S + 3)] == [3, 0]
    (note,) = book.notes
    assert note.startswith("wwan0 matches the plans home, other: home pays, because")


def test_the_facts_name_the_devices_of_each_plan() -> None:
    _, book = _begin(MONTHLY, PACK)
    home, pack = book.facts(NOVEMBER_S, ["wlan0", "wwan1", "wwan0"])
    assert (home["id"], home["interfaces"]) == ("home", ["wwan0", "wwan1"])
    assert (pack["state"], pack["interfaces"]) == ("pending", [])


@given(
    st.lists(
        st.tuples(
            st.integers(0, 40_000),
            st.integers(0, 300),
            st.sampled_from([WWAN, USB]),
            st.integers(0, 2000),
            st.integers(0, 2000),
        ),
        max_size=12,
    )
)
def test_running_totals_are_those_of_asking_anew(
    ticks: list[tuple[int, int, Attachment, int, int]],
) -> None:
    ledger, book = _begin(MONTHLY, PACK)
    now_s = NOVEMBER_S - DAY_S
    for pause_s, length_s, attachment, rx_bytes, tx_bytes in ticks:
        when = Interval(now_s + pause_s, now_s + pause_s + length_s)
        ledger.tick(when, {attachment: Traffic(rx_bytes, tx_bytes)})
        now_s = when.to_s
        running = book.statuses(now_s)
        book.restate()
        assert book.statuses(now_s) == running
