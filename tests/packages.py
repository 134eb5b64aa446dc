"""The Debian packages that tests need, in one place.

Each program or library maps to the package it comes from, so that a test which is left
out can say what to install.
"""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
from pathlib import Path

PROGRAMS = {
    "ip": "iproute2",
    "nft": "nftables",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "setsid": "util-linux",
    "ping": "iputils-ping",
    "clang": "clang",
    "llvm-strip": "llvm",
    "bpftool": "bpftool",
    "qemu-system-x86_64": "qemu-system-x86",
    "busybox": "busybox-static",
    "modprobe": "kmod",
    "tmux": "tmux",
    "Xvfb": "xvfb",
    "dunst": "dunst",
    "dunstctl": "dunst",
    "dbus-daemon": "dbus",
    "dbus-send": "dbus",
    "import": "imagemagick",
    "notify-send": "libnotify-bin",
    "NetworkManager": "network-manager",
    "nmcli": "network-manager",
    "ModemManager": "modemmanager",
    "mmcli": "modemmanager",
    "dnsmasq": "dnsmasq-base",
    "kill": "procps",
    "wg": "wireguard-tools",
    "wireguard-go": "wireguard-go",
    "systemd-analyze": "systemd",
    "systemd-inhibit": "systemd",
    "systemd-sysusers": "systemd",
    "useradd": "passwd",
    "systemd-tmpfiles": "systemd",
    "chromium": "chromium",
    "vnstat": "vnstat",
    "vnstatd": "vnstat",
    "fish": "fish",
    "zsh": "zsh",
    "groff": "groff-base",
    "man": "man-db",
}
LIBRARIES = {"libbpf.so.1": "libbpf1", "libc.so.6": "libc6"}
HEADERS = {  # and other files
    "/usr/include/bpf/bpf_helpers.h": "libbpf-dev",
    "/usr/include/stdlib.h": "libc6-dev",
    "/lib/systemd/systemd": "systemd",
    "/usr/lib/systemd/user/dbus.socket": "dbus-user-session",
    "/lib/systemd/systemd-logind": "systemd",
    "/usr/lib/polkit-1/polkitd": "polkitd",
    "/usr/lib/python3/dist-packages/dbusmock/__init__.py": "python3-dbusmock",
    "/usr/include/linux/io_uring.h": "linux-libc-dev",
    "/usr/share/i18n/locales/de_DE": "locales",
}
# What a kernel may have been built without, or told not to give.
KERNEL = {
    "mptcp": ("/proc/sys/net/mptcp/enabled", "1"),
    "io_uring": ("/proc/sys/kernel/io_uring_disabled", "0"),
}
_CAP_SYS_TIME = 25  # linux/capability.h
# Without a program of their own to look for.
BESIDES = ("fonts-dejavu-core", "libc6-dev", "linux-libc-dev")


def debian_packages() -> list[str]:
    """All of them, for apt-get install."""
    named = [*PROGRAMS.values(), *LIBRARIES.values(), *HEADERS.values(), *BESIDES]
    return sorted(set(named))


def lacking(*needs: str) -> list[str]:
    """What is missing of the given needs, as packages to install (or "root").

    Args:
        needs: names of PROGRAMS, LIBRARIES, HEADERS or KERNEL, "root", "x86_64", or
            "CAP_SYS_TIME".
    """
    return [_source(need) for need in needs if not _is_there(need)]


def _is_there(need: str) -> bool:
    if need == "root":
        return os.geteuid() == 0
    if need == "CAP_SYS_TIME":
        return bool(_capabilities() >> _CAP_SYS_TIME & 1)
    if need == "x86_64":
        return platform.machine() == need
    if need in KERNEL:
        path, value = KERNEL[need]
        return Path(path).exists() and Path(path).read_text().strip() == value
    if need in PROGRAMS:
        # A plain user's PATH may lack the folders of the system's tools.
        return (
            shutil.which(need, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is not None
        )
    return _loads(need) if need in LIBRARIES else Path(need).exists()


def _capabilities() -> int:
    """Those in effect, as bits."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (found,) = (line for line in lines if line.startswith("CapEff:"))
    return int(found.split()[1], 16)


def _source(need: str) -> str:
    package = {**PROGRAMS, **LIBRARIES, **HEADERS}.get(need)
    if need in KERNEL:
        return f"{need} of the kernel ({KERNEL[need][0]})"
    return f"the Debian package {package}" if package else need


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True
