"""Killed anywhere, then run again: the state that a run in another home leaves, and each action delivered once."""

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest
from companies import END, simulate, write
from running import ROOT, Run, command, environment, state, tierline

from warehouse.home import Home


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    return write(simulate(folder / "simulated", accounts=25, months=4), folder / "drop")


@pytest.fixture(scope="module")
def undisturbed(drop: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = tierline(tmp_path_factory.mktemp("undisturbed"), drop, as_of=END.isoformat())
    assert run.code == 0, run.output
    return run


@pytest.mark.slow
def test_killed_in_one_step_after_the_other_the_next_run_leaves_what_an_undisturbed_one_does(
    drop: Path, undisturbed: Run, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    arguments, settings = command(home.root, drop, as_of=END.isoformat()), environment(home.root)
    for step, seconds_into_it in (
        ("load drop folder", 0.3),
        ("build models", 7.0),
        ("publish snapshot", 0.05),
    ):
        _kill_in(step, seconds_into_it, arguments, settings)
        assert not home.pointer.exists()
        assert not _delivered(home)
    again = tierline(home.root, drop, as_of=END.isoformat())
    assert again.code == 0, again.output
    assert state(home) == state(undisturbed.home)
    assert _delivered(home) == _delivered(undisturbed.home)


def _kill_in(step: str, seconds: float, arguments: list[str], settings: dict[str, str]) -> None:
    """SIGKILL the command's own process only, as the kernel would when memory runs out."""
    process = subprocess.Popen(arguments, cwd=ROOT, env=settings, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip().startswith(step):
            break
    else:
        pytest.fail(f"the run never came to {step!r}")
    time.sleep(seconds)
    assert process.poll() is None, "the run was over before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def _delivered(home: Home) -> list[tuple[str, str]]:
    lines = [json.loads(line) for path in home.outbox.glob("*.jsonl") for line in path.open()]
    return sorted((line["action_id"], line["channel"]) for line in lines)
