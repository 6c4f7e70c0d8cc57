"""The run command as a person meets it."""

from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest

from orchestration.run import FAILED, MISUSED, UsageError, main, parse

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
        (
            {"SLACK_ENABLED": "true", "SLACK_WEBHOOK_URL": "hooks.slack.com/x"},
            "TIERLINE_SLACK_WEBHOOK_URL must be",
        ),
        (
            {"OPERATIONS_SLACK_WEBHOOK_URL": "hooks.slack.com/x"},
            "TIERLINE_OPERATIONS_SLACK_WEBHOOK_URL must be",
        ),
        (
            {"OPERATIONS_SLACK_WEBHOOK_URL": "https://[hooks.slack.com/x"},
            "TIERLINE_OPERATIONS_SLACK_WEBHOOK_URL must be",
        ),
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


def _last_line(output: str) -> str:
    return output.rstrip().rsplit("\n", 1)[-1]


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
