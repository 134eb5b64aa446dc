"""`python -m monitor` is the command `esimmon`, which begins here as well."""

import os
import sys

from monitor import quick


def main() -> int:
    """Answer what must be quick, and give everything else to the command line.

    Returns:
        The exit status.
    """
    done = quick.answer(sys.argv[1:], os.environ, os.geteuid())
    if done is not None and sys.stdout is not None:
        text, status = done
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError as error:
            # Imported here: click alone takes longer than a quick answer may.
            from monitor.cli import output_failed  # noqa: PLC0415 - see above

            return output_failed(error)
        return status
    from monitor.cli import main as command_line  # noqa: PLC0415 - as above

    return command_line()


if __name__ == "__main__":
    sys.exit(main())
