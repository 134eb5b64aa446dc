"""What the tests in a guest share: the program and the networks of tests/kernel."""

from __future__ import annotations

from tests.kernel.conftest import (  # noqa: F401 - fixtures are found by their name
    lab,
    measure,
    program,
)
