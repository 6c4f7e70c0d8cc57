"""The run command as a person meets it."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest

from orchestration.definitions import MANIFEST
from orchestration.run import FAILED, MISUSED, UsageError, main, parse
from orchestration.settings import REPOSITORY

TODAY = date(2026, 3, 10)
NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIERLINE_HOME", str(tmp_path / "home"))


def _said(*arguments: str) -> tuple[int, str]:
    stream = StringIO()
    code = main(arguments, stream)
    assert "Traceback" not in stream.getvalue()
    return code, stream.getvalue()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", "/nowhere/at/all"], "DATA=/nowhere/at/all is not a folder"),
        (["--mapping", "."], "MAPPING was given without DATA"),
        (["--as-of", "2024-13-01"], "AS_OF=2024-13-01 is not a day; write it as YYYY-MM-DD"),
        (["--as-of", "9999-01-01"], "AS_OF=9999-01-01 is out of range"),
        (["--as-of", "1999-12-31"], "AS_OF=1999-12-31 is out of range"),
        (["--colour", "red"], "unrecognized arguments: --colour red; see `make help`"),
    ],
)
def test_a_command_that_makes_no_sense_gets_one_clear_line(arguments: list[str], words: str) -> None:
    code, output = _said(*arguments)
    assert code == MISUSED
    assert output.count("\n") == 1
    assert words in output


@pytest.mark.parametrize("inside", ["", "x"])
def test_a_home_that_is_no_folder_gets_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    (tmp_path / "file").write_text("kept")
    home = tmp_path / "file" / inside
    monkeypatch.setenv("TIERLINE_HOME", str(home))
    code, output = _said()
    assert code == MISUSED
    assert f"Not started: TIERLINE_HOME={home} can't be written to: " in output.splitlines()[-1]


def test_a_setting_that_makes_no_sense_gets_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIERLINE_SLACK_ENABLED", "true")
    code, output = _said()
    assert code == MISUSED
    assert output.count("\n") == 1
    assert "TIERLINE_SLACK_WEBHOOK_URL" in output


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"SLACK_ENABLED": "true", "SLACK_WEBHOOK_URL": "hooks.slack.com/x"}, "Slack's webhook URL must be"),
        ({"OPERATIONS_SLACK_WEBHOOK_URL": "hooks.slack.com/x"}, "Slack's webhook URL must be"),
        (
            {
                **{"EMAIL_ENABLED": "true", "SMTP_HOST": "mail.ours.io", "SMTP_FROM": "cs@ours.io"},
                **{"UNSUBSCRIBE_URL": "https://ours.io/out", "UNSUBSCRIBE_SECRET": "s" * 20},
            },
            "TIERLINE_UNSUBSCRIBE_URL must look like",
        ),
    ],
)
def test_a_destination_that_can_not_work_is_known_before_anything_is_read(
    given: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"TIERLINE_{name}", value)
    code, output = _said()
    assert code == MISUSED and output.count("\n") == 1
    assert words in output and "hooks.slack.com" not in output


def test_today_may_be_scored_and_tomorrow_may_not() -> None:
    assert parse(["--as-of", "2026-03-10"], today=TODAY).as_of == TODAY
    with pytest.raises(UsageError):
        parse(["--as-of", "2026-03-11"], today=TODAY)


@dataclass(frozen=True)
class Shop:
    """A small company in a home of its own, run once."""

    folder: Path
    home: Path
    first: str

    def start(self, **settings: str) -> subprocess.Popen[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("TIERLINE_")}
        return subprocess.Popen(
            [sys.executable, "-m", "orchestration.run", "--data", str(self.folder)],
            cwd=REPOSITORY,
            env={**inherited, "TIERLINE_HOME": str(self.home), **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, **settings: str) -> tuple[int, str]:
        process = self.start(**settings)
        output, errors = process.communicate(timeout=600)
        assert errors == ""
        assert "Traceback" not in output, output
        return process.returncode, output

    @property
    def served(self) -> str:
        return (self.home / "published" / "current.duckdb").resolve().name


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    if not MANIFEST.exists():
        pytest.skip("the dbt manifest is not prepared; `make setup` does it")
    root = tmp_path_factory.mktemp("shop")
    (root / "input").mkdir()
    rows = "".join(f"a{n},Shop {n},active,smb,1200,{NOW.date() - timedelta(days=40)}\n" for n in range(6))
    (root / "input" / "accounts.csv").write_text(
        f"account_id,name,status,segment,arr,contract_started_on\n{rows}"
    )
    _write_usage(root / "input", ahead=timedelta(0))
    shop = Shop(root / "input", root / "home", "")
    code, output = shop.run()
    assert code == 0, output
    return Shop(shop.folder, shop.home, output)


def _write_usage(folder: Path, *, ahead: timedelta) -> None:
    """An event an hour, the newest `ahead` of now."""
    rows = "".join(f"e{n},a{n % 5},login,{(NOW + ahead - timedelta(hours=n)):%FT%TZ}\n" for n in range(600))
    (folder / "usage_events.csv").write_text(f"event_id,account_id,event,occurred_at\n{rows}")


def _last_line(output: str) -> str:
    return output.rstrip().rsplit("\n", 1)[-1]


def test_a_run_ends_with_what_a_person_wants_to_know(shop: Shop) -> None:
    for words in (
        "Rows read", "Steps", "Checks", "Accounts per tier", "Tier crossings", "Decisions by mode",
        "Deliveries by state", "Where to look",
    ):  # fmt: skip
        assert words in shop.first
    assert _last_line(shop.first).startswith("Done: scored through")
    assert str(shop.folder) in shop.first.splitlines()[0]
    assert "\x1b" not in shop.first, "no colours in a pipe"


def test_a_failing_check_leaves_the_last_snapshot_served_and_says_what_to_do(shop: Shop) -> None:
    served = shop.served
    _write_usage(shop.folder, ahead=timedelta(hours=20))
    try:
        code, output = shop.run()
        assert code == FAILED
        for words in (
            "check of raw_drop_folder.usage_events failed", "later than now", "misread date format",
            "Correct usage_events in the input", "the last snapshot stays served",
        ):  # fmt: skip
            assert words in _last_line(output)
        assert shop.served == served
        assert "build models" not in output
    finally:
        _write_usage(shop.folder, ahead=timedelta(0))


def test_a_run_that_is_asked_to_stop_stops_at_once_and_says_so(shop: Shop) -> None:
    served = shop.served
    process = shop.start()
    assert process.stdout is not None
    while "build models" not in (line := process.stdout.readline()):
        assert line, "it ended before it was asked to"
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (FAILED, "")
    assert "stopped on request" in _last_line(output)
    assert shop.served == served


def test_a_database_that_somebody_holds_gets_one_clear_line(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIERLINE_HOME", str(shop.home))
    monkeypatch.setenv("TIERLINE_WAREHOUSE_WAIT_SECONDS", "0.5")
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); input()",
            str(shop.home / "warehouse.duckdb"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        code, output = _said("--data", str(shop.folder))
        holder.communicate(b"\n")
    assert code == FAILED
    assert "held by another process" in _last_line(output)


def test_input_without_accounts_gets_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "users.csv").write_text("user_id,account_id\nu1,a1\n")
    code, output = _said("--data", str(tmp_path / "input"))
    assert code == FAILED
    assert "has no accounts" in _last_line(output)
    assert "nothing is published" in _last_line(output)


def test_the_whole_account_of_a_failure_is_in_the_log_that_the_last_line_names(tmp_path: Path) -> None:
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "accounts.csv").write_text("account_id\na1\n")
    (tmp_path / "input" / "features.sql").write_text("select from nothing")
    code, output = _said("--data", str(tmp_path / "input"))
    assert code == FAILED
    log = Path(_last_line(output).rpartition("full account: ")[2].rstrip(")"))
    assert log.is_relative_to(tmp_path / "home")
    assert "MappingError" in log.read_text()
