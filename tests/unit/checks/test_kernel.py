"""Findings about the kernel, from plain facts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from monitor.checks import kernel
from monitor.checks.kernel import Kernel
from tests.unit.checks.reading import ROOT, USER, levels, only

if TYPE_CHECKING:
    from monitor.checks.findings import Finding
    from monitor.checks.remedies import Remedies


GOOD = Kernel(
    release="6.1.0-18-amd64",
    machine="x86_64",
    lockdown="none",
    missing=(),
    libbpf="1.1",
    btf=Path("/sys/kernel/btf/vmlinux"),
    has_btf=True,
    cgroup=Path("/sys/fs/cgroup"),
    is_hybrid=False,
    bpffs=Path("/sys/fs/bpf"),
    groups=frozenset({"tracepoints", "functions", "task_file", "netns_cookie"}),
    loads=frozenset({"tracepoints", "task_file"}),
    refusal="",
)
LACKING: dict[str, Any] = {"missing": ("CAP_BPF",), "loads": None}


def of_kernel(remedies: Remedies = USER, **changes: Any) -> list[Finding]:  # noqa: ANN401 - any fact
    changed = replace(GOOD, **changes)
    return list(kernel.judge(changed, remedies, served=False))


def test_a_good_kernel_has_only_good_findings() -> None:
    assert levels(of_kernel()) == {}


@pytest.mark.parametrize(
    ("changes", "finding_id", "level", "remedy"),
    [
        ({"release": "5.10.0-28-amd64", "loads": None}, "kernel", "warn", ""),
        ({"lockdown": "confidentiality"}, "lockdown", "warn", ""),
        (LACKING, "capabilities", "warn", "sudo esimmon run"),
        ({"libbpf": ""}, "libbpf", "warn", "sudo apt-get install -y libbpf1"),
        ({"has_btf": False}, "btf", "warn", ""),
        (
            {"cgroup": None},
            "cgroup",
            "warn",
            "sudo mount -t cgroup2 none /sys/fs/cgroup",
        ),
        ({"bpffs": None}, "bpffs", "note", "sudo mount -t bpf bpf /sys/fs/bpf"),
        ({"loads": frozenset({"task_file"})}, "programs", "note", ""),
        ({"loads": frozenset({"functions"})}, "programs", "note", ""),
        ({"loads": None, "refusal": "The kernel says no."}, "programs", "warn", ""),
    ],
)
def test_what_the_kernel_lacks_is_said_with_what_mends_it(
    changes: dict[str, Any], finding_id: str, level: str, remedy: str
) -> None:
    findings = of_kernel(**changes)
    assert levels(findings) == {finding_id: level}
    assert only(findings, finding_id).remedy == remedy


def test_an_old_number_does_not_matter_where_the_programs_load() -> None:
    assert levels(of_kernel(release="5.14.0-570.el9.x86_64")) == {}


def test_functions_are_as_good_as_tracepoints() -> None:
    assert levels(of_kernel(loads=frozenset({"functions", "task_file"}))) == {}


def test_lockdown_for_integrity_does_not_hinder() -> None:
    assert levels(of_kernel(lockdown="integrity")) == {}


def test_what_a_user_lacks_does_not_matter_beside_a_daemon() -> None:
    lacking = replace(GOOD, **LACKING)
    assert levels(kernel.judge(lacking, USER, served=True)) == {}


def test_root_without_capabilities_is_not_told_to_become_root() -> None:
    found = only(of_kernel(ROOT, **LACKING), "capabilities")
    assert (found.level, found.remedy) == ("warn", "")
    assert "container" in found.text


def test_what_a_group_that_does_not_load_costs_is_said() -> None:
    groups = frozenset({*GOOD.groups, "drops", "of-a-later-version"})
    found = only(of_kernel(groups=groups), "programs")
    assert found.text.endswith(
        ": the group of-a-later-version is off; what a queue drops is counted as sent."
    )
