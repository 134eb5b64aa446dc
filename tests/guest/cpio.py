"""Writing an initramfs.

Source: Documentation/driver-api/early-userspace/buffer-format.rst of the kernel, the
format "newc": each file has thirteen numbers of eight hexadecimal digits before it.
"""

from __future__ import annotations

import stat

_LAST = "TRAILER!!!"


class Archive:
    """Files for the kernel's first file system; folders are made as they are needed."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._folders: set[str] = set()
        self._count = 0

    def add(self, name: str, content: bytes, *, executable: bool = False) -> None:
        """Add a file.

        Args:
            name: without a leading slash.
            content: of the file.
            executable: by everybody.
        """
        folder = name.rpartition("/")[0]
        if folder and folder not in self._folders:
            self._folders.add(folder)
            self._entry(folder, stat.S_IFDIR | 0o755, b"")
        self._entry(name, stat.S_IFREG | (0o755 if executable else 0o644), content)

    def finish(self) -> bytes:
        """The whole archive."""
        self._entry(_LAST, 0, b"")
        return b"".join(self._parts)

    def _entry(self, name: str, mode: int, content: bytes) -> None:
        self._count += 1
        path = name.encode() + b"\0"
        numbers = (self._count, mode, 0, 0, 1, 0, len(content), *[0] * 4, len(path), 0)
        header = b"070701" + b"".join(b"%08x" % number for number in numbers)
        self._parts += [_padded(header + path), _padded(content)]


def _padded(part: bytes) -> bytes:
    return part + bytes(-len(part) % 4)
