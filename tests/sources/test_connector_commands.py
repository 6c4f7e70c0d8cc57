"""The command line of every connector against its vendor, as a person tries it first."""

import re
from pathlib import Path
from typing import Any

import pytest
from served import environment

from assets.sources.command import main
from assets.sources.registry import SYSTEMS, connector
from assets.sources.settings import variable
from simulator.vendors.server import VendorServer


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_can_be_checked_and_sampled(
    system: str,
    vendors: VendorServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for field, value in environment(system, vendors, tmp_path).items():
        monkeypatch.setenv(variable(system, field), value)

    def run(*arguments: str) -> tuple[Any, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(connector(system), arguments)
        shown = capsys.readouterr()
        return ended.value.code, shown.out, shown.err

    code, shown, complaints = run("--check")
    assert (code, complaints) == (0, "")
    states = [line.partition("  ")[0] for line in shown.splitlines()[1:]]
    left_out = ["left out"] * states.count("left out")
    assert sorted(states) == left_out + ["ok"] * (len(states) - len(left_out))
    assert "ok" in states
    if system == "salesforce":
        assert re.search(r"left out +cases +Case is not there, or this user may not see it", shown)
    code, shown, complaints = run("--sample", "--rows", "2")
    assert (code, "rejected" in complaints) == (0, False)
    assert complaints.count("left out") == len(left_out), "once each"
    sampled = {line.partition(":")[0] for line in shown.splitlines() if line[:1].isalpha()}
    assert sampled == set(connector(system).table_names)


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
