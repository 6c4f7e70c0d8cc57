"""Gainsight, ChurnZero and Totango as destinations, against the simulated vendors' server over HTTP."""

import csv
import json
import logging
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from sensors.channels.attributes import AccountAttributes
from sensors.channels.channel import (
    ChannelMisconfiguredError,
    DestinationRejectedError,
    DestinationUnavailableError,
    OutcomeUnknownError,
    Receipt,
)
from sensors.channels.churnzero import ChurnzeroDestination
from sensors.channels.configuration import ChannelConfig, build_channels
from sensors.channels.cs_platforms import CsPlatforms, platform_writers
from sensors.channels.gainsight import GainsightDestination
from sensors.channels.totango import TotangoDestination
from sensors.claims import claim, head
from sensors.delivery import DeliveryReport, deliver, enqueue_decisions
from sensors.environment import DeliveryEnvironment, IncompleteChannelError
from sensors.ledger import Ledger
from sensors.rendering import Renderer
from simulator.company import Company
from simulator.scenario import Scenario
from simulator.vendors.faults import Fault
from simulator.vendors.journal import Recorded
from simulator.vendors.server import VendorServer
from simulator.vendors.settings import Settings
from simulator.vendors.view import View
from tests.sensors.conftest import Clock, Publish, decision
from tests.sensors.receivers import Answer, http_receiver
from warehouse.home import Home

ROOT = Path(__file__).resolve().parents[2]
SYSTEMS = ("gainsight", "churnzero", "totango")
CREATES = {"gainsight": "/v2/cockpit/cta", "churnzero": "/i", "totango": "/api/v3/touchpoints/"}
FAULTED = {**CREATES, "totango": "/api/v3/touchpoints*"}
SECRETS = {
    "gainsight": "simulated-gainsight",
    "churnzero": "simulated-churnzero",
    "totango": "simulated-totango",
}
Run = Callable[..., DeliveryReport]


@pytest.fixture(scope="module")
def vendors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VendorServer]:
    """One small company; every test writes to accounts of its own."""
    folder = tmp_path_factory.mktemp("lived")
    company = Company(Scenario(end=date(2026, 10, 31), accounts=12, csms=2, months=2, seed=7))
    View(company, folder).live(date(2026, 10, 20))
    with VendorServer(company, folder, Settings.of({"limits": dict.fromkeys(SYSTEMS, NO_LIMIT)})) as server:
        yield server


NO_LIMIT = {"requests": 0, "seconds": 1}


@pytest.fixture(autouse=True)
def _no_faults(vendors: VendorServer) -> None:
    vendors.set_faults([])


def _platforms(vendors: VendorServer, timeout: float = 5.0, **changes: Any) -> CsPlatforms:
    return CsPlatforms(
        gainsight=GainsightDestination(
            vendors.url_of("gainsight"),
            changes.get("gainsight", SECRETS["gainsight"]),
            action_field=changes.get("action_field", "Tierline_Action_Id__gc"),
            company_fields=changes.get("company_fields", {}),
            timeout_seconds=timeout,
        ),
        churnzero=ChurnzeroDestination(
            vendors.url_of("churnzero"), SECRETS["churnzero"], timeout_seconds=timeout
        ),
        totango=TotangoDestination(
            "SP-0000-01",
            changes.get("totango", SECRETS["totango"]),
            url=vendors.url_of("totango"),
            tracker_url=vendors.url_of("totango"),
            timeout_seconds=timeout,
        ),
    )


@pytest.fixture
def run(ledger: Ledger, home: Home, clock: Clock, vendors: VendorServer) -> Run:
    def run(snapshot: Path | None = None, **changes: Any) -> DeliveryReport:
        config = ChannelConfig(cs_platforms=_platforms(vendors, **changes))
        channels = build_channels(config, home.outbox, now=clock)
        return deliver(ledger, snapshot, channels, now=clock, worker="test", sleep=clock.sleep)

    return run


def _accounts(vendors: VendorServer, system: str) -> list[str]:
    """Ids by which the system is written to."""
    server: Any = vendors.vendors[system]
    if system == "gainsight":
        return [row["Gsid"] for row in server.objects.companies()]
    if system == "churnzero":
        return [row["ExternalId"] for row in server.objects.rows("Account") if row["ExternalId"]]
    return [row["name"] for row in server.objects.accounts()]


def _csm(vendors: VendorServer) -> str:
    return str(vendors.view.rows("csms")[0]["email"])


def _action(vendors: VendorServer, system: str, action_id: str, **facts: Any) -> dict[str, Any]:
    known = {"external_id": _accounts(vendors, system)[0]}
    return decision(action_id, channel=system, recipient=_csm(vendors), facts=known | facts)


def _effects(vendors: VendorServer, system: str, action_id: str) -> list[dict[str, Any]]:
    """What stands there of an action."""
    kind = {"gainsight": "Cta", "churnzero": "Event", "totango": "event"}[system]
    server: Any = vendors.vendors[system]
    return [row for row in server.written.created(kind) if f"Tierline action {action_id}" in json.dumps(row)]


def _writes(vendors: VendorServer, system: str) -> list[Recorded]:
    return [each for each in vendors.journal.requests(system) if each.path == CREATES[system]]


def _attributes(external_id: str, score: float | None = 54.5, **changes: Any) -> AccountAttributes:
    given: dict[str, Any] = {"tier": "declining", "risk": 0.31, "risk_band": "elevated"}
    return AccountAttributes(
        external_id, external_id, score=score, as_of=date(2026, 11, 21), **given | changes
    )


def _plays_for_the_crm() -> list[dict[str, str]]:
    with (ROOT / "dbt_project/seeds/policy/plays.csv").open() as file:
        return [row for row in csv.DictReader(file) if row["channel"] == "crm"]


@pytest.mark.parametrize("play", _plays_for_the_crm(), ids=lambda play: play["play_id"])
def test_a_shipped_task_becomes_a_call_to_action_where_only_gainsight_has_the_account(
    run: Run, publish: Publish, vendors: VendorServer, play: dict[str, str]
) -> None:
    """Policy's `crm_order` sends it there; what it decides so is held by the unit test of `int_account_crms`."""
    with (ROOT / "dbt_project/seeds/policy/crm_order.csv").open() as file:
        assert "gainsight" in {row["channel"] for row in csv.DictReader(file)}
    action = f"shipped-{play['play_id']}"
    sent = _action(vendors, "gainsight", action) | {
        key: play[key] for key in ("play_id", "template_id", "mode", "activity")
    }
    assert run(publish([sent])).by_state["delivered"] == 1
    (effect,) = _effects(vendors, "gainsight", action)
    assert effect["OwnerId__gr.Email"] == _csm(vendors) and "What to do" in effect["Comments"]


@pytest.mark.parametrize("system", SYSTEMS)
def test_an_action_arrives_once_with_its_words_its_account_and_its_owner(
    run: Run, publish: Publish, vendors: VendorServer, ledger: Ledger, system: str
) -> None:
    action = f"once-{system}"
    sent = _action(vendors, system, action, account_name="<b>Ever & Co</b>")
    assert run(publish([sent])).by_state["delivered"] == 1
    (effect,) = _effects(vendors, system, action)
    said = json.dumps(effect, ensure_ascii=False)
    assert "What to do: Get in touch" in said
    if system == "gainsight":
        # Rich text there: what a customer calls itself stays text.
        assert "&lt;b&gt;Ever &amp; Co&lt;/b&gt;" in effect["Comments"]
        assert effect["OwnerId__gr.Email"] == _csm(vendors) and effect["PriorityId__gr.Name"] == "Medium"
        assert effect["CompanyId"] == _accounts(vendors, system)[0] and effect["DueDate"]
        assert ledger.get(action).destination_ref == effect["Gsid"]
    elif system == "totango":
        assert effect["note_content"]["totango_user"]["user_name"] == _csm(vendors)
        assert effect["account"]["id"] == _accounts(vendors, system)[0]
        assert ledger.get(action).destination_ref == str(effect["note_content"]["note_id"])
    else:
        assert effect["EventTypeName"] == "Tierline declining outreach"


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after", "server_error_after"])
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_doubt_is_looked_up_and_sent_again_or_held_and_never_doubled(  # noqa: PLR0917
    run: Run, publish: Publish, vendors: VendorServer, clock: Clock, ledger: Ledger, system: str, kind: str
) -> None:
    action = f"doubt-{kind}-{system}".replace("_", "-")
    vendors.set_faults([Fault(system, kind, path=FAULTED[system], seconds=0.5)])
    report = run(publish([_action(vendors, system, action)]), timeout=0.2)
    arrived = 0 if kind == "timeout_before" else 1
    assert len(_effects(vendors, system, action)) <= arrived
    if system == "churnzero":
        assert report.by_state["held"] == 1
        assert "it may have arrived" in (ledger.get(action).last_error or "")
        clock.forward(hours=1)
        assert run().attempted == 0
        return
    assert report.by_state["failed"] == 1
    clock.forward(minutes=1)
    assert run().by_state["delivered"] == 1
    assert len(_effects(vendors, system, action)) == 1


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_a_dead_worker_sent_is_found_and_what_it_did_not_send_is_sent(  # noqa: PLR0917
    run: Run, publish: Publish, vendors: VendorServer, clock: Clock, ledger: Ledger, home: Home, system: str
) -> None:
    """The worker dies between sending and settling the first, and before sending the second."""
    sent, unsent = f"dead-sent-{system}", f"dead-unsent-{system}"
    rows = [_action(vendors, system, action) for action in (sent, unsent)]
    enqueue_decisions(ledger, publish(rows), now=clock, who="dead")
    channel = build_channels(ChannelConfig(cs_platforms=_platforms(vendors)), home.outbox, now=clock)[system]
    claimed = []
    while (lane := head(ledger, now=clock(), without=set())) is not None:
        claimed += claim(
            ledger, lane, limit=10, destination=system, worker="dead", now=clock(), lease=timedelta(0)
        )
    first = next(row for row in claimed if row.action_id == sent)
    assert isinstance(next(channel.send([Renderer().render(first)])), Receipt)
    report = run()
    if system == "churnzero":
        assert report.by_state["held"] == 2 and len(_effects(vendors, system, unsent)) == 0
        return
    # What is not there may be on its way still: it is looked for again a moment later.
    assert report.by_state["pending"] == (1 if system == "gainsight" else 2)
    clock.forward(seconds=11)
    assert run().by_state["delivered"] == 2
    assert [len(_effects(vendors, system, action)) for action in (sent, unsent)] == [1, 1]


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_rate_limit_rests_the_channel_and_nothing_is_lost(
    run: Run, publish: Publish, vendors: VendorServer, clock: Clock, system: str
) -> None:
    actions = [f"limit-{number}-{system}" for number in range(3)]
    vendors.set_faults([Fault(system, "rate_limit", retry_after=600)])
    report = run(publish([_action(vendors, system, action) for action in actions]))
    assert "429" in report.resting[system] and report.by_state.get("delivered", 0) == 0
    before = len(vendors.journal.requests(system))
    clock.forward(minutes=9)
    run()
    assert len(vendors.journal.requests(system)) == before
    clock.forward(minutes=2)
    assert run().by_state["delivered"] == 3
    assert [len(_effects(vendors, system, action)) for action in actions] == [1, 1, 1]


def test_of_a_batch_of_calls_to_action_only_the_refused_are_dead_with_gainsights_words(
    run: Run, publish: Publish, vendors: VendorServer, ledger: Ledger
) -> None:
    before = len(_writes(vendors, "gainsight"))
    rows = [
        _action(vendors, "gainsight", "batch-good"),
        _action(vendors, "gainsight", "batch-owner") | {"recipient": "nobody@elsewhere.example"},
        _action(vendors, "gainsight", "batch-company", external_id="1P02NOBODY"),
        _action(vendors, "gainsight", "batch-unknown", external_id=None),
        _action(vendors, "gainsight", "batch-fine"),
    ]
    states = run(publish(rows)).by_state
    assert (states["delivered"], states["dead"]) == (2, 3)
    assert len(_writes(vendors, "gainsight")) == before + 1
    errors = {name: ledger.get(f"batch-{name}").last_error or "" for name in ("owner", "company", "unknown")}
    assert "OwnerId" in errors["owner"] and "CompanyId" in errors["company"]
    assert "names no account of Gainsight" in errors["unknown"]


def test_a_batch_that_left_in_one_request_is_in_doubt_whole_when_no_answer_comes(
    run: Run, publish: Publish, vendors: VendorServer, ledger: Ledger, clock: Clock
) -> None:
    """The channel rests after the fifth of ten failures; the other five had left, too."""
    vendors.set_faults([Fault("gainsight", "timeout_after", path=CREATES["gainsight"], seconds=0.5)])
    actions = [f"whole-{number}" for number in range(10)]
    run(publish([_action(vendors, "gainsight", action) for action in actions]), timeout=0.2)
    assert {(ledger.get(action).state, ledger.get(action).attempts) for action in actions} == {("failed", 1)}
    vendors.set_faults([])
    clock.forward(minutes=2)
    assert run().by_state["delivered"] == 10
    assert [len(_effects(vendors, "gainsight", action)) for action in actions] == [1] * 10


def test_a_field_that_gainsight_does_not_have_rests_the_channel_before_anything_is_written(
    run: Run, publish: Publish, vendors: VendorServer, ledger: Ledger, clock: Clock
) -> None:
    actions = [f"no-field-{number}" for number in range(5)]
    run(publish([_action(vendors, "gainsight", action) for action in actions]), action_field="Other__gc")
    assert {ledger.get(action).state for action in actions} == {"failed"}
    assert "Field [Other__gc] does not exist" in (ledger.get(actions[0]).last_error or "")
    assert "Other__gc" in ledger.resting(clock())["gainsight"].reason
    # What an earlier test let time out may be written down only now: its own are meant.
    assert not [each for each in _writes(vendors, "gainsight") if "no-field" in each.body]


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_key_that_is_echoed_reaches_neither_ledger_nor_logs(  # noqa: PLR0917
    publish: Publish,
    ledger: Ledger,
    home: Home,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    system: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    with http_receiver() as echo:
        echo.script = lambda number, request: Answer(
            422, body=f"what is {dict(request.headers)} {request.body.decode()}?"
        )
        platforms = CsPlatforms(
            gainsight=GainsightDestination(echo.url, "hush-key"),
            churnzero=ChurnzeroDestination(echo.url, "hush-key"),
            totango=TotangoDestination("hush-service", "hush-key", url=echo.url, tracker_url=echo.url),
        )
        channels = build_channels(ChannelConfig(cs_platforms=platforms), home.outbox, now=clock)
        row = decision("echoed", channel=system, facts={"external_id": "a-1"})
        deliver(ledger, publish([row]), channels, now=clock, worker="test", sleep=clock.sleep)
    error = ledger.get("echoed").last_error or ""
    assert "422" in error and "***" in error
    stored = b"".join(path.read_bytes() for path in home.root.glob("ledger.db*") if path.is_file())
    assert b"hush" not in stored and "hush" not in caplog.text and "hush" not in repr(platforms)


@pytest.mark.parametrize("system", ["gainsight", "totango"])
def test_wrong_credentials_keep_the_rows_and_are_told(
    run: Run, publish: Publish, vendors: VendorServer, ledger: Ledger, system: str
) -> None:
    run(publish([_action(vendors, system, f"wrong-{system}")]), **{system: "hush-hush-key"})
    row = ledger.get(f"wrong-{system}")
    assert row.state == "failed" and "401" in (row.last_error or "")
    assert "address and credentials" in (row.last_error or "")


def test_without_settings_the_outbox_stands_in(
    publish: Publish, ledger: Ledger, home: Home, clock: Clock
) -> None:
    rows = [decision(f"kept-{system}", channel=system) for system in SYSTEMS]
    channels = build_channels(ChannelConfig(), home.outbox, now=clock)
    deliver(ledger, publish(rows), channels, now=clock, worker="test")
    for system in SYSTEMS:
        (line,) = (home.outbox / f"{system}.jsonl").read_text().splitlines()
        assert "Tierline action kept-" in json.loads(line)["message"]["text"]


@pytest.mark.parametrize("system", SYSTEMS)
def test_score_tier_and_risk_stand_on_the_account_and_an_unknown_score_empties_it(
    vendors: VendorServer, clock: Clock, system: str
) -> None:
    writer = platform_writers(_platforms(vendors), now=clock)[system]
    first, second = _accounts(vendors, system)[1:3]
    outcomes = list(writer.write([_attributes(first), _attributes(second, None, tier="unknown", risk=None)]))
    assert [type(outcome) for outcome in outcomes] == [Receipt, Receipt]
    known, unknown = (_shown(vendors, system, account) for account in (first, second))
    assert [str(known[name]) for name in ("Score", "Tier", "Risk", "Band")] == [
        "54.5", "declining", "0.31", "elevated",
    ]  # fmt: skip
    assert str(known["Of"]) == "2026-11-21"
    assert unknown["Score"] in (None, "") and unknown["Tier"] == "unknown" and unknown["Risk"] in (None, "")
    writer.close()


def _shown(vendors: VendorServer, system: str, account: str) -> dict[str, Any]:
    """Our attributes there, by the last word of their names."""
    server: Any = vendors.vendors[system]
    if system == "gainsight":
        row = next(row for row in server.objects.companies() if row["Gsid"] == account)
    elif system == "churnzero":
        row = next(row["Cf"] for row in server.objects.rows("Account") if row["ExternalId"] == account)
    else:
        row = next(row["_values"] for row in server.objects.accounts() if row["name"] == account)
    ours = {name.removesuffix("__gc").replace("_", " "): value for name, value in row.items()}
    return {name.rpartition(" ")[2]: value for name, value in ours.items() if name.startswith("Tierline")}


def test_of_a_batch_of_companies_the_refused_are_told_and_the_others_written(
    vendors: VendorServer, clock: Clock
) -> None:
    writer = platform_writers(_platforms(vendors), now=clock)["gainsight"]
    known = _accounts(vendors, "gainsight")
    wanted = [_attributes("1P02NOBODY"), *(_attributes(known[n % len(known)], n % 100) for n in range(60))]
    before = len(vendors.journal.requests("gainsight"))
    outcomes = list(writer.write(wanted))
    assert len(vendors.journal.requests("gainsight")) == before + 2  # 50 and 11
    assert isinstance(outcomes[0], DestinationRejectedError) and "No record found" in str(outcomes[0])
    assert all(isinstance(outcome, Receipt) for outcome in outcomes[1:]) and len(outcomes) == 61


def test_a_company_field_that_does_not_exist_is_told_by_its_name(vendors: VendorServer, clock: Clock) -> None:
    platforms = _platforms(vendors, company_fields={"score": "Nope__gc"})
    writer = platform_writers(platforms, now=clock)["gainsight"]
    (outcome,) = writer.write([_attributes(_accounts(vendors, "gainsight")[0])])
    assert isinstance(outcome, DestinationRejectedError) and "Nope__gc" in str(outcome)
    with pytest.raises(ChannelMisconfiguredError, match="'scores' is no attribute"):
        platform_writers(_platforms(vendors, company_fields={"scores": "X"}), now=clock)


@pytest.mark.parametrize("system", SYSTEMS)
def test_only_values_of_accounts_are_sent(vendors: VendorServer, clock: Clock, system: str) -> None:
    writer = platform_writers(_platforms(vendors), now=clock)[system]
    good = _accounts(vendors, system)[3]
    wrong = [
        _attributes(good, 101.0),
        _attributes(good, float("nan")),
        _attributes(good, risk=1.2),
        _attributes(" "),
    ]
    before = len(vendors.journal.requests(system))
    refused = list(writer.write(wrong))
    assert all(isinstance(outcome, DestinationRejectedError) for outcome in refused)
    assert len(vendors.journal.requests(system)) == before
    outcomes = list(writer.write([*wrong[:1], _attributes(good), *wrong[1:]]))
    assert [isinstance(outcome, Receipt) for outcome in outcomes] == [False, True, False, False, False]


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_rate_limit_ends_a_write_and_a_doubt_does_not(
    vendors: VendorServer, clock: Clock, system: str
) -> None:
    writer = platform_writers(_platforms(vendors), now=clock)[system]
    accounts = [_attributes(_accounts(vendors, system)[0], 50.0) for _ in range(2 * writer.batch_size)]
    vendors.set_faults([Fault(system, "rate_limit", retry_after=9)])
    before = len(vendors.journal.requests(system))
    limited = list(writer.write(accounts))
    assert len(vendors.journal.requests(system)) == before + 1 and len(limited) == len(accounts)
    for outcome in limited:
        assert isinstance(outcome, DestinationUnavailableError) and outcome.retry_after is not None
    vendors.set_faults([Fault(system, "server_error")])
    kinds = [type(outcome) for outcome in writer.write(accounts)]
    assert kinds == [OutcomeUnknownError] * writer.batch_size + [Receipt] * writer.batch_size


def test_an_address_no_request_can_go_to_is_refused(clock: Clock) -> None:
    for url in (
        "",
        "company.gainsightcloud.com",
        "ftp://h/x",
        "https://",
        "https://h?x=1",
        "https://me:pw@h",
    ):
        with pytest.raises(
            ChannelMisconfiguredError, match=r"^TIERLINE_TO_GAINSIGHT_URL .*https://host/path"
        ):
            platform_writers(CsPlatforms(gainsight=GainsightDestination(url, "key")), now=clock)


def test_the_environment_names_what_an_enabled_platform_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "GAINSIGHT_URL": "https://company.example",
        "GAINSIGHT_ACCESS_KEY": "hush",
        "CHURNZERO_URL": "https://company.example",
        "CHURNZERO_APP_KEY": "hush",
        "TOTANGO_SERVICE_ID": "hush",
        "TOTANGO_APP_TOKEN": "hush",
    }
    for system in SYSTEMS:
        monkeypatch.setenv(f"TIERLINE_TO_{system.upper()}_ENABLED", "true")
    for name, value in given.items():
        with pytest.raises(IncompleteChannelError, match=f"TIERLINE_TO_{name}"):
            DeliveryEnvironment().channels()
        monkeypatch.setenv(f"TIERLINE_TO_{name}", value)
    monkeypatch.setenv("TIERLINE_TO_TOTANGO_ATTRIBUTES", '{"score": "Health"}')
    platforms = DeliveryEnvironment().channels().cs_platforms
    assert platforms.totango is not None and platforms.totango.attributes == {"score": "Health"}
    assert "hush" not in repr(platforms) + repr(DeliveryEnvironment())
    monkeypatch.setenv("TIERLINE_TO_GAINSIGHT_ENABLED", "false")
    assert DeliveryEnvironment().channels().cs_platforms.gainsight is None
