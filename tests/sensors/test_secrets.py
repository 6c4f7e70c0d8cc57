"""Secrets stay where they belong: the real flow with marked ones, against destinations that repeat them.

Every secret setting gets a mark, and those that come later do by themselves. Then everything delivery leaves
behind is searched: logs, the home with ledger, outbox and snapshot, and Dagster's storage.
"""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from dagster import AssetKey, DagsterInstance, build_sensor_context
from pydantic import SecretStr

from sensors.environment import DeliveryEnvironment
from sensors.ledger import open_ledger
from sensors.operations_sensor import operations_definitions
from sensors.sensor import delivery_definitions
from tests.sensors.conftest import Publish, decision
from tests.sensors.receivers import Answer, HttpReceiver, MailReceiver, Request, http_receiver, mail_receiver
from warehouse.home import Home

SECRETS = [
    name
    for name, field in DeliveryEnvironment.model_fields.items()
    if SecretStr in (field.annotation, *get_args(field.annotation)) and name != "ledger_url"
]


# Where the destinations that have a secret beside their address are.
_ADDRESSES = [
    name
    for name in DeliveryEnvironment.model_fields
    if name.endswith(("base_url", "_url")) and name.startswith("to_") and name not in SECRETS
]
# One action for each destination that gets a secret with every request.
_SENT_TO = {
    "mail": {},
    "hook": {"play": "expansion_prompt"},
    "slack": {"play": "at_risk_alert"},
    "hubspot": {"channel": "hubspot", "facts": {"crm_record_id": "1"}},
    "salesforce": {"channel": "salesforce", "facts": {"crm_record_id": "001000000000001AAA"}},
    "gainsight": {"channel": "gainsight", "facts": {"external_id": "1P02"}},
    "churnzero": {"channel": "churnzero", "facts": {"external_id": "1"}},
    "totango": {"channel": "totango", "facts": {"external_id": "1"}},
    "intercom": {"play": "onboarding_welcome", "channel": "intercom", "recipient": "kim@customer.io"},
}


def _mark(name: str) -> str:
    return f"MARK-{name}-9f3a7c"


def _repeat(number: int, request: Request) -> Answer:
    """A destination that says in its refusal the secrets it was sent and all else, and in turn is at fault
    itself or blames us."""
    status = (400, 401, 404, 500)[number % 4]
    sent = f"{request.path} {request.headers} {request.body!r}"
    said = " ".join([*(mark for mark in map(_mark, SECRETS) if mark in sent), sent])
    body = json.dumps({"ok": False, "error": said, "error_description": said, "message": said})
    return Answer(status=status, body=body, headers={"X-Echo": request.path}, effect=False)


class _RepeatingRelay(MailReceiver):
    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        return f"550 you logged in with {_mark('smtp_password')}"


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with http_receiver() as receiver:
        receiver.script = _repeat
        yield receiver


@pytest.fixture(params=["slack_bot_token", "slack_webhook_url"])
def environment(
    home: Home, receiver: HttpReceiver, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Any]:
    """With one of Slack's two ways at a time: a bot goes before a webhook."""
    ways = {"slack_bot_token", "slack_webhook_url"}
    given: dict[str, Any] = {name: _mark(name) for name in SECRETS if name not in ways - {request.param}}
    given |= {
        name: f"{receiver.url}/{_mark(name)}" for name in SECRETS if name.endswith("url") and name in given
    }
    switches = [name for name in DeliveryEnvironment.model_fields if name.endswith("_enabled")]
    given |= dict.fromkeys(switches, True)
    given |= dict.fromkeys(_ADDRESSES, receiver.url)
    given |= {"slack_base_url": f"{receiver.url}/api/", "webhook_allow_private": True}
    given |= {"to_salesforce_client_id": "ours", "to_intercom_admin_id": "1"}
    login = {"auth_require_tls": False, "authenticator": lambda *_: AuthResult(success=True)}
    with mail_receiver(**login) as relay:
        monkeypatch.setattr(relay, "handle_RCPT", _RepeatingRelay.handle_RCPT.__get__(relay), raising=False)
        given |= {
            "home": home.root, "environment": "production", "smtp_host": "127.0.0.1", "smtp_port": relay.port,
            "smtp_from": "cs@ours-cs.io", "smtp_username": "ours", "smtp_starttls": False,
        }  # fmt: skip
        for name, value in given.items():
            monkeypatch.setenv(f"TIERLINE_{name.upper()}", str(value))
        yield DeliveryEnvironment()


def _files_with_marks(folder: Path) -> list[str]:
    return sorted(
        f"{path.name} has {name}"
        for path in folder.rglob("*")
        if path.is_file()
        for name in SECRETS
        if _mark(name).encode() in path.read_bytes()
    )


def test_no_secret_is_left_anywhere(
    environment: DeliveryEnvironment, home: Home, publish: Publish, tmp_path: Path, caplog: Any
) -> None:
    caplog.set_level(logging.INFO)
    publish([decision(name, **given) for name, given in _SENT_TO.items()])
    storage = tmp_path / "dagster"
    storage.mkdir()
    url, told = environment.ledger_address, environment.operations()
    delivery = delivery_definitions(home=home, ledger_url=url, config=environment.channels())
    (watcher,) = (
        operations_definitions(
            home=home, ledger_url=url, config=told, checked=AssetKey(["published_snapshot"]), pool="warehouse"
        ).sensors
        or ()
    )
    with DagsterInstance.local_temp(str(storage)) as instance:
        for _ in range(2):
            assert delivery.resolve_job_def("delivery").execute_in_process(instance=instance).success
            watcher(build_sensor_context(instance=instance))  # type: ignore[operator]
        events = [str(each) for run in instance.get_runs() for each in instance.all_logs(run.run_id)]
    ledger = open_ledger(url)
    troubled = {row: ledger.get(row) for row in _SENT_TO}
    ledger.close()
    for name, row in troubled.items():
        assert "***" in str(row.last_error), f"the fault of {name} has been written down, and its secret not"
    assert _files_with_marks(tmp_path) == []
    said = "\n".join([caplog.text, *events, repr(environment), repr(environment.channels()), repr(told)])
    assert [name for name in SECRETS if _mark(name) in said] == []
