"""The part of libbpf that the loader uses, through ctypes, with errors as OSError.

Needs: libbpf.so.1 (Debian package libbpf1, which iproute2 depends on); .so.0 is another
    interface and is not tried.
Errors: libbpf 1.x returns -errno, or NULL and errno; both become OSError here.
Log: libbpf prints to stderr unless told otherwise; here its last warnings are kept for
    the message of an error. They come as a C format string with a va_list, which only
    on x86_64 is known to pass through ctypes; elsewhere the bare format is kept.
Source: libbpf.h and bpf.h of libbpf 1.1.
"""

from __future__ import annotations

import ctypes
import os
import platform
from collections import deque

from monitor.errors import UnsupportedError

SONAME = "libbpf.so.1"

_POINTER = ctypes.c_void_p
_INT = ctypes.c_int
_U32 = ctypes.c_uint32
_TEXT = ctypes.c_char_p
_U32_POINTER = ctypes.POINTER(ctypes.c_uint32)
_SIZE_POINTER = ctypes.POINTER(ctypes.c_size_t)

_SIGNATURES: dict[str, tuple[object, tuple[object, ...]]] = {
    "bpf_object__open_file": (_POINTER, (_TEXT, _POINTER)),
    "bpf_object__load": (_INT, (_POINTER,)),
    "bpf_object__close": (None, (_POINTER,)),
    "bpf_object__next_program": (_POINTER, (_POINTER, _POINTER)),
    "bpf_object__next_map": (_POINTER, (_POINTER, _POINTER)),
    "bpf_program__name": (_TEXT, (_POINTER,)),
    "bpf_program__fd": (_INT, (_POINTER,)),
    "bpf_program__set_autoload": (_INT, (_POINTER, ctypes.c_bool)),
    "bpf_program__attach": (_POINTER, (_POINTER,)),
    "bpf_program__attach_cgroup": (_POINTER, (_POINTER, _INT)),
    "bpf_program__attach_iter": (_POINTER, (_POINTER, _POINTER)),
    "bpf_link__fd": (_INT, (_POINTER,)),
    "bpf_link__destroy": (_INT, (_POINTER,)),
    "bpf_map__name": (_TEXT, (_POINTER,)),
    "bpf_map__fd": (_INT, (_POINTER,)),
    "bpf_map__set_max_entries": (_INT, (_POINTER, _U32)),
    "bpf_map__initial_value": (_POINTER, (_POINTER, _SIZE_POINTER)),
    "bpf_map_lookup_elem": (_INT, (_INT, _POINTER, _POINTER)),
    "bpf_map_lookup_and_delete_elem": (_INT, (_INT, _POINTER, _POINTER)),
    "bpf_map_update_elem": (_INT, (_INT, _POINTER, _POINTER, ctypes.c_uint64)),
    "bpf_map_delete_elem": (_INT, (_INT, _POINTER)),
    "bpf_map_get_next_key": (_INT, (_INT, _POINTER, _POINTER)),
    "bpf_map_lookup_batch": (
        _INT,
        (_INT, _POINTER, _POINTER, _POINTER, _POINTER, _U32_POINTER, _POINTER),
    ),
    "bpf_obj_pin": (_INT, (_INT, _TEXT)),
    "bpf_obj_get": (_INT, (_TEXT,)),
    "bpf_link_update": (_INT, (_INT, _INT, _POINTER)),
    "bpf_link_detach": (_INT, (_INT,)),
    "bpf_iter_create": (_INT, (_INT,)),
    "libbpf_num_possible_cpus": (_INT, ()),
    "libbpf_set_print": (_POINTER, (_POINTER,)),
}

_WARNING = 0
_LINES_KEPT = 30
_LONGEST_MESSAGE = 1 << 22  # the verifier explains itself at length, and last says why

_PRINT_TYPE = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p
)


class Library:
    """An open libbpf; every failure is an OSError.

    Attributes:
        possible_cpus: how many values a per-CPU map has for each key.
    """

    def __init__(self, soname: str = SONAME) -> None:
        """Open the library.

        Args:
            soname: name for the dynamic loader.

        Raises:
            UnsupportedError: The library is not installed.
        """
        try:
            self._dll = ctypes.CDLL(soname, use_errno=True)
        except OSError as error:
            raise UnsupportedError(
                f"Counting per process needs the library {soname} ({error}).",
                remedy="Install it (Debian, Ubuntu: apt install libbpf1).",
            ) from error
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(self._dll, name)
            function.restype, function.argtypes = result, arguments
        self._log: deque[str] = deque(maxlen=_LINES_KEPT)
        self._printf = ctypes.CDLL(None).vsnprintf
        # The library keeps the bare pointer: the object must live as long as it does.
        self._callback = _PRINT_TYPE(self._print)
        self._dll.libbpf_set_print(ctypes.cast(self._callback, ctypes.c_void_p))
        self.possible_cpus = self.number("libbpf_num_possible_cpus")

    def _print(self, level: int, template: bytes, arguments: int | None) -> int:
        if level != _WARNING:
            return 0
        text = template
        if platform.machine() == "x86_64":
            buffer = ctypes.create_string_buffer(_LONGEST_MESSAGE)
            self._printf(
                buffer,
                ctypes.c_size_t(_LONGEST_MESSAGE),
                ctypes.c_char_p(template),
                ctypes.c_void_p(arguments),
            )
            text = buffer.value
        self._log.extend(text.decode(errors="replace").splitlines())
        return 0

    def take_log(self) -> list[str]:
        """The last warnings, oldest first; the log is empty afterwards."""
        lines = [line.strip() for line in self._log if line.strip()]
        self._log.clear()
        return lines

    def number(self, function: str, *arguments: object) -> int:
        """Call a function that returns a number, or -errno.

        Args:
            function: its name in libbpf.
            arguments: as its C signature wants them.

        Returns:
            The number, 0 or more.

        Raises:
            OSError: The function failed.
        """
        result: int = getattr(self._dll, function)(*arguments)
        if result < 0:
            raise OSError(-result, f"{function}: {os.strerror(-result)}")
        return result

    def pointer(self, function: str, *arguments: object) -> int:
        """Call a function that returns a pointer, or NULL and errno.

        Args:
            function: its name in libbpf.
            arguments: as its C signature wants them.

        Returns:
            The address.

        Raises:
            OSError: The function failed.
        """
        result: int | None = getattr(self._dll, function)(*arguments)
        if result is None:
            number = ctypes.get_errno()
            raise OSError(number, f"{function}: {os.strerror(number)}")
        return result

    def close_object(self, address: int) -> None:
        """Free a `bpf_object`; descriptors that were duplicated stay open.

        Args:
            address: from `bpf_object__open_file`.
        """
        self._dll.bpf_object__close(address)

    def members(self, address: int, kind: str) -> dict[str, int]:
        """Addresses of an object's programs or maps by name.

        Args:
            address: from `bpf_object__open_file`.
            kind: `program` or `map`.

        Returns:
            Name in the C source to address.
        """
        found: dict[str, int] = {}
        after = getattr(self._dll, f"bpf_object__next_{kind}")
        name_of = getattr(self._dll, f"bpf_{kind}__name")
        member: int | None = after(address, None)
        while member is not None:
            found[name_of(member).decode()] = member
            member = after(address, member)
        return found
