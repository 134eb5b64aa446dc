"""Who holds a socket: real processes of this test, in the real /proc."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from monitor.collectors.sockdiag import holders as source
from monitor.collectors.sockdiag.holders import Holders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.usage import Owner

SLEEP = "import sys; sys.stdin.read()"
WAIT = "import sys; print('named', flush=True); sys.stdin.read()"


@pytest.fixture
def open_socket() -> Iterator[socket.socket]:
    """A socket of this process."""
    with socket.socket() as made:
        yield made


def inode(found: socket.socket) -> int:
    """Its number in /proc."""
    return os.fstat(found.fileno()).st_ino


def holder(holders: Holders, found: socket.socket) -> Owner | None:
    """Who holds it now."""
    number = inode(found)
    holders.look([number])
    return holders.holder(number)


def heir(found: socket.socket) -> subprocess.Popen[bytes]:
    """A process that holds a socket, too, and waits for its input to end."""
    descriptor = found.fileno()
    return subprocess.Popen(
        [sys.executable, "-S", "-c", SLEEP],
        stdin=subprocess.PIPE,
        pass_fds=(descriptor,),
    )


def test_a_socket_of_one_s_own_has_a_process_with_all_its_facts(
    open_socket: socket.socket,
) -> None:
    """As /proc tells them."""
    holders = Holders()
    owner = holder(holders, open_socket)
    assert owner
    process = holders.processes[owner]
    assert (owner.pid, process.uid, process.ppid) == (
        os.getpid(),
        os.getuid(),
        os.getppid(),
    )
    assert process.exe == os.path.realpath(sys.executable)
    assert process.cgroup.startswith("/")
    assert process.argv
    assert holder(holders, open_socket) == owner
    assert holders.ended() == set()


def test_of_two_that_hold_it_the_older_one_has_it_until_it_lets_go(
    open_socket: socket.socket,
) -> None:
    """A child may only have inherited it."""
    holders = Holders()
    number = inode(open_socket)
    child = heir(open_socket)
    try:
        first = holder(holders, open_socket)
        assert first
        assert first.pid == os.getpid()
        open_socket.close()
        holders.look([number])
        second = holders.holder(number)
        assert second
        assert second.pid == child.pid
    finally:
        child.communicate()
    assert holders.ended() == {second}
    holders.forget(second)
    assert holders.ended() == set()
    holders.look([number])
    assert holders.holder(number) is None


def test_another_program_in_the_same_process_is_another_owner(
    open_socket: socket.socket,
) -> None:
    """It executes itself again when it is told to."""
    again = f"import os, sys; input(); os.execv(sys.executable, ['x', '-c', {SLEEP!r}])"
    number = inode(open_socket)
    child = subprocess.Popen(
        [sys.executable, "-S", "-c", again],
        stdin=subprocess.PIPE,
        pass_fds=(open_socket.fileno(),),
    )
    open_socket.close()
    holders = Holders()
    holders.look([number])
    before = holders.holder(number)
    assert before
    assert child.stdin
    child.stdin.write(b"\n")
    child.stdin.flush()
    while before not in holders.ended():
        pass
    after = None
    while after is None:
        holders.look([number])
        after = holders.holder(number)
    child.communicate()
    assert (before.pid, before.start_boottime_ns) == (
        after.pid,
        after.start_boottime_ns,
    )
    assert before != after


def test_a_socket_that_nobody_has_is_not_looked_for_for_ever() -> None:
    """A scan of all processes each time would cost too much."""
    holders = Holders()
    with socket.socket() as gone:
        number = inode(gone)
    for _ in range(3):
        holders.look([number])
    assert not holders._wanted([number])
    assert holders.holder(number) is None


def test_only_root_sees_into_processes_of_others() -> None:
    """Everybody sees into their own."""
    holders = Holders()
    assert holders.may_see(os.geteuid())
    assert holders.may_see(os.geteuid() + 1) is (os.geteuid() == 0)


@pytest.mark.parametrize("name", [b"\rUid:\t77\t77", b"\rUid:", b"\r0::/x"])
def test_a_name_with_a_carriage_return_is_no_line_of_its_own(name: bytes) -> None:
    """The kernel escapes newlines alone in /proc/PID/status."""
    script = f"import ctypes; ctypes.CDLL(None).prctl(15, {name!r}); {WAIT}"
    with subprocess.Popen(
        [sys.executable, "-S", "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"named\n"
        found = source._read(child.pid)
        child.communicate()
    assert found is not None
    assert (found.uid, os.fsencode(found.comm)) == (os.getuid(), name)
    own = source._read(os.getpid())
    assert own is not None
    assert found.cgroup == own.cgroup


def test_a_cgroup_with_a_carriage_return_is_no_other_cgroup() -> None:
    """Users name the cgroups below their own."""
    text = b"1:name=systemd:/user.slice/a\r0::/system.slice\n0::/user.slice/a\rb\n"
    assert source._unified(text) == "/user.slice/a\rb"


@pytest.mark.parametrize("status", [b"", b"Uid:\t\n", b"Uid:\tx\n", b"Uid: 1000\n"])
def test_a_status_without_a_user_is_a_value_error(status: bytes) -> None:
    """And so the process one that cannot be looked into."""
    with pytest.raises(ValueError, match=r"no user|invalid literal"):
        source._uid(status)
