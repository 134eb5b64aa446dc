"""What a tick books, on a machine made of plain values."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.clock import RELEASED_S, SECOND_NS, Placement
from monitor.counting.sampler import Sampler
from monitor.counting.socket_rows import QUIET_NS
from monitor.devices import DeviceCounters
from monitor.errors import SourceError
from monitor.networks.attaching import InterfaceRules
from monitor.networks.uplink import SIM, WIFI, Network
from monitor.sources import Sources
from monitor.store.batch import Resume
from monitor.usage import (
    Bill,
    Interval,
    Owner,
    SocketCounters,
    SocketKey,
    Traffic,
    total,
)
from monitor.wire import NOTHING, Way, Wire
from monitor.wire import Reading as WireReading
from tests.unit.machine import CURL, NETNS, ROW, START_S, Machine

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from ipaddress import IPv4Network, IPv6Network

    Remote = IPv4Network | IPv6Network


@dataclass
class Seen:
    """A kernel that sees the wire of the devices that are watched."""

    passed: dict[int, Wire] = field(default_factory=dict)

    def move(self, ifindex: int, rx: Way, tx: Way) -> None:
        """Packets cross a device that is watched."""
        self.passed[ifindex] = self.passed[ifindex].plus(Wire(rx, tx))

    def watch(self, ifindexes: Iterable[int]) -> None:
        """Count these, and no others."""
        self.passed = {i: self.passed.get(i, Wire()) for i in ifindexes}

    def read(self) -> WireReading:
        """All counters."""
        return WireReading(dict(self.passed), {})

    def forget_hops(self, ifindexes: Iterable[int]) -> None:
        """Nothing is forwarded."""

    def tun_holders(self) -> dict[int, frozenset[Owner]]:
        """There is no tunnel."""
        return {}

    def set_local_prefixes(self, prefixes: Iterable[tuple[int, object]]) -> None:
        """Everything is far away."""

    def set_quotas(self, quotas: Mapping[int, int]) -> None:
        """No plan waits for anything."""

    def set_remotes(self, *, on: bool) -> None:
        """Nobody asks who was at the other end."""

    def take_remotes(self) -> dict[tuple[Owner, Remote], tuple[int, int]]:
        """Nobody was."""
        return {}


def sampler_of(machine: Machine, *, sockets: bool = True) -> Sampler:
    """A sampler on this machine."""
    sources = Sources(
        read_clock=machine.clock,
        devices=machine.counters,
        links=machine.links,
        default_routes=frozenset,
        addresses=dict,
        netns=NETNS,
        sockets=machine if sockets else None,
        networks=lambda _: machine.networks,
    )
    return Sampler(sources, InterfaceRules(), Placement(RELEASED_S))


def resume(
    *,
    first: bool = False,
    devices: dict[int, Traffic] | None = None,
    rows: dict[SocketKey, SocketCounters] | None = None,
    last_s: int | None = None,
) -> Resume:
    """What the store knows."""
    return Resume(
        run_id=1,
        first=first,
        boot_id="boot-1" if not first else "",
        devices={
            i: DeviceCounters(f"eth{i}", i, t) for i, t in (devices or {}).items()
        },
        sockets_instance="map-1" if rows is not None else "",
        sockets=rows or {},
        wire=NOTHING,
        calibrations={},
        last_s=last_s,
        last_trusted_s=RELEASED_S,
    )


def begun(machine: Machine, **known: object) -> Sampler:
    """A sampler that took its first tick."""
    sampler = sampler_of(machine)
    sampler.resume(resume(**(known or {"first": True})), machine.clock())  # type: ignore[arg-type]  # forwarded keywords
    sampler.tick()
    return sampler


def billed(sampler: Sampler) -> Traffic:
    """Raw bytes of all pieces that wait."""
    return total(bill.counter for bill in sampler.pending.batch.bill.values())


def explained(sampler: Sampler, kind: str = "socket") -> Traffic:
    """Bytes of the shares of one kind."""
    shares = sampler.pending.batch.explanation.items()
    return total(traffic for (_, _, share), traffic in shares if share.kind == kind)


def test_the_first_run_of_a_store_starts_at_the_counters_it_finds() -> None:
    """What was before is not ours, neither on devices nor in rows."""
    machine = Machine()
    machine.move(2, Traffic(10**9, 10**8, 10**6, 10**5), ROW)
    sampler = begun(machine)
    assert not billed(sampler)
    assert not sampler.pending.batch.explanation
    assert set(sampler.pending.batch.sockets_changed) == {ROW}


def test_a_tick_books_raw_bytes_ip_bytes_and_whose_they_were() -> None:
    """1014 bytes on the device are 1000 IP bytes of curl."""
    machine = Machine(devices={2: Traffic()})
    sampler = begun(machine)
    machine.pass_time(10)
    machine.move(2, Traffic(1014, 66, 1, 1), ROW)
    sampler.tick()
    key, bill = list(sampler.pending.batch.bill.items())[-1]
    assert key[0] == (START_S, START_S + 10)
    assert (bill.counter, bill.l3) == (Traffic(1014, 66, 1, 1), Traffic(1000, 52, 1, 1))
    assert explained(sampler) == bill.l3
    assert sampler.live.top == "curl"


def test_a_process_is_kept_under_the_name_it_has_now() -> None:
    """It may have renamed itself since its first packet."""
    machine = Machine(devices={2: Traffic()}, names={CURL: "renamed"})
    sampler = begun(machine)
    machine.pass_time(10)
    machine.move(2, Traffic(1014, 66, 1, 1), ROW)
    sampler.tick()
    assert [row.comm for row in sampler.pending.batch.processes.values()] == ["renamed"]


def test_a_device_born_during_the_run_counts_from_zero() -> None:
    """All it has counted was under our eyes."""
    machine = Machine(devices={2: Traffic()})
    sampler = begun(machine)
    machine.pass_time(10)
    machine.move(3, Traffic(500, 0, 1, 0))
    sampler.tick()
    assert billed(sampler) == Traffic(500, 0, 1, 0)


def test_after_a_kill_the_owners_are_known_and_the_remainder_is_nobodys_gap() -> None:
    """The kernel's map lived on: what moved between two readings has its row later."""
    machine = Machine(now_s=100, devices={2: Traffic(100, 0, 1, 0)})
    machine.rows[ROW] = SocketCounters(Traffic(86, 0, 1, 0), 5)
    known = {
        "devices": dict(machine.devices),
        "rows": dict(machine.rows),
        "last_s": START_S - 40,
    }
    machine.move(2, Traffic(1014, 0, 1, 0), ROW)
    machine.move(2, Traffic(514, 0, 1, 0))
    sampler = begun(machine, **known)
    assert billed(sampler) == Traffic(1528, 0, 2, 0)
    assert explained(sampler) == Traffic(1000, 0, 1, 0)
    assert not explained(sampler, "gap")
    assert min(key[0].from_s for key in sampler.pending.batch.bill) == START_S - 40


def test_what_was_moved_while_no_map_counted_is_said_to_be_the_gaps() -> None:
    """A clean stop, and a start later in the same boot."""
    machine = Machine(now_s=100, devices={2: Traffic(100, 0, 1, 0)})
    known = {"devices": dict(machine.devices), "last_s": START_S - 40}
    machine.move(2, Traffic(1014, 0, 1, 0), ROW)
    machine.move(2, Traffic(514, 0, 1, 0))
    sampler = begun(machine, **known)
    assert explained(sampler, "gap") == Traffic(500, 0, 1, 0)


def test_after_a_reboot_the_counters_are_new_and_count_since_boot() -> None:
    """Also where they are larger than the old ones."""
    machine = Machine(now_s=100, boot_id="boot-2", instance_id="map-2")
    machine.move(2, Traffic(10_014, 0, 1, 0))
    known = {"devices": {2: Traffic(500, 0, 5, 0)}, "last_s": START_S - 9999}
    sampler = begun(machine, **known)
    assert billed(sampler) == Traffic(10_014, 0, 1, 0)
    assert explained(sampler, "before_start") == Traffic(10_000, 0, 1, 0)
    assert min(key[0].from_s for key in sampler.pending.batch.bill) == START_S - 100


def test_a_counter_that_restarts_counts_whole_and_is_noted() -> None:
    """The driver was loaded anew."""
    machine = Machine(devices={2: Traffic(5000, 0, 5, 0)})
    sampler = begun(machine)
    machine.pass_time(10)
    machine.devices[2] = Traffic(700, 0, 1, 0)
    sampler.tick()
    assert billed(sampler) == Traffic(700, 0, 1, 0)
    assert [event.kind for event in sampler.pending.batch.events] == ["counter-restart"]


def test_an_idle_interface_is_seen_to_be_idle() -> None:
    """A row of zero bytes says that it was watched; only where it is billed."""
    machine = Machine(devices={2: Traffic(5000, 0, 5, 0)})
    sampler = begun(machine)
    machine.pass_time(10)
    sampler.tick()
    bills = sampler.pending.batch.bill
    assert {key[1].device for key in bills} == {"eth2"}
    assert not billed(sampler)


def test_a_clock_step_cuts_the_spans_and_keeps_the_length_of_the_tick() -> None:
    """An hour back neither stretches, loses nor doubles anything."""
    machine = Machine(devices={2: Traffic()})
    sampler = begun(machine)
    machine.pass_time(10)
    machine.wall_s -= 3600
    machine.move(2, Traffic(114, 0, 1, 0))
    sampler.tick()
    *_, piece = (key[0] for key in sampler.pending.batch.bill)
    assert piece == (START_S - 3600, START_S - 3590)
    assert sampler.pending.batch.cut
    assert [event.kind for event in sampler.pending.batch.events] == ["clock-step"]


EIGHT_HOURS_S = 8 * 3600


def pieces(sampler: Sampler) -> dict[Interval, int]:
    """When how many IP bytes were moved, as far as they wait."""
    bills = sampler.pending.batch.bill
    return {key[0]: bill.l3.bytes for key, bill in bills.items() if bill.l3}


def notes(sampler: Sampler) -> list[tuple[int, str, str]]:
    """What was noted, and waits."""
    events = sampler.pending.batch.events
    return [(event.at_s - START_S, event.kind, event.detail) for event in events]


def test_what_was_moved_before_a_sleep_is_booked_before_it() -> None:
    """And not spread over the night; the next tick begins in the morning."""
    machine = Machine(devices={2: Traffic()})
    sampler = begun(machine)
    machine.pass_time(4)
    machine.move(2, Traffic(10_014, 0, 1, 0), ROW)
    machine.sleep(EIGHT_HOURS_S)
    machine.pass_time(0.25)
    sampler.tick()
    assert pieces(sampler) == {(START_S, START_S + 4): 10_000}
    assert explained(sampler) == Traffic(10_000, 0, 1, 0)
    assert sampler.live.interval_s == pytest.approx(4.25)
    assert notes(sampler) == [(4, "suspend", "the machine slept for 8 h")]

    machine.pass_time(10)
    machine.move(2, Traffic(714, 0, 1, 0), ROW)
    sampler.tick()
    woke_s = START_S + 4 + EIGHT_HOURS_S
    assert pieces(sampler) == {
        (START_S, START_S + 4): 10_000,
        (woke_s, woke_s + 10): 700,
    }
    assert len(notes(sampler)) == 1


def test_a_sleep_without_a_known_time_waits_with_its_awake_part() -> None:
    machine = Machine(now_s=10, wall_s=10, devices={2: Traffic()}, synchronised=False)
    sampler = begun(machine)
    machine.move(2, Traffic(114, 0, 1, 0))
    machine.pass_time(3)
    machine.sleep(EIGHT_HOURS_S)
    sampler.tick()
    *_, waiting = sampler.pending.batch.unplaced
    assert waiting.to_boottime_ns == 13 * SECOND_NS


def test_a_sleep_before_a_source_fails_is_told_with_the_tick_that_books_it() -> None:
    machine = Machine(devices={2: Traffic()})
    sampler = begun(machine)
    machine.move(2, Traffic(1014, 0, 1, 0), ROW)
    machine.sleep(70)
    machine.broken = True
    with pytest.raises(SourceError):
        sampler.tick()
    machine.broken = False
    machine.pass_time(5)
    sampler.tick()
    assert pieces(sampler) == {(START_S, START_S + 5): 1000}
    assert notes(sampler) == [(5, "suspend", "the machine slept for 1 min 10 s")]


def test_less_than_a_second_between_the_clocks_is_no_sleep() -> None:
    """They are not read at one instant."""
    machine = Machine(devices={2: Traffic()})
    sampler = begun(machine)
    for wobble_s in (0.9, -0.9):
        machine.pass_time(10)
        machine.slept_s += wobble_s
        sampler.tick()
    assert notes(sampler) == []


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["pass", "sleep", "move", "tick", "commit"]),
        st.integers(1, 2_000),
    ),
    max_size=40,
)


@given(STEPS)
def test_sleeps_lose_and_double_nothing_and_no_byte_is_of_a_night(
    steps: list[tuple[str, int]],
) -> None:
    """Whatever the order of sleeps, transfers, ticks and flushes."""
    machine = Machine(devices={2: Traffic()})
    sampler = begun(machine)
    moved, found, nights = Traffic(), Traffic(), []
    for what, amount in [*steps, ("tick", 0), ("commit", 0)]:
        if what == "pass":
            machine.pass_time(amount)
        elif what == "sleep":
            asleep_s = machine.wall_s
            machine.sleep(amount + 1)
            sampler.tick()  # the timer is due
            nights.append((asleep_s, machine.wall_s))
        elif what == "move":
            machine.move(2, Traffic(amount + 14, 0, 1, 0), ROW)
            moved += Traffic(amount, 0, 1, 0)
        elif what == "tick":
            sampler.tick()
        else:
            for from_s, to_s in pieces(sampler):
                assert not any(a < to_s and from_s < b for a, b in nights)
            assert len(notes(sampler)) <= len(nights)
            bills = sampler.pending.batch.bill.values()
            assert explained(sampler) == total(bill.l3 for bill in bills)
            found += explained(sampler)
            sampler.committed()
    assert found == moved


def test_a_source_that_fails_books_nothing_and_the_next_tick_covers_the_time() -> None:
    """A collector's failure loses no byte."""
    machine = Machine(devices={2: Traffic()})
    sampler = begun(machine)
    machine.broken = True
    machine.pass_time(10)
    machine.move(2, Traffic(114, 0, 1, 0), ROW)
    with pytest.raises(SourceError):
        sampler.tick()
    machine.broken = False
    machine.pass_time(10)
    sampler.tick()
    *_, piece = (key[0] for key in sampler.pending.batch.bill)
    assert piece == (START_S, START_S + 20)
    assert explained(sampler) == Traffic(100, 0, 1, 0)


def test_a_device_that_goes_and_comes_back_continues() -> None:
    """Same index, same boot: moved out of the namespace and in again."""
    machine = Machine(devices={2: Traffic(1000, 0, 1, 0)})
    sampler = begun(machine)
    gone = machine.devices.pop(2)
    machine.pass_time(10)
    sampler.tick()
    machine.devices[2] = gone + Traffic(50, 0, 1, 0)
    machine.pass_time(10)
    sampler.tick()
    assert billed(sampler) == Traffic(50, 0, 1, 0)


def test_a_dead_process_leaves_after_a_quiet_minute_and_not_before() -> None:
    """Its last packets still belong to it."""
    machine = Machine(devices={2: Traffic()})
    sampler = begun(machine)
    machine.pass_time(10)
    machine.move(2, Traffic(114, 0, 1, 0), ROW)
    machine.ended = {CURL}
    sampler.tick()
    sampler.committed()
    assert ROW in machine.rows
    machine.pass_time(QUIET_NS / SECOND_NS)
    sampler.tick()
    sampler.committed()
    assert ROW not in machine.rows
    assert machine.forgotten == {CURL}
    assert sampler.pending.batch.sockets_removed == {ROW}


def test_a_row_born_anew_under_an_old_key_counts_from_zero() -> None:
    """A late packet of a process whose row had been removed."""
    machine = Machine(devices={2: Traffic()})
    sampler = begun(machine)
    machine.rows[ROW] = SocketCounters(Traffic(500, 0, 5, 0), 7)
    machine.pass_time(10)
    sampler.tick()
    machine.rows[ROW] = SocketCounters(Traffic(52, 0, 1, 0), 8)
    machine.pass_time(10)
    sampler.tick()
    assert explained(sampler) == Traffic(552, 0, 6, 0)


def test_packets_without_a_row_are_noted() -> None:
    """The kernel's map was full: that is said with what was counted, never hidden."""
    machine = Machine(devices={2: Traffic()})
    sampler = begun(machine)
    machine.failures.failed_rows = 3
    for kinds in (["overflow"], []):
        machine.pass_time(10)
        sampler.tick()
        assert [event.kind for event in sampler.pending.batch.events] == kinds
        sampler.committed()


def test_without_the_kernels_accounting_only_the_bill_is_kept() -> None:
    """The interface tier."""
    machine = Machine(devices={2: Traffic()})
    sampler = sampler_of(machine, sockets=False)
    sampler.resume(resume(first=True), machine.clock())
    sampler.tick()
    machine.pass_time(10)
    machine.move(2, Traffic(114, 0, 1, 0), ROW)
    sampler.tick()
    sampler.committed()
    assert sampler.live.devices == {"eth2": Traffic(100, 0, 1, 0)}
    assert sampler.live.top == ""


def test_a_clock_nobody_can_believe_lets_usage_wait() -> None:
    """It is booked by boot time, not by a calendar of 1970."""
    machine = Machine(now_s=10, wall_s=10, devices={2: Traffic()}, synchronised=False)
    sampler = sampler_of(machine)

    sampler.resume(resume(first=True), machine.clock())
    sampler.tick()
    machine.pass_time(10)
    machine.move(2, Traffic(114, 0, 1, 0))
    sampler.tick()
    *_, waiting = sampler.pending.batch.unplaced
    assert waiting.bill is not None
    assert (waiting.from_boottime_ns, waiting.to_boottime_ns) == (
        10 * SECOND_NS,
        20 * SECOND_NS,
    )


def test_a_kernel_that_refuses_to_be_told_more_doubles_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = Machine(devices={2: Traffic()})
    sampler = begun(machine)

    def refuse(*_: object) -> None:
        raise SourceError("the map is full")

    monkeypatch.setattr(sampler.wires, "attend", refuse)
    for _ in range(3):
        machine.pass_time(10)
        machine.move(2, Traffic(1014, 0, 1, 0), ROW)
        sampler.tick()
    assert billed(sampler) == Traffic(3042, 0, 3, 0)
    assert explained(sampler) == Traffic(3000, 0, 3, 0)
    refused = [e for e in sampler.pending.batch.events if e.detail == "the map is full"]
    assert len(refused) == 1


def test_usage_belongs_to_the_network_that_a_device_was_attached_to() -> None:
    """What moved before the change is the old one's, what moved after it the new's."""
    machine = Machine(devices={2: Traffic()})
    machine.networks = {"eth2": Network("wifi:home", WIFI, "Home")}
    sampler = begun(machine)
    machine.pass_time(3)
    machine.move(2, Traffic(1014, 0, 1, 0), ROW)
    sampler.tick()
    machine.networks = {"eth2": Network("wifi:phone", WIFI, "Phone", metered=True)}
    machine.pass_time(4)
    machine.move(2, Traffic(2028, 0, 2, 0), ROW)
    sampler.tick()
    batch = sampler.pending.batch
    moved = {
        where.network: (when.from_s - START_S, when.to_s - START_S, each.l3.rx_bytes)
        for (when, where), each in batch.bill.items()
        if each.counter
    }
    assert moved == {"wifi:home": (0, 3, 1000), "wifi:phone": (3, 7, 2000)}
    owned = {
        where.network: each.rx_bytes
        for (_, where, _), each in batch.explanation.items()
    }
    assert owned == {"wifi:home": 1000, "wifi:phone": 2000}
    assert set(batch.networks) == {"wifi:home", "wifi:phone"}


def test_a_network_is_written_down_when_it_is_met_and_when_it_changes() -> None:
    machine = Machine(devices={2: Traffic()})
    machine.networks = {"eth2": Network("sim:1", SIM, "Jazz", mcc="410")}
    sampler = begun(machine)
    assert set(sampler.pending.batch.networks) == {"sim:1"}
    sampler.committed()
    machine.pass_time(10)
    sampler.tick()
    assert not sampler.pending.batch.networks
    machine.networks = {"eth2": Network("sim:1", SIM, "Jazz", mcc="404")}
    machine.pass_time(10)
    sampler.tick()
    assert sampler.pending.batch.networks["sim:1"].mcc == "404"


def test_what_a_device_moved_until_it_was_pulled_out_is_booked() -> None:
    """Its counters went with it; those of the wire did not."""
    seen = Seen()
    machine = Machine(devices={2: Traffic(), 3: Traffic()}, wires=seen)
    sampler = begun(machine)
    machine.pass_time(10)
    machine.move(3, Traffic(1014, 514, 1, 1), replace(ROW, ifindex=3))
    seen.move(3, Way(1000, 1, 1, 1000), Way(500, 1, 1, 500))
    del machine.devices[3]
    sampler.tick()
    assert 3 not in sampler.here.attached
    for _ in range(2):
        batch = sampler.pending.batch
        bills = [
            bill
            for (_, where), bill in batch.bill.items()
            if where.device == "eth3" and bill.counter
        ]
        assert bills == [Bill(Traffic(1014, 514, 1, 1), Traffic(1000, 500, 1, 1))]
        owned = {
            where.device: each for (_, where, _), each in batch.explanation.items()
        }
        assert owned == {"eth3": Traffic(1000, 500, 1, 1)}
        machine.pass_time(10)
        sampler.tick()


def test_a_device_that_is_pulled_out_at_rest_has_no_last_bill() -> None:
    machine = Machine(devices={2: Traffic(), 3: Traffic()}, wires=Seen())
    sampler = begun(machine)
    machine.pass_time(10)
    del machine.devices[3]
    sampler.tick()
    assert not billed(sampler)
