"""Where file systems are mounted, by lines in which users choose names."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.collectors.bpf import mounts

BPF = "36 35 0:30 / /sys/fs/bpf rw,noatime - bpf bpf rw,mode=700\n"
FUSE = "37 35 0:41 / {} rw,nosuid - fuse.sshfs u@h: rw\n"


@pytest.mark.parametrize("odd", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\r"])
def test_only_a_newline_ends_a_line(odd: str, tmp_path: Path) -> None:
    """A user may mount FUSE on a folder of any name; the kernel escapes the newline."""
    point = f"/home/u/a{odd}36"
    (tmp_path / "mountinfo").write_bytes((FUSE.format(point) + BPF).encode())
    assert mounts.mounts(tmp_path / "mountinfo", "bpf") == [Path("/sys/fs/bpf")]
    found = mounts.mounts(tmp_path / "mountinfo", "fuse.sshfs")
    assert found == [Path(point)]


@pytest.mark.parametrize(
    "line", ["36 35 - bpf", " - bpf", "", "x", "36 35 0 / - bpf x"]
)
def test_a_line_that_is_cut_short_is_no_mount(line: str, tmp_path: Path) -> None:
    (tmp_path / "mountinfo").write_text(line)
    assert mounts.mounts(tmp_path / "mountinfo", "bpf") == []


def test_the_ancestors_end_where_a_process_tells_nothing(tmp_path: Path) -> None:
    for name, stat in (("self", "5 (a) S 4 0"), ("4", "4 (b) b) S x")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "stat").write_text(stat)
    assert mounts._ancestors(tmp_path) == [tmp_path / "4"]
