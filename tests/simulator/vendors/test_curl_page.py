"""Every command of docs/simulator-curl.md does what the page says."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.simulator.vendors.conftest import Serve

PAGE = Path(__file__).parents[3] / "docs/simulator-curl.md"


def _commands() -> list[tuple[str, str]]:
    """Each command of the page, and the beginning of its answer."""
    text = "\n\n".join(
        re.findall(r"^```\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    )
    found = []
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        lines = part.rstrip().splitlines()
        size = next(number for number, line in enumerate(lines, start=1) if not line.endswith("\\"))
        found.append(("\n".join(lines[:size]), "\n".join(lines[size:]).partition("…")[0]))
    return found


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed here")
def test_the_pages_commands_are_answered_as_it_says(serve: Serve) -> None:
    server = serve()
    relay = "{}:{}".format(*server.smtp_address)
    environment = {**os.environ, "URL": server.url, "RELAY": relay}
    commands = _commands()
    assert len(commands) > 25
    for command, begins in commands:
        run = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, errors="replace", timeout=20, check=False)  # fmt: skip
        assert (run.returncode, run.stdout.startswith(begins)) == (0, True), (
            command,
            run.stdout[:300],
            run.stderr,
        )


def test_the_page_shows_every_vendor(serve: Serve) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in serve().vendors if f"$URL/{name}/" not in text] == []
