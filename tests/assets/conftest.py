"""Keeps the end of a test run readable."""

import atexit
import os
import sys


def _drop_what_teardown_says() -> None:
    """Great Expectations keeps DuckDB's objects past the interpreter's end, and DuckDB's binding lists them."""
    sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


atexit.register(_drop_what_teardown_says)
