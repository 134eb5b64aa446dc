"""The sockdiag tier: what a plain user without any capability gets.

Counts: TCP connections of this network namespace, by a look at all of them at each tick
    (INET_DIAG) and by the multicast that tells of the end of each. Not UDP: no socket
    of it counts bytes.
Unit: IP bytes and packets, estimated from payload and segments.
Width and restart: rows count from zero with this process; what connections had moved
    before it began belongs to the time before.
Scope: this network namespace; loopback is left out. Owners: one's own processes; of
    others the cgroup and the user. A connection that begins and ends between two looks
    has no owner: the event of its end carries neither user, inode nor cgroup.
Privilege: none.
"""

from monitor.collectors.sockdiag.source import SockDiag, is_instance

__all__ = ["SockDiag", "is_instance"]
