"""`python -m sensors` as a person would use it, without a process of its own: starting one takes a second."""

import contextlib
import io
import os
from dataclasses import dataclass

import pytest

from sensors.command_line import main
from warehouse.home import Home


@dataclass(frozen=True)
class Said:
    returncode: int
    stdout: str
    stderr: str


class Terminal:
    """Runs one command with the words of a command line, in a home and an environment of its own."""

    def __init__(self, home: Home) -> None:
        self.environment = {"TIERLINE_HOME": str(home.root), "COLUMNS": "200"}

    def __call__(self, *words: str, **environment: str) -> Said:
        """What it said; an error that it does not expect is raised, as a person would see its traceback."""
        said, complained = io.StringIO(), io.StringIO()
        with (
            pytest.MonkeyPatch.context() as patch,
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(complained),
        ):
            for name in [name for name in os.environ if name.startswith("TIERLINE_")]:
                patch.delenv(name)
            for name, value in {**self.environment, **environment}.items():
                patch.setenv(name, value)
            try:
                code = main(words)
            except SystemExit as ended:  # argparse, of words it does not know
                code = ended.code if isinstance(ended.code, int) else 1
        return Said(code, said.getvalue(), complained.getvalue())
