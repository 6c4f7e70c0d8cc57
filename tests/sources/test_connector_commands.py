"""The command line of every connector against its vendor, as a person tries it first."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from socket import socket
from typing import Any

import pytest
from served import GIVEN, environment

from assets.sources.command import main
from assets.sources.connector import Finding
from assets.sources.crm.hubspot_portal import Portal
from assets.sources.crm.salesforce_org import Org
from assets.sources.registry import SYSTEMS, connector
from assets.sources.settings import variable
from simulator.vendors.server import VendorServer

Run = Callable[..., tuple[Any, str, str]]


@pytest.fixture
def run(
    vendors: VendorServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Exit code, output and complaints of a system's command."""

    def ended(system: str, *arguments: str) -> tuple[Any, str, str]:
        for field, value in environment(system, vendors, tmp_path).items():
            monkeypatch.setenv(variable(system, field), value)
        with pytest.raises(SystemExit) as ended:
            main(connector(system), arguments)
        shown = capsys.readouterr()
        return ended.value.code, shown.out, shown.err

    return ended


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_can_be_checked_and_sampled(system: str, run: Run) -> None:
    code, shown, complaints = run(system, "--check")
    assert (code, complaints) == (0, "")
    states = {line.partition("  ")[0] for line in shown.splitlines()[1:]}
    assert "ok" in states <= {"ok", "left out"}
    code, shown, complaints = run(system, "--sample", "--rows", "2")
    assert (code, "rejected" in complaints) == (0, False)
    sampled = {line.partition(":")[0] for line in shown.splitlines() if line[:1].isalpha()}
    assert sampled == set(connector(system).table_names)


@pytest.mark.parametrize(
    ("system", "table", "asked"),
    [("hubspot", "notes", (Portal, "properties")), ("salesforce", "tasks", (Org, "fields"))],
)
def test_what_is_left_out_is_not_said_to_be_fine(
    system: str, table: str, asked: tuple[type, str], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = getattr(*asked)

    def without(client: Any, name: str) -> Any:
        return None if name.lower().rstrip("s") == table.rstrip("s") else told(client, name)

    monkeypatch.setattr(*asked, without)
    code, shown, _ = run(system, "--check")
    assert code == 0
    assert re.search(rf"^left out +{table} .*not there", shown, re.MULTILINE)
    assert not re.search(rf"^ok +{table} ", shown, re.MULTILINE)
    _, _, complaints = run(system, "--sample", "--rows", "1")
    assert len(re.findall(rf"^{table}: .* left out$", complaints, re.MULTILINE)) == 1


@pytest.mark.parametrize("system", ["hubspot", "salesforce", "zendesk", "pendo", "github"])
def test_a_server_nobody_listens_at_is_told_after_two_tries_and_nothing_else_is_asked(
    system: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket() as listener:
        listener.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{listener.getsockname()[1]}"
    monkeypatch.setitem(GIVEN, system, GIVEN[system] | {"base_url": closed, "max_attempts": "8"})
    code, shown, complaints = run(system, "--check")
    assert code == 1
    _, *findings = shown.splitlines()
    (finding,) = findings
    assert re.match(r"FAILED .*the connection failed, 2 times in a row", finding)
    assert complaints == f"nobody answers at the address of {system}; the rest was not asked\n"


def test_a_finding_is_told_before_the_next_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []

    class Slow:
        system, table_names = "totango", ("accounts",)
        settings_type = connector("totango").settings_type

        def check(self, settings: Any) -> Iterator[Finding]:
            yield Finding("credentials", True, "accepted")
            told.append(capsys.readouterr().out)
            yield Finding("accounts", False, "no permission")

    monkeypatch.setenv("TIERLINE_TOTANGO_APP_TOKEN", "s3cret-token")
    with pytest.raises(SystemExit) as ended:
        main(Slow(), ["--check"])  # type: ignore[arg-type]
    assert ended.value.code == 1
    assert re.search(r"^ok +credentials +accepted$", told[0], re.MULTILINE)
    assert re.fullmatch(r"FAILED +accounts +no permission\n", capsys.readouterr().out)


def test_a_warehouse_that_has_no_place_is_named_with_what_to_do(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in ("/proc/none", str(tmp_path / "file")):
        code, _, complaints = run("totango", "--warehouse", f"{folder}/warehouse.duckdb")
        assert code == 2
        assert f"there is no folder {folder}, nor can it be made" in complaints
        assert "give --warehouse another one" in complaints
    code, _, complaints = run("totango", "--warehouse", str(tmp_path))
    assert (code, f"{tmp_path} is a folder" in complaints) == (2, True)


def test_what_nobody_foresaw_is_told_on_one_line_without_the_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Broken:
        system, table_names = "totango", ()
        settings_type = connector("totango").settings_type

        def check(self, settings: Any) -> None:
            raise RuntimeError(f"sent\n{settings.app_token.get_secret_value()}")

    monkeypatch.setenv("TIERLINE_TOTANGO_APP_TOKEN", "s3cret-token")
    with pytest.raises(SystemExit) as ended:
        main(Broken(), ["--check"])  # type: ignore[arg-type]
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert re.fullmatch(
        r"Unexpected RuntimeError in test_connector_commands\.py, line \d+: sent \*\*\*\n", told
    )
