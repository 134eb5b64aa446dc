"""What holds for every plan, whatever happens to it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.plans.account import open_account, replay
from monitor.plans.entries import (
    Borrow,
    Entry,
    Revoke,
    Topup,
    TransferIn,
    TransferOut,
    Undo,
)
from monitor.plans.forecast import forecast
from monitor.plans.ledger import ordered
from monitor.plans.samples import Sample
from monitor.plans.status import status
from monitor.plans.straddling import Flow
from monitor.plans.terms import ForecastTerms
from monitor.plans.timing import Validity, Whole
from tests.unit.plans.histories import BEGIN_S, History, histories

if TYPE_CHECKING:
    from monitor.plans.account import Account

Facts = dict[str, Any]
EXAMPLES = int(os.environ.get("ESIMMON_TEST_EXAMPLES", "80"))


def facts(account: Account, at_s: int) -> Facts:
    """All that an account says at an instant."""
    account = account.seen_at(at_s)
    return {
        **msgspec.to_builtins(status(account, at_s)),
        "forecast": msgspec.to_builtins(forecast(account, at_s)),
        "stays": account.stays,
        "drifts": account.drifts,
        "snoozed": account.snoozed,
        "nights": [night for night in account.nights(at_s) if night.apps],
    }


def at_once(history: History) -> Facts:
    """The answer of a replay."""
    return facts(replay(*history), history.at_s)


def known(history: History) -> list[Any]:
    """The samples that are dated at the instant asked."""
    return [
        each
        for each in history.samples
        if each.from_s < history.at_s or each.to_s <= history.at_s
    ]


@given(histories(), st.randoms(use_true_random=False))
@settings(max_examples=EXAMPLES, deadline=None)
def test_step_by_step_is_the_same_as_at_once(history: History, random: Any) -> None:  # noqa: ANN401
    plan, members, entries, bindings, _, at_s = history
    account = open_account(plan, members, entries, bindings, known_until_s=at_s)
    ended_s = 0
    for sample in known(history):
        if ended_s <= sample.from_s and random.random() < 0.4:
            # Nothing straddles this instant, so time may be moved here for good.
            account.advance(sample.from_s)
        account.charge([sample], at_s)
        ended_s = max(ended_s, min(sample.to_s, at_s))
        if random.random() < 0.5:
            facts(account.copy(), at_s)
        if random.random() < 0.3:
            account = account.copy()
    assert facts(account, at_s) == at_once(history)


@given(histories())
@settings(max_examples=EXAMPLES, deadline=None)
def test_sums_hold(history: History) -> None:
    seen = status(replay(*history), history.at_s)
    assert seen.main_used_bytes >= seen.overage_bytes >= 0
    assert seen.used_bytes >= seen.main_used_bytes
    assert seen.billed_bytes >= seen.used_bytes
    assert all(left is None or left >= 0 for left in seen.lots.values())
    if seen.remaining_bytes is not None and seen.state not in ("pending", "lapsed"):
        assert seen.remaining_bytes >= 0
        limit_bytes = seen.main_used_bytes - seen.overage_bytes + seen.remaining_bytes
        assert seen.limit_bytes == limit_bytes
    assert all(each.used_bytes >= 0 for each in seen.members.values())
    starts = [start for start, _, _ in seen.history[1:]]
    assert all(start is not None for start in starts)
    # A cycle that an entry ends at its first second has no length.
    assert all((start or 0) <= end for start, end, _ in seen.history)


@given(histories())
@settings(max_examples=EXAMPLES, deadline=None)
def test_each_byte_is_in_one_sum(history: History) -> None:
    plan = msgspec.structs.replace(
        history.plan, cycle=Whole(), validity=Validity(), activated_at=None
    )
    lots_only = Topup | TransferIn | TransferOut | Revoke | Borrow
    entries: list[Entry] = [
        each for each in history.entries if isinstance(each, lots_only)
    ]
    account = replay(*history._replace(plan=plan, entries=entries))
    seen, belonging = status(account, history.at_s), account.books.contract.belonging
    moved_bytes = 0
    for sample in known(history):
        flow = Flow(sample, history.at_s)
        for span in belonging.spans(sample):
            end_s = min(span.to_s, flow.to_s)
            moved_bytes += flow.counted(end_s, plan.count)
            if sample.from_s < sample.to_s:
                moved_bytes -= flow.counted(min(span.from_s, end_s), plan.count)
    sums = (seen.used_bytes, seen.zero_rated_bytes, seen.uncovered_bytes)
    assert sum(sums) == moved_bytes


@given(histories())
@settings(max_examples=EXAMPLES, deadline=None)
def test_an_entry_undone_was_never_written(history: History) -> None:
    plan, members, entries, bindings, samples, at_s = history
    ledger = ordered(entries, plan.id, at_s)
    left = {entry.id for entry in ledger.entries}
    undone = [
        entry
        for entry in entries
        if isinstance(entry, Undo)
        and entry.id in left
        and ledger.undone[entry.id] == "accepted"
    ]
    gone = {undo.entry for undo in undone}
    rest = [entry for entry in entries if entry.id not in gone]
    without = History(plan, members, rest, bindings, samples, at_s)
    found, expected = at_once(history), at_once(without)
    for undo in undone:
        found["results"].pop(undo.id, None)
        expected["results"].pop(undo.id, None)
    assert found == expected


@st.composite
def busy_days(draw: st.DrawFn) -> History:
    """Stored rows as a daemon writes them: a few applications in 5-minute slots."""
    history = draw(histories())
    first = draw(st.integers(0, 700))
    slots = sorted(draw(st.sets(st.integers(first, first + 20), max_size=12)))
    # The window of the forecast ends within the rows.
    terms = ForecastTerms(0, draw(st.sampled_from([700, 2000])))
    plan = msgspec.structs.replace(history.plan, forecast=terms)
    rows = [
        Sample(
            *(BEGIN_S + slot * 300, BEGIN_S + (slot + 1) * 300, "wwan0", app),
            *(draw(st.integers(0, 9)), draw(st.integers(0, 9))),
            mcc=draw(st.sampled_from(["410", "410", None, "454"])),
        )
        for slot in slots
        for app in ("web", "chat")
    ]
    at_s = BEGIN_S + first * 300 + draw(st.integers(0, 25 * 300))
    return history._replace(plan=plan, samples=rows, at_s=at_s)


@given(busy_days())
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_sample_charged_whole_is_one_charged_in_pieces(history: History) -> None:
    # Awake all the time is what a sample is without spans, and is cut with care.
    slow = [each._replace(awake=((each[0], each[1]),)) for each in history.samples]
    assert at_once(history) == at_once(history._replace(samples=slow))
