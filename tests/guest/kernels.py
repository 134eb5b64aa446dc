"""Kernels of Debian for guests: fetched by apt, unpacked into a cache, never installed.

Nothing of the machine's own package lists or boot files is touched: apt gets folders of
its own. Of a package only the image and the modules for networks, file systems and
virtual devices are kept (some 100 MB; fetching takes seconds).
"""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

SUITES = {"6.1": "bookworm", "6.12": "trixie"}
"""Of each kernel on offer: the Debian release it is the kernel of (12 and 13)."""

_KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
_PACKAGE = "linux-image-amd64"  # depends on the newest one, whose name has the version
_KEPT = (
    *("arch/x86/crypto", "crypto", "lib", "net"),
    *("drivers/block", "drivers/net", "drivers/virtio"),
    *("fs/9p", "fs/fscache", "fs/netfs", "fs/overlayfs"),
)


class GuestError(Exception):
    """No guest can be had here; the text says why."""


@dataclass(frozen=True)
class Kernel:
    """An unpacked kernel.

    Attributes:
        release: as in `uname -r`.
        image: for qemu.
        root: a folder with lib/modules/RELEASE in it.
    """

    release: str
    image: Path
    root: Path

    def modules(self, *names: str) -> list[Path]:
        """Files to insert, in order, so that these modules are there.

        Args:
            names: of modules; what is built in needs no file.

        Returns:
            Files; some kernels have them compressed.
        """
        files: dict[Path, None] = {}  # a set that keeps the order
        for name in names:
            which = ["-d", str(self.root), "-S", self.release, name]
            said = call("modprobe", "--show-depends", *which)
            for line in said.splitlines():
                kind, _, path = line.strip().partition(" ")
                if kind == "insmod":
                    files[Path(path.split()[0])] = None
        return list(files)


def call(*command: str, folder: Path | None = None) -> str:
    """Run a tool of the system.

    Args:
        command: program and arguments.
        folder: to run it in.

    Returns:
        Its output.

    Raises:
        GuestError: It is not there, or failed.
    """
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, cwd=folder
        )
    except FileNotFoundError as error:
        raise GuestError(f"{command[0]} is missing: apt install it") from error
    if done.returncode:
        raise GuestError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def cache() -> Path:
    """Where kernels are kept; a folder of our own, not of the user's home.

    Returns:
        $XDG_CACHE_HOME/esimmon-guests, or /var/tmp/esimmon-guests.

    Raises:
        GuestError: Somebody else made it.
    """
    folder = Path(os.environ.get("XDG_CACHE_HOME") or "/var/tmp") / "esimmon-guests"  # noqa: S108 - its owner is checked
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        raise GuestError(f"{folder} belongs to another user: remove it")
    return folder


def _archive(*, security: bool) -> str:
    """Where this machine's own apt gets its packages from.

    Args:
        security: the updates that mend holes, which are kept apart.

    Returns:
        The address of an archive.

    Raises:
        GuestError: apt knows none.
    """
    form = ("--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages")
    for line in call("apt-get", "indextargets", *form).splitlines():
        address, _, release = line.partition(" ")
        if release.endswith("-security") == security:
            return address
    raise GuestError("apt knows no archive of Debian: is apt-get update due?")


def get(version: str, *, renew: bool = False) -> Kernel:
    """A kernel, from the cache or else by apt.

    Args:
        version: one of SUITES.
        renew: fetch the newest one even if there is one.

    Returns:
        The kernel.

    Raises:
        GuestError: It cannot be fetched, or would not run here.
    """
    if os.geteuid() != 0:
        raise GuestError("a guest that sees all files needs root: use sudo")
    if platform.machine() != "x86_64":
        raise GuestError("there are guests for x86-64 only")
    folder = cache()
    root = folder / version
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if renew or not root.exists():
            with tempfile.TemporaryDirectory(dir=folder) as made:
                new = Path(made) / "root"
                _unpack(_fetch(SUITES[version], Path(made)), new)
                shutil.rmtree(root, ignore_errors=True)
                new.rename(root)
    (image,) = (root / "boot").glob("vmlinuz-*")
    return Kernel(image.name.removeprefix("vmlinuz-"), image, root)


def _fetch(suite: str, folder: Path) -> Path:
    """The newest kernel package of a Debian release, with apt in folders of its own."""
    for one in ("lists/partial", "cache/archives/partial"):
        (folder / one).mkdir(parents=True)
    sources = folder / "sources.list"
    signed = f"deb [arch=amd64 signed-by={_KEYS}]"
    sources.write_text(
        f"{signed} {_archive(security=False)} {suite} main\n"
        f"{signed} {_archive(security=True)} {suite}-security main\n",
        encoding="ascii",
    )
    options = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "Acquire::Languages": "none",
        "APT::Sandbox::User": "root",
    }
    words = [
        word for key, value in options.items() for word in ("-o", f"{key}={value}")
    ]
    call("apt-get", *words, "update", "--error-on=any")
    depends = call("apt-cache", *words, "depends", _PACKAGE).split()
    name = next(word for word in depends if word.startswith("linux-image-6"))
    call("apt-get", *words, "download", name, folder=folder)
    (package,) = folder.glob("*.deb")
    return package


def _unpack(package: Path, root: Path) -> None:
    with (
        subprocess.Popen(
            ["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE
        ) as reading,
        tarfile.open(fileobj=reading.stdout, mode="r|") as archive,
    ):
        for member in archive:
            member.name = member.name.removeprefix("./").removeprefix("usr/")
            if _is_kept(member.name):
                archive.extract(member, root, filter="data")
    (release,) = (path.name for path in (root / "lib/modules").iterdir())
    call("depmod", "-b", str(root), release)


def _is_kept(name: str) -> bool:
    top, *rest = name.split("/")
    if top == "boot":
        return rest[0].startswith("vmlinuz-") if rest else False
    if top != "lib" or len(rest) < 3:
        return False
    below = "/".join(rest[3:])
    return rest[2].startswith("modules.") or below.startswith(_KEPT)
