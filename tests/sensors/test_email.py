"""E-mail through a real local SMTP server."""

import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from sensors.channels.channel import ChannelMisconfiguredError, Message
from sensors.channels.composing import compose
from sensors.channels.configuration import ChannelConfig, EmailDestination, build_channels
from sensors.channels.unsubscribing import Unsubscribing
from sensors.delivery import DeliveryReport, deliver
from sensors.environment import DeliveryEnvironment, IncompleteChannelError
from sensors.ledger import Ledger
from tests.sensors.conftest import Clock, Publish, decision
from tests.sensors.receivers import MailReceiver, mail_receiver
from warehouse.home import Home

Run = Callable[..., DeliveryReport]


@pytest.fixture
def relay() -> Iterator[MailReceiver]:
    with mail_receiver() as running:
        yield running


@pytest.fixture
def run(ledger: Ledger, home: Home, clock: Clock, relay: MailReceiver) -> Run:
    def run(snapshot: Any = None, **options: Any) -> DeliveryReport:
        settings: dict[str, Any] = {
            "host": "127.0.0.1", "port": relay.port, "sender": "Tierline <cs@our-company.io>",
            "starttls": False, "timeout_seconds": 2.0,
        }  # fmt: skip
        config = ChannelConfig(email=EmailDestination(**settings | options))
        channels = build_channels(config, home.outbox, now=clock)
        return deliver(ledger, snapshot, channels, now=clock, worker="test", sleep=clock.sleep)

    return run


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A key, and a certificate of this machine that nobody knows."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, certificate


def test_the_mail_has_both_forms_and_headers_that_keep_robots_quiet(
    run: Run, publish: Publish, relay: MailReceiver, ledger: Ledger
) -> None:
    run(publish([decision("a"), decision("b", "at_risk_review", recipient_name="Łukasz Ó Dálaigh")]))
    first, second = relay.mails
    assert str(first["To"]) == "Ana Ruiz <ana.ruiz@northwind-cs.io>"
    assert str(second["To"]) == "Łukasz Ó Dálaigh <ana.ruiz@northwind-cs.io>"
    assert first["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in first.iter_parts()] == ["text/plain", "text/html"]
    text = first.get_body(("plain",))
    assert text is not None and "Mon 23 November 2026" in text.get_content().replace("\n", " ")
    assert ledger.get("a").destination_ref == first["Message-ID"]


def test_the_same_action_always_has_the_same_message_id(publish: Publish) -> None:
    content = {"subject": "s", "text": "t", "html": "<p>h</p>"}
    messages = [
        Message(name, "email", "ana@northwind-cs.io", None, "p", "a", content) for name in ("x", "x", "y")
    ]
    ids = [compose(message, sender="cs@our-company.io")["Message-ID"] for message in messages]
    assert ids[0] == ids[1] != ids[2] and ids[0].endswith("@our-company.io>")


def test_customers_can_not_write_headers_or_html(run: Run, publish: Publish, relay: MailReceiver) -> None:
    name = "Evil\r\nBcc: everyone@northwind-cs.io\r\n\r\n<script>alert(1)</script><img src=x onerror=y>"
    run(publish([decision("a", facts={"account_name": name}, recipient_name="Ana\nCc: x@y.io, <b>")]))
    (mail,) = relay.mails
    assert mail["Bcc"] is None and mail["Cc"] is None
    assert relay.envelopes[0].rcpt_tos == ["ana.ruiz@northwind-cs.io"]
    html = mail.get_body(("html",))
    assert html is not None
    assert "<script" not in html.get_content() and "<img" not in html.get_content()
    assert "&lt;script&gt;" in html.get_content()


@pytest.mark.parametrize(
    "recipient",
    [
        "customer-success@example.com",
        "a@mail.example.org",
        "a@company.test",
        "not an address",
        "a@b.io, c@d.io",
        "@",
    ],
)
def test_an_address_nobody_can_have_is_dead_with_advice(
    run: Run, publish: Publish, relay: MailReceiver, ledger: Ledger, recipient: str
) -> None:
    run(publish([decision("a", recipient=recipient), decision("b")]))
    row = ledger.get("a")
    assert row.state == "dead" and "seeds/policy/recipients.csv" in (row.last_error or "")
    assert ledger.get("b").state == "delivered" and len(relay.mails) == 1


def test_a_recipient_the_relay_does_not_know_is_dead(run: Run, publish: Publish, ledger: Ledger) -> None:
    run(publish([decision("a", recipient="nobody@northwind-cs.io"), decision("b")]))
    assert ledger.get("a").state == "dead" and "no such person" in (ledger.get("a").last_error or "")
    assert ledger.get("b").state == "delivered"


def test_a_relay_that_says_later_gets_it_later_and_one_that_says_never_does_not(
    run: Run, publish: Publish, relay: MailReceiver, clock: Clock, ledger: Ledger
) -> None:
    relay.answer = lambda number: ["451 try later", "554 spam", "250 taken"][number]
    run(publish([decision("a"), decision("b")]))
    assert (ledger.get("a").state, ledger.get("b").state) == ("failed", "dead")
    clock.forward(minutes=1)
    run()
    assert ledger.get("a").state == "delivered" and len(relay.mails) == 1


def test_a_relay_that_hangs_up_on_the_whole_message_leaves_it_held(
    run: Run, publish: Publish, relay: MailReceiver, clock: Clock, ledger: Ledger
) -> None:
    relay.answer = lambda number: None if number == 0 else "250 taken"
    run(publish([decision("a"), decision("b")]))
    clock.forward(days=1)
    run()
    assert (ledger.get("a").state, ledger.get("b").state) == ("held", "delivered")
    assert len(relay.mails) == 2


def test_a_relay_that_is_down_is_no_doubt(run: Run, publish: Publish, clock: Clock, ledger: Ledger) -> None:
    run(publish([decision("a")]), port=1)
    assert ledger.get("a").state == "failed" and "can't be used" in (ledger.get("a").last_error or "")


def test_starttls_encrypts_and_a_stranger_certificate_is_refused(
    run: Run, publish: Publish, certificate: tuple[Path, Path], clock: Clock, ledger: Ledger
) -> None:
    key, certificate_file = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file, key)
    with mail_receiver(tls_context=context, require_starttls=True) as relay:
        run(publish([decision("a")]), port=relay.port, starttls=True)
        assert ledger.get("a").state == "failed" and "CERTIFICATE_VERIFY_FAILED" in (
            ledger.get("a").last_error or ""
        )
        clock.forward(minutes=1)
        run(port=relay.port, starttls=True, ca_file=certificate_file)
        assert ledger.get("a").state == "delivered"
        assert relay.was_encrypted == [True]


def test_a_sender_that_is_no_address_is_refused_before_anything_is_sent(run: Run, publish: Publish) -> None:
    with pytest.raises(ChannelMisconfiguredError, match="can't be the sender"):
        run(publish([decision("a")]), sender="Tierline")


PAGE = Unsubscribing("https://our-company.io/unsubscribe?t={token}", "a secret of two dozen letters")
KIM = {"recipient": "kim@northwind.io", "recipient_name": "Kim Larsen", "mode": "automated"}


def test_marketing_has_a_way_out_in_its_headers_and_before_its_readers_eyes(
    run: Run, publish: Publish, relay: MailReceiver
) -> None:
    run(
        publish([decision("a", "usage_nudge", **KIM, message_kind="marketing"), decision("b")]),
        unsubscribing=PAGE,
    )
    mail = next(mail for mail in relay.mails if "kim@" in str(mail["To"]))
    ours = next(mail for mail in relay.mails if "kim@" not in str(mail["To"]))
    address = PAGE.address_for("kim@northwind.io")
    assert str(mail["List-Unsubscribe"]) == f"<{address}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert str(mail["Reply-To"]) == "Ana Ruiz <ana.ruiz@northwind-cs.io>"
    for kind, shown in (("plain", address), ("html", f'href="{address}"')):
        body = mail.get_body((kind,))
        assert body is not None and shown in body.get_content().replace("&amp;", "&")
    assert ours["List-Unsubscribe"] is None and ours["Reply-To"] is None


@pytest.mark.parametrize("takes_examples", [True, False])
def test_replies_reach_an_example_csm_only_through_a_relay_that_takes_examples(
    run: Run, publish: Publish, relay: MailReceiver, takes_examples: bool
) -> None:
    facts = {"csm_email": "ana.ruiz@our-company.example"}
    run(publish([decision("a", "renewal_reminder", **KIM, facts=facts)]), takes_examples=takes_examples)
    expected = "Ana Ruiz <ana.ruiz@our-company.example>" if takes_examples else "None"
    assert str(relay.mails[0]["Reply-To"]) == expected


def test_a_long_address_to_opt_out_stays_whole_on_the_wire() -> None:
    long = f"{'a.very.long.name' * 3}@{'a-long-company-name' * 3}.io"
    mail = compose(
        Message(
            "a",
            "email",
            long,
            None,
            "p",
            "a",
            {"subject": "s", "text": "t", "html": "h", "audience": "customer"},
        ),
        sender="cs@our-company.io",
        unsubscribing=PAGE,
    )
    assert f"\r\nList-Unsubscribe: <{PAGE.address_for(long)}>\r\n".encode() in mail.as_bytes()


def test_marketing_without_a_way_out_is_refused_and_service_mail_is_not(
    run: Run, publish: Publish, relay: MailReceiver, ledger: Ledger
) -> None:
    run(
        publish(
            [
                decision("a", "usage_nudge", **KIM, message_kind="marketing"),
                decision("b", "renewal_reminder", **KIM, message_kind="service"),
            ]
        )
    )
    assert ledger.get("a").state == "dead" and "TIERLINE_UNSUBSCRIBE_URL" in (
        ledger.get("a").last_error or ""
    )
    assert ledger.get("b").state == "delivered" and relay.mails[0]["List-Unsubscribe"] is None


@pytest.mark.parametrize(
    "url",
    ["http://our-company.io/{token}", "https://our-company.io/", "https:///{token}", "our-company.io",
     "https://[our/{token}", "mailto:nobody", "https://our-company.io/{token}>, <https://evil.io/", "mailto:a@b.io\r\nBcc: c@d.io"],
)  # fmt: skip
def test_a_way_out_that_leads_nowhere_is_refused_at_once(url: str) -> None:
    with pytest.raises(ChannelMisconfiguredError, match="must look like"):
        Unsubscribing(url, "a secret of two dozen letters")
    with pytest.raises(ChannelMisconfiguredError, match="16 characters"):
        Unsubscribing("mailto:a@b.io", "short")


def test_tls_from_the_first_byte_and_certificates_come_from_the_environment(tmp_path: Path) -> None:
    values = {
        "email_enabled": True, "smtp_host": "127.0.0.1", "smtp_from": "cs@our-company.io", "smtp_implicit_tls": True,
        "smtp_ca_file": tmp_path / "none.pem", "unsubscribe_url": "mailto:stop@our-company.io",
    }  # fmt: skip
    with pytest.raises(IncompleteChannelError, match="TIERLINE_UNSUBSCRIBE_SECRET"):
        DeliveryEnvironment(**values).channels()
    config = DeliveryEnvironment(
        **values, unsubscribe_secret=SecretStr("a secret of two dozen letters")
    ).channels()
    assert config.email is not None and config.email.implicit_tls and "two dozen" not in repr(config)
    with pytest.raises(ChannelMisconfiguredError, match="TIERLINE_SMTP_CA_FILE"):
        build_channels(config, tmp_path)


def test_a_relay_with_implicit_tls_is_spoken_to_in_tls_from_the_start(
    run: Run, publish: Publish, certificate: tuple[Path, Path], ledger: Ledger
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[1], certificate[0])
    with mail_receiver(ssl_context=context) as relay:
        run(publish([decision("a")]), port=relay.port, implicit_tls=True, ca_file=certificate[1])
    assert ledger.get("a").state == "delivered" and len(relay.mails) == 1
