"""All that is attacked, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.endurance.fuzzing import buses, callers, files, kernel, people, stores

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.endurance.fuzzing.target import Target

TARGETS: Final[Mapping[str, Callable[[Path], Target]]] = {
    "config": files.config_file,
    "plans.d": files.plan_files,
    "cases": files.case_files,
    "export": files.export_files,
    "backup": stores.backup_files,
    "vnstat": stores.vnstat_files,
    "status-file": files.status_file,
    "desktop-files": files.desktop_files,
    "zone-files": files.zone_files,
    "netlink-links": kernel.netlink_links,
    "netlink-addresses": kernel.netlink_addresses,
    "netlink-sockets": kernel.netlink_sockets,
    "netlink-namespace": kernel.netlink_namespace,
    "proc-routes": kernel.proc_routes,
    "proc-stat": kernel.proc_stat,
    "proc-process": kernel.proc_process,
    "proc-mountinfo": kernel.proc_mountinfo,
    "cgroups": kernel.cgroup_paths,
    "bpf-records": kernel.bpf_records,
    "dbus-values": buses.dbus_values,
    "dbus-messages": buses.dbus_messages,
    "control": callers.control_lines,
    "web-requests": callers.web_requests,
    "web-queries": callers.web_queries,
    "commands": people.command_lines,
    "texts": people.texts,
    "quantities": people.quantities,
}
"""Each is given an empty folder of its own."""
