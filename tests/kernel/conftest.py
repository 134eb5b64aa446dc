"""The labs and the program that all kernel tests share; they measure differences."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor.collectors.bpf import Program, open_program
from monitor.collectors.bpf.cgroups import find_root
from tests.kernel.account import Account
from tests.kernel.meter import Meter
from tests.lab import Lab
from tests.namespaces import let_go

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BPFFS = Path("/sys/fs/bpf")
HERE = Path(__file__).parent
NEEDS = ("root", "ip", "nft", "bpftool", "setpriv", "libbpf.so.1")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say what all tests of this folder need; tests/conftest.py leaves out or fails."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.kernel)
            item.add_marker(pytest.mark.needs(*NEEDS))


@pytest.fixture(autouse=True)
def _no_pipe_is_left() -> Iterator[None]:
    """The labs live on, and thousands of programs run in them."""
    yield
    let_go()


@pytest.fixture(scope="session")
def program() -> Iterator[Program]:
    """A program that counts the whole machine, and ends with the tests."""
    opened = open_program(None, "").program
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def lab(program: Program) -> Iterator[Lab]:
    """The network, without segmentation offload."""
    with Lab() as made:
        _tell_mtus(program, made)
        yield made


@pytest.fixture(scope="session")
def offload_lab(program: Program) -> Iterator[Lab]:
    """The network, with super-packets at both ends."""
    with Lab(offload=True) as made:
        _tell_mtus(program, made)
        yield made


@pytest.fixture(params=["segmented", "offload"])
def any_lab(request: pytest.FixtureRequest) -> Lab:
    """One network after the other."""
    name = {"segmented": "lab", "offload": "offload_lab"}[request.param]
    found: Lab = request.getfixturevalue(name)
    return found


@pytest.fixture
def meter(lab: Lab) -> Iterator[Meter]:
    """A program that is at home in the network without offload."""
    made = Meter(lab)
    yield made
    made.program.close()


@pytest.fixture
def measure(program: Program) -> Callable[[Lab], Account]:
    """Begin to measure in a lab."""
    return lambda lab: Account(program, lab)


def _tell_mtus(program: Program, lab: Lab) -> None:
    for side in (lab.near, lab.far):
        program.set_mtu(lab.ifindex(side), 1500, side.inode)


@pytest.fixture
def cgroup() -> Iterator[Path]:
    """A cgroup of our own, which may have children."""
    root = find_root() / f"esimmon-test-{os.getpid()}"
    root.mkdir()
    yield root
    for folder in sorted(
        (path for path in root.rglob("*") if path.is_dir()), reverse=True
    ):
        folder.rmdir()
    root.rmdir()


@pytest.fixture
def name() -> Iterator[str]:
    """A folder of pins of our own; whatever is left in it is removed."""
    name = f"test-{os.getpid()}-{time.monotonic_ns()}"
    yield name
    folder = BPFFS / "esimmon" / name
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()
    if folder.exists():
        folder.rmdir()
