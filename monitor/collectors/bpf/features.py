"""Which programs of the object a kernel takes: found by trying, never by version.

Since: `REQUIRED` loads on Linux 6.1 and later. Of the optional groups, Debian's 6.1 has
    no `tracepoints` (they came with 6.3) and takes `functions`; a hardened kernel may
    refuse `functions` even to root. `netns_cookie`, `mptcp` and `kernel_skb` (Linux
    6.2) are not programs but calls, which the verifier never sees when the setting is
    off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

REQUIRED = {
    "sock_create": "cgroup",
    "connect4": "cgroup",
    "connect6": "cgroup",
    "sendmsg4": "cgroup",
    "sendmsg6": "cgroup",
    "recvmsg4": "cgroup",
    "recvmsg6": "cgroup",
    "getpeername4": "cgroup",
    "getpeername6": "cgroup",
    "sched_process_exit": "trace",
    "sched_process_exec": "trace",
}
"""Owner hooks without which nothing is attributed, and what they attach to."""

COUNTING = ("skb_ingress", "skb_egress")
"""What counts; attached last, when the owners of older sockets are known."""

FEATURES: dict[str, tuple[str, ...]] = {
    "tracepoints": ("sock_send_length", "sock_recv_length"),
    "functions": (
        "inet_sendmsg",
        "inet6_sendmsg",
        "inet_recvmsg",
        "inet6_recvmsg",
        "tcp_splice_read",
        "inet_accept",
    ),
    "task_file": ("task_file",),
    "netns_cookie": (),
    "wire": ("net_dev_start_xmit", "netif_receive_skb"),
    "drops": ("kfree_skb",),
    "tun": ("tun_file",),
    "reading": ("tcp_rcv_space_adjust",),
    "mptcp": (),
    "kernel_skb": (),
}
"""Optional groups and their programs. The order is that of the bits in `Identity`."""

_INSTEAD_OF = {"functions": "tracepoints"}  # the same events by other means

ADOPTION = "task_file"
"""An iterator that is run once: it finds the sockets that are open already."""
TUN, TUN_PROGRAM = "tun", "tun_file"
"""A group of one iterator that is run again whenever somebody asks."""
WIRE = "wire"
"""What devices move, and what is forwarded."""
ITERATORS = frozenset({ADOPTION, TUN_PROGRAM})
"""Programs that attach to nothing and run when their link is read."""

Loaded = TypeVar("Loaded")


def programs(features: frozenset[str]) -> tuple[str, ...]:
    """Names of the programs to load.

    Args:
        features: optional groups that are on.

    Returns:
        Names as in usage.bpf.c.
    """
    optional = (name for one in FEATURES if one in features for name in FEATURES[one])
    return (*REQUIRED, *COUNTING, *optional)


def pack(features: frozenset[str]) -> int:
    """The bit mask of some features."""
    return sum(1 << bit for bit, name in enumerate(FEATURES) if name in features)


def unpack(mask: int) -> frozenset[str]:
    """The features of a bit mask."""
    return frozenset(name for bit, name in enumerate(FEATURES) if mask >> bit & 1)


def hook_names(features: frozenset[str]) -> tuple[str, ...]:
    """What is on, for people: `cgroup`, then each optional hook by its own name."""
    names = ["cgroup"]
    for feature, hooks in FEATURES.items():
        if feature in features:
            names += hooks or (feature,)
    return tuple(names)


def choose(
    load: Callable[[frozenset[str]], Loaded],
    discard: Callable[[Loaded], None],
    allowed: frozenset[str],
) -> Loaded:
    """Load with as many features as the kernel takes.

    Args:
        load: loads with exactly these features, or raises OSError.
        discard: frees what was loaded, for something better was found.
        allowed: features that may be tried.

    Returns:
        What was loaded in the end.

    Raises:
        OSError: Not even the required programs can be loaded.
    """
    preferred = allowed - {
        feature for feature, other in _INSTEAD_OF.items() if other in allowed
    }
    try:
        return load(preferred)  # a recent kernel takes all at once
    except OSError:
        features: frozenset[str] = frozenset()
        best = load(features)
    for feature in FEATURES:
        if feature not in allowed or _INSTEAD_OF.get(feature) in features:
            continue
        try:
            better = load(features | {feature})
        except OSError:
            continue
        discard(best)
        best, features = better, features | {feature}
    return best
