"""What the tests beside the benchmarks need; tests/conftest.py leaves out or fails."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
NEEDS = (
    *("root", "ip", "nft", "nsenter", "unshare", "clang"),
    *("/usr/include/stdlib.h", "libbpf.so.1"),
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them start the real daemon or the real program in a lab."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.needs(*NEEDS))
