"""Settings: every variable documented, nothing guessed."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from assets.sources.registry import SYSTEMS, connector
from assets.sources.settings import ConnectorSettings, ConnectorSettingsError, variable
from assets.sources.settings import read_settings as read_connector_settings
from assets.sources.settings import variables as system_variables
from orchestration.schedules import _SCHEDULE_STATUS
from orchestration.settings import Settings, SettingsError, read_settings, variables

ZENDESK = {
    "TIERLINE_ZENDESK_ENABLED": "true",
    "TIERLINE_ZENDESK_BASE_URL": "https://shop.zendesk.example",
    "TIERLINE_ZENDESK_EMAIL": "admin@shop.example",
    "TIERLINE_ZENDESK_API_TOKEN": "hush-hush",
}
EXAMPLE = Path(__file__).parents[2] / ".env.example"


@pytest.fixture(autouse=True)
def _no_settings_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in variables():
        monkeypatch.delenv(name, raising=False)


def _documented() -> dict[str, str]:
    return dict(re.findall(r"^(TIERLINE_\w+)=(.*)$", EXAMPLE.read_text(), flags=re.MULTILINE))


def _of_every_system() -> dict[str, str]:
    """What all systems take, by field: written once."""
    found = re.findall(r"^#   TIERLINE_<SYSTEM>_(\w+)=(\S*)", EXAMPLE.read_text(), flags=re.MULTILINE)
    return {name.lower(): value for name, value in found}


def _systems() -> dict[str, type[ConnectorSettings]]:
    return {system: connector(system).settings_type for system in SYSTEMS}


def test_every_variable_is_in_the_example_and_the_example_has_no_other() -> None:
    documented, shared = set(_documented()), _of_every_system()
    missing = set(variables()) - documented
    for system, settings in _systems().items():
        missing |= {variable(system, "enabled")} - documented
        for field in settings.model_fields:
            if variable(system, field) not in documented and field not in shared:
                missing.add(variable(system, field))
    assert not missing
    known = {name for system, settings in _systems().items() for name in system_variables(system, settings)}
    assert documented <= {*variables(), *known}


def test_the_example_has_every_variable_once() -> None:
    named = re.findall(r"^(?:#\s*)?(TIERLINE_\w+)=", EXAMPLE.read_text(), flags=re.MULTILINE)
    assert [name for name, times in Counter(named).items() if times > 1] == []


def test_the_example_states_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = read_settings()
    for name, value in _documented().items():
        monkeypatch.setenv(name, value)
    assert read_settings() == bare


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_example_states_every_systems_defaults(system: str) -> None:
    settings = connector(system).settings_type
    told = {variable(system, field): value for field, value in _of_every_system().items()} | _documented()
    defaults = {name: field for name, field in settings.model_fields.items() if not field.is_required()}
    needed = read_connector_settings(system, settings, told | _what_is_needed(settings, system))
    for name, field in defaults.items():
        if name not in _CREDENTIALS:
            assert getattr(needed, name) == field.get_default(call_default_factory=True), name


# Any of them will do; without any a connector refuses its settings.
_CREDENTIALS = ("email", "api_token", "api_secret", "access_token", "folder", "client_id", "client_secret")


_GIVEN = {"folders": '{"core": "/repositories/core"}', "base_url": "https://vendor.example"}


def _what_is_needed(settings: type[ConnectorSettings], system: str) -> dict[str, str]:
    given = {
        name: _GIVEN.get(name, "org/repository")
        for name, field in settings.model_fields.items()
        if field.is_required() or name in _CREDENTIALS
    }
    return {variable(system, name): value for name, value in given.items()}


def test_a_connected_system_has_its_own_settings_and_a_disabled_one_may_keep_its() -> None:
    disabled = {"TIERLINE_HUBSPOT_ENABLED": "false", "TIERLINE_HUBSPOT_ACCESS_TOKEN": "kept"}
    settings = read_settings(ZENDESK | disabled)
    assert list(settings.systems) == ["zendesk"]
    assert settings.systems["zendesk"].base_url == "https://shop.zendesk.example"
    assert "hush" not in repr(settings) + repr(settings.systems)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"TIERLINE_ZENDESK_BASE_URL": ""}, "TIERLINE_ZENDESK_BASE_URL is missing"),
        ({"TIERLINE_ZENDESK_PAGE_SIZE": "many"}, "TIERLINE_ZENDESK_PAGE_SIZE"),
        (
            {"TIERLINE_ZENDESK_BASE_URL": "http://[::1"},
            "TIERLINE_ZENDESK_BASE_URL: Value error, is no address",
        ),
        (
            {"TIERLINE_ZENDESK_BASE_URL": "http://x:99999"},
            "TIERLINE_ZENDESK_BASE_URL: Value error, is no address",
        ),
        ({"TIERLINE_ZENDESK_PAGESIZE": "10"}, "unknown setting TIERLINE_ZENDESK_PAGESIZE"),
        ({"TIERLINE_ZENDESK_ENABLED": "perhaps"}, "TIERLINE_ZENDESK_ENABLED is 'perhaps'"),
        ({"TIERLINE_ZENDESC_ENABLED": "true"}, "unknown setting TIERLINE_ZENDESC_ENABLED"),
    ],
)
def test_wrong_settings_of_a_system_are_told_before_anything_runs(
    changed: dict[str, str], words: str
) -> None:
    with pytest.raises(SettingsError, match=re.escape(words)) as told:
        read_settings(ZENDESK | changed)
    assert "hush" not in str(told.value)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize(
    "address", ["shop.zendesk.com", "htps://x", "https://", "bob:hunter2@x.example", "https:///bob:hunter2@x"]
)
def test_no_connector_takes_what_is_no_web_address_and_nothing_of_it_is_shown(
    system: str, address: str
) -> None:
    settings, name = connector(system).settings_type, variable(system, "base_url")
    with pytest.raises(ConnectorSettingsError, match=rf"^{name}: .* https://host/path, .*$") as told:
        read_connector_settings(system, settings, _what_is_needed(settings, system) | {name: address})
    assert "hunter2" not in f"{told.value!r} {told.value.__cause__!r}"
    assert "\n" not in str(told.value)


_ZONES = [
    (system, field)
    for system in SYSTEMS
    for field in connector(system).settings_type.model_fields
    if "zone" in field
]


def test_time_zones_are_found_by_the_names_of_their_settings() -> None:
    assert {("mixpanel", "project_timezone"), ("pendo", "timezone")} <= set(_ZONES)


@pytest.mark.parametrize("unknown", ["US/Pacfic", "Europe", "../etc/passwd", "/UTC"])
@pytest.mark.parametrize(("system", "field"), _ZONES)
def test_a_time_zone_there_is_not_is_told_in_one_line(system: str, field: str, unknown: str) -> None:
    settings_type = connector(system).settings_type
    given = _what_is_needed(settings_type, system)
    assert getattr(read_connector_settings(system, settings_type, given), field) == "UTC"
    with pytest.raises(
        ConnectorSettingsError, match=f"{variable(system, field)}: .*no such time zone"
    ) as told:
        read_connector_settings(system, settings_type, given | {variable(system, field): unknown})
    assert "\n" not in str(told.value)


def test_a_system_that_is_not_connected_is_not_even_imported(tmp_path: Path) -> None:
    code = (
        "import sys; from orchestration.definitions import build; from orchestration.settings import read_settings;"
        "build(read_settings()); print(*(each for each in sys.modules if each.startswith('assets.sources.')))"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TIERLINE_")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=EXAMPLE.parent,
        env={
            **environment,
            **ZENDESK,
            "PYTHONPATH": str(EXAMPLE.parent),
            "TIERLINE_HOME": str(tmp_path),  # the home of this repository may know systems of its own
        },
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {name.rpartition(".")[2] for name in done.stdout.split()}
    assert imported & set(SYSTEMS) == {"zendesk"}


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
