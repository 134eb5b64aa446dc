"""Where eBPF cannot be had: TCP alone by program, with the reason and the remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.daemon import SLOW
from tests.e2e.places import Mounts, without_libbpf
from tests.e2e.truth import adds_up, billed, free_port, of_process, raw, transfer
from tests.estimates import is_estimate, let_go
from tests.load import next_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.daemon import Esimmon
    from tests.e2e.places import Place
    from tests.lab import Lab

CAPABILITIES = "-bpf,-perfmon,-net_admin,-sys_admin"
MOUNTS = {
    "no libbpf": (
        without_libbpf,
        "needs the library libbpf.so.1",
        "Install it (Debian, Ubuntu: apt install libbpf1).",
    ),
    "no type information": (
        lambda: "mount -t tmpfs none /sys/kernel/btf",
        "needs the kernel's type information, and /sys/kernel/btf/vmlinux is missing",
        "Run a kernel built with CONFIG_DEBUG_INFO_BTF",
    ),
}


@pytest.mark.parametrize("lack", MOUNTS)
def test_tcp_has_its_program_although_there_is(
    lab: Lab, root: Place, make: Callable[[Place], Esimmon], lack: str
) -> None:
    command, reason, remedy = MOUNTS[lack]
    with Mounts(command()) as mounts:
        _tcp_alone(lab, make(root.behind(mounts)), reason, remedy)


def test_tcp_has_its_program_although_root_lacks_the_capabilities(
    lab: Lab, root: Place, make: Callable[[Place], Esimmon]
) -> None:
    lesser = root.inside("setpriv", f"--bounding-set={CAPABILITIES}", "--")
    reason = "is not permitted: CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN missing"
    _tcp_alone(lab, make(lesser), reason, "AmbientCapabilities=CAP_BPF")


def _tcp_alone(lab: Lab, esimmon: Esimmon, reason: str, remedy: str) -> None:
    esimmon.configure(SLOW)
    before = raw(lab.near)
    daemon = esimmon.start()
    far, port = lab.address["far4"], free_port()
    next_line(lab.far.traffic("serve", far, port))
    client = lab.near.traffic("transfer_later", far, port, 100_000, 300_000)
    next_line(client)
    assert daemon.flush()
    let_go(lab, client)
    report = esimmon.report()

    shown = " ".join(daemon.shown().split())
    assert "(tier sockdiag)" in shown
    assert reason in shown
    assert remedy in shown
    assert billed(report) == raw(lab.near) - before
    assert is_estimate(of_process(report, client.pid), lab.port(port))
    assert adds_up(report)
    assert daemon.stop() == 0
    assert daemon.said() == ""


def test_three_capabilities_are_enough_to_name_every_process(
    lab: Lab, root: Place, make: Callable[[Place], Esimmon]
) -> None:
    only = "-all,+bpf,+perfmon,+net_admin,+dac_override"
    esimmon = make(root.inside("setpriv", f"--bounding-set={only}", "--"))
    daemon = esimmon.start()
    pid, wire = transfer(lab, down=300_000)
    assert of_process(esimmon.report(), pid) == wire
    assert daemon.stop() == 0
    assert not esimmon.pins().exists()
