"""The preview shows what goes out: every play, real rows first, and nothing that asks the web for anything."""

import csv
import json
import re
from pathlib import Path

import pytest

from sensors.channels.composing import compose
from sensors.channels.unsubscribing import Unsubscribing
from sensors.decisions import open_decisions
from sensors.preview import EXAMPLE_FACTS, POLICY, FactsUnreadableError, UnknownPlayError, preview
from sensors.rendering import Renderer
from sensors.wording import dates_spoken
from tests.sensors.conftest import Publish, decision
from tests.sensors.terminal import Terminal
from tests.sensors.test_messages import row
from warehouse.home import Home

WAY_OUT = Unsubscribing("https://our-company.io/unsubscribe?t={token}", "a secret of two dozen letters")
KIM = {"recipient": "kim@northwind.io", "recipient_name": "Kim Larsen", "message_kind": "marketing"}


def test_every_play_of_the_policy_is_shown_and_reads_well(tmp_path: Path) -> None:
    shown = preview(None, tmp_path, unsubscribing=WAY_OUT)
    with POLICY.open() as file:
        assert {each.play_id for each in shown} == {line["play_id"] for line in csv.DictReader(file)}
    index = (tmp_path / "index.html").read_text()
    for each in shown:
        assert each.is_example and each.files[0][0] == "E-mail"
        for _, name in each.files:
            assert f'href="{name}"' in index
            said = (tmp_path / name).read_text()
            for blunder in ("None", "Undefined", "not known of", " .", "{{"):
                # the styles' numbers begin with a dot
                assert blunder not in re.sub(r"<style>.*?</style>", "", said, flags=re.DOTALL), (
                    name,
                    blunder,
                )
            words = re.sub(r"<[^>]*>", " ", said)
            assert not re.search(r"[a-z)]\.[A-Z]", words), (name, "two sentences run together")


def test_a_daily_list_names_what_is_open_what_is_new_and_that_there_is_more(tmp_path: Path) -> None:
    preview(None, tmp_path, play="csm_daily_list")
    said = (tmp_path / "csm_daily_list/email.txt").read_text()
    facts = json.loads(EXAMPLE_FACTS.read_text())["by_play"]["csm_daily_list"]
    lines = re.sub(r"\s+", " ", said)
    listed = {part: [dates_spoken(line) for line in facts[part]] for part in ("list_lines", "list_new")}
    opened, new = (lines.index(each[0]) for each in listed.values())
    assert opened < lines.index("New today, each with a message of its own:") < new
    assert all(line in lines for each in listed.values() for line in each)
    assert "And 3 more, less urgent." in said
    # it is about no single account
    assert "THE FACTS" not in said and "Northwind" not in said


def test_a_list_of_nothing_but_new_alerts_says_so() -> None:
    facts = {
        "account_name": "your accounts",
        "message_day": "2026-11-23",
        "list_lines": [],
        "list_new": ["Acme"],
    }
    said = json.dumps(Renderer().render(row("csm_daily_list", "email", facts)).content)
    assert "All new today, each with a message of its own:" in said and "Acme" in said
    assert "Nothing is listed" not in said


def test_pages_ask_the_web_for_nothing_and_fit_a_phone(tmp_path: Path) -> None:
    preview(None, tmp_path)
    for page in tmp_path.rglob("*.html"):
        said = page.read_text()
        assert not re.search(r"<(script|img|link|iframe|object)|src=|url\(|@import", said), page
        assert 'name="viewport" content="width=device-width' in said, page


def test_what_is_shown_is_what_is_sent(publish: Publish, tmp_path: Path) -> None:
    snapshot = publish([
        decision("a", "usage_nudge", **KIM, suppressed_by="holdout"),
        decision("b", "usage_nudge", **KIM, facts={"last_active_on": "2026-10-01"}),
        decision("c", "at_risk_alert", facts={"account_name": "Evil <b>&"}),
    ])  # fmt: skip
    shown = {each.play_id: each for each in preview(snapshot, tmp_path, unsubscribing=WAY_OUT)}
    assert [name for name, each in shown.items() if not each.is_example] == ["at_risk_alert", "usage_nudge"]
    with open_decisions(snapshot) as reader:
        (sent,) = reader.decisions(["b"])
    facts = json.loads(sent.facts or "{}")
    message = Renderer().render(row("usage_nudge", "email", facts, action_id="b", **KIM))
    mail = compose(message, sender="cs@our-company.io", unsubscribing=WAY_OUT)
    html, text = mail.get_body(("html",)), mail.get_body(("plain",))
    assert html is not None and text is not None
    assert html.get_content().strip() == (tmp_path / "usage_nudge" / "email.html").read_text().strip()
    written = (tmp_path / "usage_nudge" / "email.txt").read_text()
    assert written.strip() == f"Subject: {mail['Subject']}\n\n{text.get_content()}".strip()
    assert WAY_OUT.address_for("kim@northwind.io") in written
    assert "Evil &lt;b&gt;&amp;" in (tmp_path / "at_risk_alert" / "slack.html").read_text()


def test_one_play_can_be_asked_for_and_an_unknown_one_is_named(tmp_path: Path) -> None:
    assert [each.play_id for each in preview(None, tmp_path, play="renewal_brief")] == ["renewal_brief"]
    assert "would be refused" not in (tmp_path / "index.html").read_text()
    with pytest.raises(UnknownPlayError, match="no play 'nonsense'"):
        preview(None, tmp_path, play="nonsense")


@pytest.mark.parametrize(
    "facts",
    ["", "[]", "{broken", '{"every_play": {}}', '{"every_play": [], "by_play": {}}',
     '{"every_play": {}, "by_play": {"renewal_brief": "x"}}'],
)  # fmt: skip
def test_facts_that_are_none_are_refused_with_what_they_must_look_like(tmp_path: Path, facts: str) -> None:
    given = tmp_path / "facts.json"
    given.write_text(facts)
    with pytest.raises(FactsUnreadableError, match=r"facts\.json"):
        preview(None, tmp_path / "out", facts=given)
    with pytest.raises(FactsUnreadableError, match="No such file"):
        preview(None, tmp_path / "out", facts=tmp_path / "nope")
    given.write_bytes(EXAMPLE_FACTS.read_bytes())
    assert preview(None, tmp_path / "out", facts=given, play="renewal_brief")


@pytest.mark.parametrize("inside", ["", "x"])
def test_a_folder_that_can_not_be_written_to_gets_one_clear_line(
    home: Home, tmp_path: Path, inside: str
) -> None:
    file = tmp_path / "file"
    file.write_text("kept")
    asked = Terminal(home)("preview", "--play", "renewal_brief", "--out", str(file / inside))
    assert asked.returncode == 1 and asked.stderr.count("\n") == 1
    assert f"{file / inside} can't be written to: " in asked.stderr and file.read_text() == "kept"
    whole = tmp_path / "out"
    (whole / "index.html").mkdir(parents=True)
    asked = Terminal(home)("preview", "--play", "renewal_brief", "--out", str(whole))
    assert asked.returncode == 1 and f"{whole} can't be written to: Is a directory\n" == asked.stderr
