"""Where eBPF cannot be had: the bill alone, with the reason and the remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.places import Mounts, without_libbpf
from tests.e2e.truth import adds_up, billed, of_process, raw, transfer

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
def test_the_bill_is_kept_although_there_is(
    lab: Lab, root: Place, make: Callable[[Place], Esimmon], lack: str
) -> None:
    command, reason, remedy = MOUNTS[lack]
    with Mounts(command()) as mounts:
        _bill_alone(lab, make(root.behind(mounts)), reason, remedy)


def test_the_bill_is_kept_although_root_lacks_the_capabilities(
    lab: Lab, root: Place, make: Callable[[Place], Esimmon]
) -> None:
    lesser = root.inside("setpriv", f"--bounding-set={CAPABILITIES}", "--")
    reason = "is not permitted: CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN missing"
    _bill_alone(lab, make(lesser), reason, "AmbientCapabilities=CAP_BPF")


def _bill_alone(lab: Lab, esimmon: Esimmon, reason: str, remedy: str) -> None:
    before = raw(lab.near)
    daemon = esimmon.start()
    transfer(lab, up=100_000, down=300_000)
    report = esimmon.report()

    shown = " ".join(daemon.shown().split())
    assert "programs not known: only totals of interfaces (tier interface)" in shown
    assert reason in shown
    assert remedy in shown
    assert billed(report) == raw(lab.near) - before
    assert [row["reason"] for row in report["rows"]] == ["unattributed"]
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
