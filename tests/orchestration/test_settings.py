"""Settings: every variable documented, nothing guessed."""

import re
from pathlib import Path

import pytest

from orchestration.schedules import _SCHEDULE_STATUS
from orchestration.settings import Settings, SettingsError, read_settings, variables

EXAMPLE = Path(__file__).parents[2] / ".env.example"


@pytest.fixture(autouse=True)
def _no_settings_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in variables():
        monkeypatch.delenv(name, raising=False)


def _documented() -> dict[str, str]:
    return dict(re.findall(r"^(TIERLINE_\w+)=(.*)$", EXAMPLE.read_text(), flags=re.MULTILINE))


def test_every_variable_is_in_the_example_and_the_example_has_no_other() -> None:
    assert sorted(_documented()) == sorted(variables())


def test_the_example_states_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = read_settings()
    for name, value in _documented().items():
        monkeypatch.setenv(name, value)
    assert read_settings() == bare


def test_an_unknown_environment_is_an_error_that_names_the_known_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TIERLINE_ENVIRONMENT", "staging")
    with pytest.raises(SettingsError, match=r"TIERLINE_ENVIRONMENT.*'development' or 'production'"):
        read_settings()


def test_a_mistyped_variable_is_an_error_and_not_a_setting_that_does_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TIERLINE_SLAK_ENABLED", "true")
    with pytest.raises(SettingsError, match="TIERLINE_SLAK_ENABLED"):
        read_settings()


def test_every_environment_decides_about_the_schedule() -> None:
    assert set(_SCHEDULE_STATUS) == set(Settings.model_fields["environment"].annotation.__args__)


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLACK_WEBHOOK_URL", "SMTP_PASSWORD", "WEBHOOK_SECRET", "LEDGER_URL"):
        monkeypatch.setenv(f"TIERLINE_{name}", "hush-hush")
    assert "hush" not in repr(read_settings())


def test_an_option_of_the_command_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIERLINE_DATA", "/from/environment")
    assert read_settings(data=Path("/from/command")).data == Path("/from/command")
    assert read_settings(data=None).data == Path("/from/environment")
