"""`python -m sensors`."""

import sys

from sensors.command_line import main

sys.exit(main())
