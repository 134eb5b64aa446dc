"""Whatever anybody sends to the daemon's socket, everybody else is served."""

from __future__ import annotations

import json
import os
import resource
import selectors
import socket
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from monitor.client.calling import Answer, call
from monitor.daemon.callers import (
    CALLERS,
    LINE_BYTES,
    OF_ONE_USER,
    Caller,
    who_makes_room,
)
from monitor.daemon.control import Control, request
from tests.conversations import CODES, Conversation, conversations, hold, padded
from tests.desktop.stack import wait_for
from tests.unit.daemon.test_control import METHODS, exchange, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = int(os.environ.get("ESIMMON_TEST_CONVERSATIONS", "300"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the socket is."""
    return tmp_path / "run" / "esimmon.sock"


def strictly(line: bytes) -> dict[str, Any]:
    """One answer, as every reader of JSON takes it."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not in JSON")

    found = json.loads(line.decode("ascii"), parse_constant=refuse)
    assert isinstance(found, dict)
    return found


def open_descriptors() -> int:
    """How many this process has: the daemon's loop is a thread of it."""
    return len(list(Path("/proc/self/fd").iterdir()))


def check(conversation: Conversation, answered: bytes) -> int:
    """Each line has one answer in its place; returns how many lines there were."""
    *lines, rest = conversation.sent.split(b"\n")
    too_long = [len(line) + 1 > LINE_BYTES for line in lines]
    heard = too_long.index(True) + 1 if any(too_long) else len(lines)
    heard += len(rest) > LINE_BYTES and not any(too_long)
    if conversation.reads:
        *answers, end = answered.split(b"\n")
        assert end == b""
        assert len(answers) == heard
        for answer in map(strictly, answers):
            assert answer["jsonrpc"] == "2.0"
            assert answer["id"] is None or type(answer["id"]) in (int, str)
            assert ("result" in answer) != ("error" in answer)
            assert "error" not in answer or answer["error"]["code"] in CODES
    return heard


def test_every_line_has_its_answer_and_the_next_caller_is_served(path: Path) -> None:
    heard = 0

    @settings(max_examples=EXAMPLES)
    @given(conversations((*METHODS, "nonsense")))
    def talk(conversation: Conversation) -> None:
        nonlocal heard
        heard += check(conversation, hold(path, conversation))
        assert request(path, "echo", {"word": "well"}) == {"echo": "well"}

    with serving(path):
        before = open_descriptors()
        talk()
        wait_for(lambda: open_descriptors() <= before, "the last caller to be dropped")
    sys.stdout.write(f"{EXAMPLES} conversations, {heard} lines\n")
    assert heard > EXAMPLES


@pytest.mark.parametrize("more", [-1, 0])
def test_a_line_of_the_greatest_length_is_answered(path: Path, more: int) -> None:
    with serving(path):
        answer = exchange(path, padded(LINE_BYTES - 1 + more) + b"\n")
    assert answer["result"]["pid"] == os.getpid()


def test_who_sends_more_hears_why_before_the_daemon_hangs_up(path: Path) -> None:
    refused = Answer(refusal=f"a request has at most {LINE_BYTES} bytes")
    with serving(path):
        for length in (LINE_BYTES, 1_000_000):
            assert call(path, "echo", {"word": "x" * length}) == refused
        assert request(path, "echo", {"word": "well"}) == {"echo": "well"}


def test_an_answer_is_json_whatever_the_id_was(path: Path) -> None:
    with serving(path):
        for odd in ("NaN", "1e999", "[1]", "true", "1.5", '{"a": 1}', "[" * 300):
            closed = odd + "]" * odd.count("[") if len(odd) > 200 else odd
            sent = f'{{"method": "status", "id": {closed}}}\n'.encode()
            answer = exchange(path, sent)
            assert (answer["id"], "error" in answer) == (None, True)


def test_one_caller_with_many_lines_does_not_keep_the_others_waiting(
    tmp_path: Path,
) -> None:
    path = tmp_path / "esimmon.sock"
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        control = Control(path, METHODS, selector)
        stack.callback(control.close)
        greedy, patient = (connected(stack, path) for _ in range(2))
        greedy.sendall(b'{"method": "status", "id": 1}\n' * 1_000)
        patient.sendall(b'{"method": "status", "id": 2}\n')
        for _ in range(3):  # each is let in, then one line of each is heard
            for key, _ in selector.select(1):
                key.data()
        assert json.loads(patient.recv(1_000))["id"] == 2
        assert greedy.recv(100_000).count(b"\n") <= 2


def connected(stack: ExitStack, path: Path) -> socket.socket:
    """One that says nothing yet."""
    link = stack.enter_context(socket.socket(socket.AF_UNIX))
    link.settimeout(5)
    link.connect(str(path))
    return link


def test_a_byte_out_of_band_does_not_make_the_loop_spin(path: Path) -> None:
    with ExitStack() as stack:
        stack.enter_context(serving(path))
        link = connected(stack, path)
        link.send(b"!", socket.MSG_OOB)
        with pytest.raises(ConnectionResetError):
            link.recv(1)
        assert request(path, "status", {}) is not None


@contextmanager
def room_for(descriptors: int) -> Iterator[None]:
    """Let this process open so many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, descriptors), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_thousand_connections_at_once_shut_nobody_out(path: Path) -> None:
    with room_for(2_000), ExitStack() as stack:
        stack.enter_context(serving(path))
        before = open_descriptors()
        agent = connected(stack, path)
        agent.sendall(b'{"id": 1, "method": "news"}\n')
        assert b"none" in agent.recv(1_000)
        crowd = [connected(stack, path) for _ in range(1_000)]
        for _ in range(20):
            assert request(path, "echo", {"word": "well"}) == {"echo": "well"}
        # The share of one user, and nobody is kept waiting for it.
        assert open_descriptors() - before - len(crowd) - 1 <= OF_ONE_USER
        agent.sendall(b'{"id": 2, "method": "news"}\n')
        assert b'"id": 2' in agent.recv(1_000)


@pytest.fixture
def gate() -> Iterator[ExitStack]:
    """Closes what was made."""
    with ExitStack() as stack:
        yield stack


def someone(gate: ExitStack, uid: int, heard: int) -> Caller:
    """A caller of a user."""
    ours, theirs = map(gate.enter_context, socket.socketpair())
    del theirs
    caller = Caller(ours, heard)
    caller.uid = uid
    return caller


def test_a_user_with_all_his_connections_makes_room_among_his_own(
    gate: ExitStack,
) -> None:
    mine = [someone(gate, 1000, heard) for heard in range(OF_ONE_USER)]
    others = [someone(gate, 1001, 0), someone(gate, 0, 0)]
    mine[0].follows["news"] = ""
    mine[1].heard = 1_000
    assert who_makes_room([*mine, *others], 1000) is mine[2]
    assert who_makes_room([*mine, *others], 1001) is None
    for each in mine:
        each.follows["news"] = ""
    assert who_makes_room(mine, 1000) is mine[0]


def test_when_all_places_are_taken_who_has_most_makes_room(gate: ExitStack) -> None:
    few = [someone(gate, uid, 0) for uid in range(CALLERS - 3)]
    many = [someone(gate, 4711, heard) for heard in (9, 8, 7)]
    assert who_makes_room([*few, *many[:2]], 5000) is None
    assert who_makes_room([*few, *many], 5000) is many[2]
    assert who_makes_room([*few, *many], 0) is many[2]


def test_a_call_waits_where_many_want_to_be_let_in(path: Path) -> None:
    path.parent.mkdir()
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(str(path))
        listener.listen(0)
        connected(stack, path)
        # Somebody listens: that is no "nobody is there", on which stores are written.
        assert call(path, "status", {}, timeout_s=0.1) == Answer()
