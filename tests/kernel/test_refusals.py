"""Where the tier is not offered, it is said what is missing, and how to get it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor.collectors.bpf import Surroundings, open_program
from monitor.collectors.bpf.features import FEATURES
from monitor.errors import UnsupportedError
from tests.kernel.account import Account, turned
from tests.load import next_line

if TYPE_CHECKING:
    from tests.lab import Lab

ALL = ("bpf", "perfmon", "net_admin")
OPEN = """
from monitor.collectors.bpf import open_program
from monitor.errors import UnsupportedError
try:
    program = open_program("test-refused", "").program
except UnsupportedError as error:
    print(error.what, error.remedy, sep="|")
else:
    print("hooks", *program.hooks, sep="|")
    program.detach()
    program.close()
"""


def open_with(*capabilities: str) -> str:
    """What happens with these capabilities, and no others."""
    few = ",".join(["-all", *(f"+{one}" for one in capabilities)])
    command = ["setpriv", "--bounding-set", few, sys.executable, "-c", OPEN]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert not done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("given", [ALL, ("sys_admin",)])
def test_three_capabilities_are_enough_and_so_is_sys_admin(
    given: tuple[str, ...],
) -> None:
    said, *hooks = open_with(*given).split("|")

    assert (said, hooks[0]) == ("hooks", "cgroup")
    # Which of the two is the kernel's: what must not be is neither.
    assert {"sock_send_length", "inet_sendmsg"} & set(hooks)


@pytest.mark.parametrize(
    "given", [(), ("bpf",), ("bpf", "perfmon"), ("bpf", "net_admin"), ALL[1:]]
)
def test_missing_capabilities_are_named(given: tuple[str, ...]) -> None:
    what, _, remedy = open_with(*given).partition("|")

    names = [f"CAP_{one.upper()}" for one in ALL if one not in given]
    assert what.endswith(f": {', '.join(names)} missing.")
    assert "root" in remedy
    assert "AmbientCapabilities=CAP_BPF CAP_PERFMON CAP_NET_ADMIN" in remedy
    assert not Path("/sys/fs/bpf/esimmon/test-refused").exists()


def test_a_missing_library_names_its_package() -> None:
    with pytest.raises(UnsupportedError, match=r"libbpf\.so\.9") as refused:
        open_program(None, "", surroundings=Surroundings(libbpf="libbpf.so.9"))
    assert "apt install libbpf1" in refused.value.remedy


def test_missing_type_information_is_said(tmp_path: Path) -> None:
    without = Surroundings(btf=tmp_path / "vmlinux")
    with pytest.raises(UnsupportedError, match="type information") as refused:
        open_program(None, "", surroundings=without)
    assert "CONFIG_DEBUG_INFO_BTF" in refused.value.remedy


def test_a_missing_cgroup_hierarchy_is_said(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text("29 1 0:26 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n")
    without = Surroundings(mountinfo=mounts, proc=tmp_path)
    with pytest.raises(UnsupportedError, match="cgroup v2") as refused:
        open_program(None, "", surroundings=without)
    assert "mount -t cgroup2" in refused.value.remedy


def test_a_program_that_no_kernel_takes_gives_the_kernels_reason(
    tmp_path: Path,
) -> None:
    broken = tmp_path / "usage.bpf.o"
    broken.write_bytes(Surroundings().program.read_bytes()[:5000])
    before = set(Path("/sys/fs/bpf").iterdir())
    with pytest.raises(UnsupportedError, match="does not take the eBPF") as refused:
        open_program("test-refused", "", surroundings=Surroundings(program=broken))

    assert "Linux 6.1" in refused.value.remedy
    assert set(Path("/sys/fs/bpf").iterdir()) == before


def test_function_hooks_are_all_on_or_all_left_out_and_bytes_count_either_way(
    lab: Lab,
) -> None:
    """A hardened kernel refuses them even to root; those in tests/guest do not."""
    only = Surroundings(features=frozenset({"functions"}))
    program = open_program(None, "", surroundings=only).program
    try:
        assert program.hooks in {("cgroup",), ("cgroup", *FEATURES["functions"])}
        account = Account(program, lab)
        host = lab.address["far4"]
        server = lab.far.traffic("serve", host, 7121)
        next_line(server)
        client = lab.near.traffic("transfer", host, 7121, 100_000, 200_000)
        assert (client.wait(), server.wait()) == (0, 0)

        assert account.process(lab.near, client.pid) == account.wire()
        assert account.process(lab.far, server.pid) == turned(account.wire())
    finally:
        program.close()
