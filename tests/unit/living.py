"""Lives of a daemon on a machine of plain values, over a real store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.clock import RELEASED_S, Placement
from monitor.config import parse_config
from monitor.counting.sampler import Sampler
from monitor.daemon.recorder import Recorder
from monitor.daemon.watch import make_watch
from monitor.networks.attaching import InterfaceRules
from monitor.sources import Sources
from monitor.store.writer import Writer
from tests.unit.machine import NETNS, START_S

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.store.engine import Store
    from tests.unit.machine import Machine


def life(machine: Machine, store: Store, folder: Path, text: str) -> Recorder:
    """One life of a daemon."""
    sources = Sources(
        read_clock=machine.clock,
        devices=machine.counters,
        links=machine.links,
        default_routes=frozenset,
        addresses=dict,
        netns=NETNS,
        sockets=machine,
        networks=lambda _: machine.networks,
    )
    writer = Writer(store)
    resume = writer.start(
        boot_id=machine.boot_id, at_s=START_S, boot_s=START_S, tier="ebpf", version="1"
    )
    trusted_s = max(resume.last_trusted_s, RELEASED_S)
    sampler = Sampler(sources, InterfaceRules(), Placement(trusted_s))
    sampler.resume(resume, machine.clock())
    config = parse_config(text, "config.toml")
    watch = make_watch(store, sampler, config, folder / "esimmon.sock")
    recorder = Recorder(sampler, writer, machine.boot_id, watch)
    recorder.sample()
    recorder.flush()
    watch.write_status()
    return recorder
