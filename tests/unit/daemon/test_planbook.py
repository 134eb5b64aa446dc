"""Plans judged tick by tick stand as they do when judged anew from the store."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.plans.entries import Replacement
from monitor.plans.values import Name, Second
from monitor.store import ledger
from monitor.usage import Attachment, Bill, Interval, Traffic
from tests.unit.life_plans import (
    CAFE,
    CHOICES,
    HOURLY,
    LINED,
    MONTHLY,
    NEW_SIM,
    NEXT_SIM,
    PHONE,
    PLACES,
    ROAMER,
    SHARED,
    SIM,
    TETHERED,
    on,
)
from tests.unit.lives import TICKS, Life, Tick, living
from tests.unit.store.builders import CURL, WLAN, WWAN, share


@settings(max_examples=60, deadline=None)
@given(ticks=TICKS, first=st.integers(0, len(CHOICES) - 1))
def test_ticks_kills_reloads_and_entries_leave_the_plans_as_the_store_says(
    ticks: list[Tick], first: int
) -> None:
    with living(CHOICES[first]) as life:
        for tick in ticks:
            life.tick(tick)
            life.then(tick)
        life.tick(Tick(1, [], "", 0, 0))
        life.check()


def moving(length_s: int, amount: int) -> Tick:
    """A tick of so many bytes on wwan0."""
    return Tick(length_s, [(WWAN, share(), amount)], "", 0, 0)


def test_a_plan_added_today_counts_the_rows_already_stored() -> None:
    with living(()) as life:
        life.tick(moving(10, 700_000))
        life.plans = (HOURLY,)
        life.book.reload(life.plans)
        life.tick(moving(10, 70_000))
        (hourly,) = life.book.plans
        assert hourly.seen.status.used_bytes == 700_000 + 100_000 + 70_000 + 10_000


def test_a_device_that_comes_later_is_paid_for_by_a_pattern() -> None:
    with living((MONTHLY,)) as life:
        life.tick(moving(10, 7))
        later = Attachment("if:wwan1", "wwan1", billed=True)
        when = Interval(life.now_s, life.now_s + 10)
        life.pending.add_bill(when, later, Bill(Traffic(500), Traffic(500)))
        life.now_s = when.to_s
        life.book.see(when, (WWAN, later))
        assert life.book.is_stale


def test_who_logs_in_by_the_name_of_a_member_is_that_member() -> None:
    with living((SHARED,)) as life:
        moved = [(WWAN, share(CURL, 0), 700_000), (WWAN, share(), 70_000)]
        life.tick(Tick(10, moved, "flush", 0, 0))
        life.check()
        (shared,) = life.book.plans
        members = shared.seen.status.members
        # Nine tenths of the bytes are explained.
        assert [each.used_bytes for each in members.values()] == [720_000, 0]


def test_of_two_devices_at_one_moment_the_same_is_charged_first() -> None:
    """Which one empties the main lots decides when a queued top-up starts."""
    with living((HOURLY,)) as life:
        life.note(1)
        moved = [(WWAN, share(), 900_000), (WLAN, share(), 19_568)]
        life.tick(Tick(10, moved, "", 0, 0))
        life.check()


def test_which_plan_pays_where_several_match_is_said() -> None:
    with living((MONTHLY, HOURLY)) as life:
        life.tick(moving(10, 7))
        assert life.book.plan_of(WWAN, life.now_s) == "monthly"
        (note,) = life.book.notes
        assert note.startswith("wwan0 matches the plans monthly, hourly: monthly pays")


def used(life: Life) -> dict[str, int]:
    """Bytes by plan."""
    return {
        each.agreement.plan.id: each.seen.status.used_bytes for each in life.book.plans
    }


def moved(amount: int, *where: Attachment, length_s: int = 10) -> Tick:
    """A tick of so many bytes, an eighth of them sent, on each of these."""
    return Tick(length_s, [(each, share(), amount) for each in where], "", 0, 0)


def test_a_switch_of_sims_in_a_slot_divides_it_to_the_byte() -> None:
    both = (LINED, ROAMER, TETHERED)
    with living(both) as life:
        life.tick(moved(7000, on("wwan0", SIM)))
        life.tick(moved(70, on("wwan0", NEW_SIM)))
        life.tick(moved(700, on("wwan0", SIM)))
        life.tick(moved(7, on("wlan0", PHONE)))
        assert used(life) == {"lined": 8800, "roamer": 80, "tethered": 8}
        life.check()
        assert life.opened == 1


def test_a_network_that_is_new_on_a_known_device_judges_nothing_anew() -> None:
    with living((LINED, ROAMER, TETHERED)) as life:
        life.tick(moved(7, WWAN, WLAN))
        for where in PLACES:
            life.tick(moved(700, where))
            life.flush()
        life.check()
        assert life.opened == 1
        life.tick(moved(7, on("wwan9", SIM)))
        assert life.opened == 2


def test_another_word_on_a_known_network_judges_the_past_anew() -> None:
    """The store says of a network what is known of it now, also of the past."""
    renamed = replace(on("wlan0", CAFE), ssid=b"Phone")
    with living((ROAMER, TETHERED)) as life:
        life.tick(moved(7000, on("wlan0", CAFE)))
        assert used(life) == {"roamer": 8000, "tethered": 0}
        life.pending.batch.networks[CAFE.key] = replace(CAFE, ssid=b"Phone")
        life.present["wlan0"] = renamed
        life.tick(Tick(10, [], "", 0, 0))
        assert life.opened == 2
        assert used(life) == {"roamer": 0, "tethered": 8000}
        life.check()


def test_after_a_replacement_the_new_sim_is_the_plans_also_before_it() -> None:
    with living((LINED, TETHERED)) as life:
        life.tick(moved(7000, on("wwan0", NEW_SIM)))
        assert used(life) == {"lined": 0, "tethered": 8000}
        entry = Replacement(
            id=Name("r"),
            ts=Second(life.now_s),
            plan=Name("lined"),
            new_iccid=NEXT_SIM,
        )
        ledger.append(life.store, entry, life.now_s, "test")
        life.book.restate()
        life.tick(moved(70, on("wwan0", NEW_SIM)))
        assert used(life) == {"lined": 8080, "tethered": 0}
        assert life.book.plan_of(on("wwan0", NEW_SIM), life.now_s) == "lined"
        life.check()
