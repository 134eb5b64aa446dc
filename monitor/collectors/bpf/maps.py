"""Reading and writing one map of the eBPF program.

Cost: a batch read of 50 / 500 / 5000 rows on two CPUs took 0.04 / 0.29 / 3.2 ms; key by
    key, the fall-back, about seven times that. Values are as long as there are
    *possible* CPUs.
Since: Linux 5.6 for batches, 5.14 for lookup-and-delete of per-CPU maps.
Source: kernel/bpf/hashtab.c: a batch copies bucket by bucket under the bucket's lock,
    so an entry that stays is seen exactly once, whatever comes and goes meanwhile.
"""

from __future__ import annotations

import ctypes
import errno
import os
from typing import TYPE_CHECKING

from monitor.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.collectors.bpf.libbpf import Library

_ENOTSUPP = 524  # of the kernel's own; not in errno.h
_NO_BATCH = (errno.EINVAL, errno.EOPNOTSUPP, _ENOTSUPP)
_FIRST_CHUNK = 128
_CURSOR_BYTES = 8


class Map:
    """One map, held open by its descriptor.

    Attributes:
        name: as in layout.h.
        fd: its descriptor, closed by `close`.
    """

    def __init__(
        self, library: Library, fd: int, name: str, sizes: tuple[int, int]
    ) -> None:
        """Wrap a descriptor.

        Args:
            library: libbpf.
            fd: descriptor; owned from now on.
            name: as in layout.h.
            sizes: bytes of a key and of all values of one key.
        """
        self.name = name
        self.fd = fd
        self._library = library
        self._key_bytes, self._value_bytes = sizes
        self._chunk = _FIRST_CHUNK
        self._batches = True
        self._keys = self._values = ctypes.create_string_buffer(0)

    def close(self) -> None:
        """Close the descriptor; a second time does nothing."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def lookup(self, key: bytes, *, and_delete: bool = False) -> bytes | None:
        """The value of a key.

        Args:
            key: packed.
            and_delete: remove the entry in the same step.

        Returns:
            The value, or None when there is no such key.

        Raises:
            SourceError: The kernel refused.
        """
        function = "bpf_map_lookup_elem"
        if and_delete:
            function = "bpf_map_lookup_and_delete_elem"
        value = ctypes.create_string_buffer(self._value_bytes)
        if self._call(function, key, value):
            return value.raw
        return None

    def update(self, key: bytes, value: bytes) -> None:
        """Write a value.

        Args:
            key: packed.
            value: packed.

        Raises:
            SourceError: The kernel refused; the map is full, for example.
        """
        self._call("bpf_map_update_elem", key, value, 0)

    def delete(self, key: bytes) -> None:
        """Remove an entry, if it is there.

        Args:
            key: packed.

        Raises:
            SourceError: The kernel refused.
        """
        self._call("bpf_map_delete_elem", key)

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """All entries: each one that stays meanwhile, exactly once.

        Yields:
            Key and value, packed.

        Raises:
            SourceError: The kernel refused.
        """
        while self._batches:
            try:
                yield from self._read_batches()
            except OSError as error:
                if error.errno == errno.ENOSPC:
                    self._chunk *= 2  # a bucket held more than the buffer
                elif error.errno in _NO_BATCH:
                    self._batches = False
                else:
                    raise self._failed(error) from error
            else:
                return
        yield from self._read_one_by_one()

    def _read_batches(self) -> list[tuple[bytes, bytes]]:
        keys, values = self._room()
        cursor = ctypes.create_string_buffer(_CURSOR_BYTES)
        found: list[tuple[bytes, bytes]] = []
        begin = None
        while True:
            count = ctypes.c_uint32(self._chunk)
            last = False
            try:
                self._library.number(
                    "bpf_map_lookup_batch",
                    *(self.fd, begin, cursor, keys, values, ctypes.byref(count), None),
                )
            except FileNotFoundError:  # ENOENT: these were the last
                last = True
            found.extend(self._split(keys, values, count.value))
            if last:
                return found
            begin = cursor

    def _room(self) -> tuple[ctypes.Array[ctypes.c_char], ctypes.Array[ctypes.c_char]]:
        """Kept from read to read: making it anew costs more than to fill it."""
        if len(self._keys) != self._chunk * self._key_bytes:
            self._keys = ctypes.create_string_buffer(self._chunk * self._key_bytes)
            self._values = ctypes.create_string_buffer(self._chunk * self._value_bytes)
        return self._keys, self._values

    def _split(
        self,
        keys: ctypes.Array[ctypes.c_char],
        values: ctypes.Array[ctypes.c_char],
        count: int,
    ) -> Iterator[tuple[bytes, bytes]]:
        wide, deep = self._key_bytes, self._value_bytes
        all_keys = ctypes.string_at(keys, count * wide)
        all_values = ctypes.string_at(values, count * deep)
        for at in range(count):
            yield (
                all_keys[at * wide : (at + 1) * wide],
                all_values[at * deep : (at + 1) * deep],
            )

    def _read_one_by_one(self) -> Iterator[tuple[bytes, bytes]]:
        keys: list[bytes] = []
        key: bytes | None = None
        following = ctypes.create_string_buffer(self._key_bytes)
        # First all keys: a key that is deleted meanwhile would start the walk again.
        while self._call("bpf_map_get_next_key", key, following):
            key = following.raw
            keys.append(key)
        for key in dict.fromkeys(keys):
            value = self.lookup(key)
            if value is not None:
                yield key, value

    def _call(self, function: str, *arguments: object) -> bool:
        """Call by descriptor; False when there is no such key."""
        try:
            self._library.number(function, self.fd, *arguments)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._failed(error) from error
        return True

    def _failed(self, error: OSError) -> SourceError:
        return SourceError(
            f"The eBPF map {self.name} cannot be used: {error.strerror}. "
            "Stop esimmon and start it again."
        )
