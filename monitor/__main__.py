"""`python -m monitor` is the command `esimmon`."""

import sys

from monitor.cli import main

sys.exit(main())
