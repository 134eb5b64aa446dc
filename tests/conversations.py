"""What anybody may send to the daemon's socket: good requests, bad ones, and none.

A conversation is bytes in any pieces, some with descriptors sent along, and an end.
"""

from __future__ import annotations

import array
import json
import os
import select
import socket
from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import strategies as st

from monitor.daemon.callers import LINE_BYTES

if TYPE_CHECKING:
    from pathlib import Path

CODES = {-32700, -32600, -32601, -32000, -32001}
NAMES = (
    *("id", "failure", "way", "network", "plan", "key", "label", "entry", "kind", "ts"),
    *("caller_uid", "alert", "bytes", "method", "params", "jsonrpc", "\ud800", "a\0b"),
)
PARAMS = {
    "status": ("id",),
    "live": ("id",),
    "flush": ("id",),
    "plans.changed": ("id",),
    "alerts.pending": ("id",),
    "alerts.shown": ("id", "failure", "way"),
    "alerts.snooze": ("id", "caller_uid"),
    "networks.bind": ("network", "plan"),
    "networks.name": ("key", "label"),
    "ledger.append": ("entry", "caller_uid"),
    "data.forget": ("app", "network", "before", "uid", "everything", "dry_run"),
}
"""What each of the daemon's methods is given."""
METHODS = tuple(PARAMS)
ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, 2**63, 10**300, [], {}, [[]], {"id": {}}, ["x"]),
    *("", " ", "\0", "\ud800", "a\nb\x1b[31m", "../../etc/passwd", "if:", "if:*"),
    *("x" * 60_000, "\ud800" * 9_000, "%s{0}$(id)'\"; --", "\u202e", "1/a/b/c/d"),
    json.loads("[" * 200 + "]" * 200),
    {"kind": "topup", "id": "x", "ts": "2026-11-01T00:00:00Z", "plan": "\0" * 9_000},
    {"kind": ["topup"], "id": 7, "bytes": -1},
)
"""Values that no method is meant to be given."""
KINDS = ("topup", "adjust", "snooze", "renewal", "transfer_out", "nonsense")
_NUMBERS = ("1e999", "-0", "1" * 4_000, "1" * 60_000, "NaN", "-Infinity", "1E-9", "0x1")
_PATIENCE_S = 20


class Conversation(NamedTuple):
    """What one caller does.

    Attributes:
        pieces: sent one after another.
        with_descriptors: whether each comes with some.
        reads: whether answers are read.
    """

    pieces: list[bytes]
    with_descriptors: bool
    reads: bool

    @property
    def sent(self) -> bytes:
        """All of it."""
        return b"".join(self.pieces)

    def __repr__(self) -> str:
        return f"Conversation({self.sent[:200]!r}, {len(self.sent)} bytes)"


def _texts() -> st.SearchStrategy[str]:
    odd = st.text(st.characters(codec=None, exclude_categories=()), max_size=20)
    long = st.sampled_from(
        ("x", "\0", "\ud800", "\N{OHM SIGN}", "\x1b[31m", "\n", "[{")
    )
    longer = st.builds(lambda word, times: word * times, long, st.integers(0, 9_000))
    return st.one_of(odd, longer, st.sampled_from((*NAMES, *KINDS, *METHODS)))


def values() -> st.SearchStrategy[Any]:
    """Whatever JSON can hold, and what Python takes for JSON."""
    single = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.integers(-(10**300), 10**300),
        st.floats(),
        _texts(),
    )
    return st.recursive(
        single,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
        ),
        max_leaves=12,
    )


def _requests(methods: tuple[str, ...]) -> st.SearchStrategy[Any]:
    entries = st.fixed_dictionaries(
        {"kind": st.sampled_from(KINDS)},
        optional={"id": values(), "ts": values(), "plan": values(), "bytes": values()},
    )
    params = st.dictionaries(st.sampled_from(NAMES), values(), max_size=5)
    return st.fixed_dictionaries(
        {
            "method": _mostly(st.sampled_from(methods), values()),
            "params": _mostly(
                st.one_of(params, st.fixed_dictionaries({"entry": entries})), values()
            ),
            "id": _mostly(st.integers(0, 9), values()),
        },
        optional={"jsonrpc": values()},
    )


def _mostly(
    usual: st.SearchStrategy[Any], odd: st.SearchStrategy[Any]
) -> st.SearchStrategy[Any]:
    return st.one_of(usual, usual, usual, odd)


def _written(value: Any, *, is_ascii: bool) -> bytes:  # noqa: ANN401 - whatever JSON can hold
    return json.dumps(value, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass")


def _nested(opening: str, times: int, *, is_closed: bool) -> bytes:
    closing = {"[": "]", '{"id":': "}"}[opening] if is_closed else ""
    inner = f"{opening * times}1{closing * times}"
    return f'{{"method": "status", "id": {inner}, "params": {{"a": {inner}}}}}'.encode()


def _lines(methods: tuple[str, ...]) -> st.SearchStrategy[bytes]:
    """One line each, without its end; now and then more of them, or one too long."""
    requests = _requests(methods)
    return st.one_of(
        st.builds(_written, requests, is_ascii=st.booleans()),
        st.builds(_written, values(), is_ascii=st.booleans()),
        st.binary(max_size=40),
        st.builds(
            _nested,
            st.sampled_from(("[", '{"id":')),
            st.one_of(st.integers(1, 40), st.integers(150, 4_000)),
            is_closed=st.booleans(),
        ),
        st.sampled_from(_NUMBERS).map(
            lambda number: f'{{"method": "status", "id": {number}}}'.encode()
        ),
        st.sampled_from(("utf-16", "utf-32", "utf-8-sig", "utf-7")).map(
            '{"method": "status"}'.encode
        ),
        requests.map(lambda asked: _written(asked, is_ascii=True)[:-1] + b', "id": 7}'),
        st.integers(LINE_BYTES - 2, LINE_BYTES + 2).map(padded),
    )


def padded(length: int) -> bytes:
    """A good request of so many bytes, without the end of the line.

    Args:
        length: in bytes.
    """
    asked = b'{"method": "status", "id": 5}'
    return asked[:-1] + b" " * (length - len(asked)) + b"}"


def conversations(
    methods: tuple[str, ...] = METHODS,
) -> st.SearchStrategy[Conversation]:
    """What one caller does, from connecting to hanging up.

    Args:
        methods: names that are called more often than others.
    """
    return st.builds(
        _cut,
        st.lists(_lines(methods), max_size=6),
        st.sampled_from((1, 1, 1, 40)),
        st.sampled_from((None, None, -1, -7)),
        st.lists(st.integers(0, 1_000), max_size=5),
        st.booleans(),
        st.booleans(),
    )


def _cut(  # noqa: PLR0913, PLR0917 - hypothesis draws them one by one
    lines: list[bytes],
    times: int,
    end: int | None,
    cuts_permille: list[int],
    with_descriptors: bool,  # noqa: FBT001
    reads: bool,  # noqa: FBT001
) -> Conversation:
    sent = b"".join(line + b"\n" for line in lines * times)[:end]
    cuts = sorted(len(sent) * cut // 1_000 for cut in cuts_permille)
    pieces = [
        sent[begin:end] for begin, end in zip([0, *cuts], [*cuts, None], strict=True)
    ]
    return Conversation(pieces, with_descriptors, reads)


def hold(path: Path, conversation: Conversation) -> bytes:
    """Have it with a daemon.

    Args:
        path: the daemon's socket.
        conversation: what to send.

    Returns:
        All that was answered before the daemon hung up; nothing for one who does not
        read.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.connect(str(path))
        link.setblocking(False)  # noqa: FBT003 - the only way to say it
        answered, waiting = b"", [piece for piece in conversation.pieces if piece]
        try:
            while waiting:
                answered += _read(link) if conversation.reads else b""
                _send(link, waiting, conversation)
            if not conversation.reads:
                return b""
            link.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            if not conversation.reads:
                return b""
        link.settimeout(_PATIENCE_S)
        while part := _rest(link):
            answered += part
        return answered


def _send(
    link: socket.socket, waiting: list[bytes], conversation: Conversation
) -> None:
    """Send what the kernel takes now; who reads nothing gives up when it takes none.

    Raises:
        OSError: the daemon hung up.
    """
    descriptor = os.open(os.devnull, os.O_RDONLY)
    along = array.array("i", [descriptor] * 3)
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, along)]
    try:
        ready = select.select([link], [link], [], _PATIENCE_S)[1]
        if not ready and not conversation.reads:
            raise BrokenPipeError
        if ready:
            with_rights = rights if conversation.with_descriptors else []
            sent = link.sendmsg([waiting[0][:30_000]], with_rights)
            waiting[0] = waiting[0][sent:]
            if not waiting[0]:
                del waiting[0]
    except BlockingIOError:
        pass
    finally:
        os.close(descriptor)


def _read(link: socket.socket) -> bytes:
    try:
        return link.recv(1_000_000)
    except BlockingIOError:
        return b""


def _rest(link: socket.socket) -> bytes:
    try:
        return link.recv(1_000_000)
    except ConnectionResetError:
        return b""
