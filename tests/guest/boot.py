"""Run a command in a guest with another kernel, on this very file system.

    python tests/guest/boot.py --kernel 6.1 -- python -m pytest tests/kernel -q

The guest sees all files of this machine at their places, read-only beneath a memory of
its own: what it writes is gone when it ends. So the checkout, the virtual environment
and the system's tools are there as they are, and the command runs as root in the folder
you are in, with your PATH. What it prints is printed, and its exit status is the
status here; 1 and one line on standard error if there is no guest at all.

    --kernel 6.1|6.12   that of Debian 12 or 13: fetched once by apt, never installed
    --renew             fetch the newest one of that version
    --seconds N         then the guest is ended, with status 124 (900)
    --log FILE          for the kernel's own messages

Every processor is emulated (TCG): a guest boots in 7 s on any machine, with /dev/kvm or
without, and runs some fifteen times slower than the machine. No network but its own.

Needs root (to share files of every owner) and the Debian packages qemu-system-x86,
busybox-static and kmod.
"""

from __future__ import annotations

import argparse
import lzma
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if __package__ in {None, ""}:  # as a script
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.guest.cpio import Archive
from tests.guest.kernels import SUITES, GuestError, Kernel, get

if TYPE_CHECKING:
    from collections.abc import Sequence

TIMED_OUT = 124  # as timeout(1) ends
_INIT, _MAIN = (Path(__file__).with_name(name) for name in ("init", "main"))
_DYNAMIC = b"/lib64/ld-linux-x86-64.so.2"  # what a program that is not static asks for
_BOOT_MODULES = ("virtio_pci", "9pnet_virtio", "9p", "overlay")
_PASSED_ON = ("PATH", "VIRTUAL_ENV", "LANG", "COLUMNS", "ESIMMON_TEST_STRICT")
_MEMORY_MB = 2048
_CPUS = 2


def boot(
    kernel: Kernel,
    command: Sequence[str],
    *,
    seconds: int = 900,
    folder: Path | None = None,
    log: Path | None = None,
) -> int:
    """Run a command in a guest; its output is this process's output.

    Args:
        kernel: from tests.guest.kernels.get.
        command: program and arguments.
        seconds: after which the guest is ended.
        folder: to run it in; the one we are in if nothing is said.
        log: for the kernel's messages.

    Returns:
        Exit status of the command, or TIMED_OUT.

    Raises:
        GuestError: There is no guest, or it ended without the command.
    """
    with tempfile.TemporaryDirectory() as made:
        work = Path(made)
        messages, status = log or work / "messages", work / "status"
        initramfs = work / "initramfs"
        initramfs.write_bytes(
            _initramfs(kernel, _script(command, folder or Path.cwd()))
        )
        try:
            done = subprocess.run(
                _qemu(kernel, initramfs, messages, status),
                check=False,
                stdin=subprocess.DEVNULL,
                timeout=seconds,
            )
        except FileNotFoundError as error:
            raise GuestError("qemu is missing: apt install qemu-system-x86") from error
        except subprocess.TimeoutExpired:
            return TIMED_OUT
        said = status.read_text(encoding="ascii").strip() if status.exists() else ""
        if not said.isdecimal():
            last = messages.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise GuestError(
                f"the guest ended early: {said or done.returncode}\n{last}"
            )
        return int(said)


def _initramfs(kernel: Kernel, script: str) -> bytes:
    """What the kernel starts with: a shell, the way to the files, and the command."""
    archive = Archive()
    archive.add("init", _INIT.read_bytes(), executable=True)
    archive.add("bin/busybox", _busybox(), executable=True)
    for at, path in enumerate(kernel.modules(*_BOOT_MODULES)):
        raw = path.read_bytes()
        plain = lzma.decompress(raw) if path.suffix == ".xz" else raw
        archive.add(f"modules/{at:02}.ko", plain)
    archive.add("guest/main", _MAIN.read_bytes())
    archive.add("guest/modules", f"{kernel.root}/lib/modules\n".encode())
    archive.add("guest/command", script.encode())
    return archive.finish()


def _busybox() -> bytes:
    path = Path(shutil.which("busybox") or "/bin/busybox")
    raw = path.read_bytes() if path.exists() else b""
    if not raw or _DYNAMIC in raw:
        raise GuestError(f"{path} is missing or not static: apt install busybox-static")
    return raw


def _script(command: Sequence[str], folder: Path) -> str:
    environ = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    # A virtual environment's interpreter is found as in the caller's shell.
    environ["PATH"] = f"{Path(sys.executable).parent}:{environ['PATH']}"
    environ["TERM"] = "dumb"
    exports = "".join(
        f"export {name}={shlex.quote(value)}\n" for name, value in environ.items()
    )
    return (
        f"{exports}cd {shlex.quote(str(folder))} || exit 1\n"
        f"exec {shlex.join(command)}\n"
    )


def _qemu(kernel: Kernel, initramfs: Path, log: Path, status: Path) -> list[str]:
    # single: with a thread for each processor, one at times runs into an int3 that the
    # other has just patched away, and the guest dies. That is also slower.
    # tsc: emulated ones are in step, though their own test denies it; the HPET is dear.
    # mitigations: nothing to protect from, and retpolines are dear as well.
    append = (
        "console=ttyS1 tsc=reliable panic=-1 mitigations=off random.trust_cpu=on quiet"
    )
    share = "local,id=host,path=/,security_model=none,readonly=on,multidevs=remap"
    return [
        "qemu-system-x86_64",
        *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
        *("-accel", "tcg,thread=single", "-cpu", "max,la57=off"),
        *("-smp", str(_CPUS), "-m", str(_MEMORY_MB)),
        *("-kernel", str(kernel.image), "-initrd", str(initramfs), "-append", append),
        *("-fsdev", share, "-device", "virtio-9p-pci,fsdev=host,mount_tag=host"),
        *("-object", "rng-random,id=rng,filename=/dev/urandom"),
        *("-device", "virtio-rng-pci,rng=rng"),
        *("-serial", "stdio", "-serial", f"file:{log}", "-serial", f"file:{status}"),
    ]


def main() -> int:
    """Run the command of the command line.

    Returns:
        Its exit status.
    """
    parser = argparse.ArgumentParser(
        description="run a command in a guest with another kernel"
    )
    parser.add_argument("--kernel", choices=sorted(SUITES), default="6.1")
    parser.add_argument("--renew", action="store_true", help="fetch the newest kernel")
    parser.add_argument("--seconds", type=int, default=900, help="most it may take")
    parser.add_argument("--log", type=Path, help="for the kernel's messages")
    parser.add_argument("command", nargs="+", help="behind --")
    said = parser.parse_args()
    try:
        kernel = get(said.kernel, renew=said.renew)
        return boot(kernel, said.command, seconds=said.seconds, log=said.log)
    except GuestError as error:
        sys.exit(f"guest: {error}")


if __name__ == "__main__":
    sys.exit(main())
