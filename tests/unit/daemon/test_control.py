"""The daemon's socket, with real callers on a real socket."""

from __future__ import annotations

import json
import os
import selectors
import socket
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from monitor.daemon.control import (
    CALLER,
    Access,
    Answer,
    Control,
    Method,
    call,
    may_read,
    request,
)
from monitor.errors import StoreBusyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NOBODY = 65534
FORBIDDEN = -32001


def _echo(params: Mapping[str, Any]) -> dict[str, Any]:
    return {"echo": params.get("word")}


def _fail(_: Mapping[str, Any]) -> dict[str, Any]:
    raise RuntimeError("something broke")


METHODS = {
    "status": Method(Access.ANYBODY, lambda _: {"pid": os.getpid()}),
    "echo": Method(Access.GROUP, _echo),
    "fail": Method(Access.ANYBODY, _fail),
    "who": Method(Access.ANYBODY, dict, names_caller=True),
    "news": Method(Access.ANYBODY, lambda _: {"news": "none"}, is_followed=True),
}


@contextmanager
def serving(path: Path) -> Iterator[list[dict[str, Any]]]:
    """A daemon's loop in a thread; what is put into the list is announced as news."""
    stop = threading.Event()
    selector = selectors.DefaultSelector()
    control = Control(path, METHODS, selector)
    news: list[dict[str, Any]] = []

    def loop() -> None:
        while not stop.is_set():
            for key, _ in selector.select(0.05):
                key.data()
            while news:
                control.announce("news", news.pop(0))

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield news
    finally:
        stop.set()
        thread.join()
        control.close()
        selector.close()


def exchange(path: Path, sent: bytes) -> dict[str, Any]:
    """Send bytes, read one line."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(2)
        link.connect(str(path))
        link.sendall(sent)
        with link.makefile("rb") as lines:
            answer = json.loads(lines.readline())
    assert isinstance(answer, dict)
    return answer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the socket is."""
    return tmp_path / "run" / "esimmon.sock"


def test_a_call_is_answered(path: Path) -> None:
    """By name, with its arguments."""
    with serving(path):
        assert request(path, "echo", {"word": "hello"}) == {"echo": "hello"}


def test_two_calls_on_one_connection_are_answered_in_order(path: Path) -> None:
    """Also when both arrive at once."""
    calls = [{"jsonrpc": "2.0", "id": i, "method": "status"} for i in (1, 2)]
    sent = b"".join(json.dumps(call).encode() + b"\n" for call in calls)
    with serving(path), socket.socket(socket.AF_UNIX) as link:
        link.settimeout(2)
        link.connect(str(path))
        link.sendall(sent)
        with link.makefile("rb") as lines:
            answers = [json.loads(lines.readline()) for _ in calls]
    assert [answer["id"] for answer in answers] == [1, 2]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"{\n", -32700),
        (b"[]\n", -32600),
        (b'{"method": "echo", "params": []}\n', -32600),
        (b'{"method": "nonsense"}\n', -32601),
        (b'{"method": 7}\n', -32601),
        (b'{"method": "fail"}\n', -32000),
        (b"\xff\xfe\n", -32700),
    ],
)
def test_nonsense_gets_an_error_of_json_rpc(path: Path, sent: bytes, code: int) -> None:
    """And the daemon lives on."""
    with serving(path):
        assert exchange(path, sent)["error"]["code"] == code
        assert request(path, "status", {}) is not None


def test_an_endless_line_is_cut_off(path: Path) -> None:
    """Memory is bounded whatever a caller sends."""
    with serving(path), socket.socket(socket.AF_UNIX) as link:
        link.settimeout(2)
        link.connect(str(path))
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            link.sendall(b"x" * 65_536_000)


def test_a_caller_that_never_reads_does_not_hold_up_the_others(path: Path) -> None:
    """Its answers fill its buffer, and it is dropped."""
    call = b'{"id": 1, "method": "echo", "params": {"word": "' + b"y" * 9000 + b'"}}\n'
    with serving(path), socket.socket(socket.AF_UNIX) as link:
        link.setblocking(False)  # noqa: FBT003 - the only way to say it
        link.connect(str(path))
        for _ in range(500):
            try:
                link.send(call)
            except (BlockingIOError, BrokenPipeError, ConnectionResetError):
                break
        assert request(path, "status", {}) is not None


def test_who_asked_for_news_is_told_of_later_ones_and_nobody_else(path: Path) -> None:
    """As long as the connection is open."""
    with (
        serving(path) as news,
        socket.socket(socket.AF_UNIX) as link,
        socket.socket(socket.AF_UNIX) as other,
    ):
        for each, method in ((link, "news"), (other, "status")):
            each.settimeout(2)
            each.connect(str(path))
            each.sendall(f'{{"id": 1, "method": "{method}"}}\n'.encode())
        with link.makefile("rb") as lines, other.makefile("rb") as others:
            others.readline()
            assert json.loads(lines.readline())["result"] == {"news": "none"}
            news.append({"news": "rain"})
            announced = json.loads(lines.readline())
            assert announced == {
                "jsonrpc": "2.0",
                "method": "news",
                "params": {"news": "rain"},
            }
            other.settimeout(0.1)
            with pytest.raises(TimeoutError):
                others.readline()
        assert request(path, "status", {}) is not None


def test_a_follower_that_never_reads_is_dropped(path: Path) -> None:
    """And neither the daemon nor the next caller notices."""
    with serving(path) as news, socket.socket(socket.AF_UNIX) as link:
        link.connect(str(path))
        link.sendall(b'{"id": 1, "method": "news"}\n')
        news.extend({"news": "x" * 50_000} for _ in range(50))
        while news:
            assert request(path, "status", {}) is not None
        assert request(path, "status", {}) is not None


def test_nobody_answers_where_no_daemon_is(path: Path) -> None:
    """No socket, and a socket that a killed daemon left."""
    assert request(path, "status", {}) is None
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    assert request(path, "status", {}) is None


def test_a_call_hears_why_the_daemon_says_no(path: Path) -> None:
    with serving(path):
        assert call(path, "fail", {}) == Answer(refusal="something broke")
        unknown = call(path, "no such thing", {})
    assert unknown is not None
    assert "restart it" in unknown.refusal


def test_a_call_that_nobody_hears_is_told_from_one_without_an_answer(
    path: Path,
) -> None:
    assert call(path, "status", {}) is None
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as silent:
        silent.bind(str(path))
        silent.listen()
        assert call(path, "status", {}, timeout_s=0.05) == Answer()


def test_a_method_knows_who_calls_whatever_the_caller_says(path: Path) -> None:
    with serving(path):
        said = {CALLER: 4711, "word": "x"}
        assert request(path, "who", said) == {CALLER: os.getuid(), "word": "x"}


@pytest.mark.parametrize("sent", [b"[" * 60_000, b'{"a":[' * 200 + b"]}" * 200])
def test_nesting_without_end_is_not_followed(path: Path, sent: bytes) -> None:
    with serving(path):
        answer = exchange(path, sent + b"\n")
        assert answer["error"]["code"] == -32600
        assert "at most 256 lists and objects" in answer["error"]["message"]
        assert request(path, "echo", {"word": "still here"}) is not None


def test_a_dead_socket_is_replaced_and_a_living_one_is_not(path: Path) -> None:
    """Two daemons never answer at one place."""
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with (
        serving(path),
        selectors.DefaultSelector() as selector,
        pytest.raises(StoreBusyError, match="another esimmon daemon"),
    ):
        Control(path, METHODS, selector)


def test_a_clean_stop_removes_the_socket(path: Path) -> None:
    """The next start finds nothing to wonder about."""
    with serving(path):
        assert path.is_socket()
    assert not path.exists()


def test_who_may_read_is_root_the_daemons_user_and_its_group() -> None:
    """A user who is neither may not."""
    assert may_read(0, 0, NOBODY)
    assert may_read(1234, 1234, 1234)
    assert not may_read(NOBODY, NOBODY, 0)


def _as_stranger(path: Path) -> int:
    """In a child of another user: 0 when it was told no, but may ask for status."""
    try:
        os.setuid(NOBODY)
        answer = exchange(path, b'{"id": 1, "method": "echo"}\n')
        allowed = request(path, "status", {}) is not None
    except OSError:
        return 2
    return 0 if allowed and answer["error"]["code"] == FORBIDDEN else 1


@pytest.mark.needs("root")
def test_a_stranger_is_told_who_may_ask() -> None:
    """SO_PEERCRED tells who calls, whatever it says."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "esimmon.sock"
        ready, go = os.pipe()
        child = os.fork()  # before the loop's thread: a fork copies one thread only
        if not child:
            os.read(ready, 1)
            os._exit(_as_stranger(path))
        with serving(path):
            os.write(go, b"!")
            _, status = os.waitpid(child, 0)
        os.close(ready)
        os.close(go)
    assert os.waitstatus_to_exitcode(status) == 0
