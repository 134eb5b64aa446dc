"""`esimmon service status`: is it there, does it count, is it the program on disk."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

import click

from monitor.commands.options import with_format
from monitor.commands.service.common import service_of, user_option
from monitor.errors import ServiceError
from monitor.service.program import this_program
from monitor.service.standing import look
from monitor.views.periods import find_zone
from monitor.views.service import as_json, as_text


@click.command("status")
@user_option
@with_format("text", "json")
def command(*, is_own: bool, output_format: str) -> int:
    """Say whether the service is installed and enabled, and whether it counts.

    The exit status is 0 only when it counts; else 1.

    \b
    esimmon service status
    esimmon service status --json
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    own = ""
    with suppress(ServiceError):  # called in a way that no service could be
        own = str(this_program(sys.argv[0]).path)
    standing = look(service_of(is_own=is_own).scope, os.environ, own)
    if output_format == "json":
        text = as_json(standing)
    else:
        text = as_text(standing, find_zone(None))
    # Named, because click takes ASCII for a mistake and writes UTF-8 instead.
    click.echo(text, file=sys.stdout)
    return 0 if standing.counts else 1
