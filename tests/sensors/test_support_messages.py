"""What the hand-over of a customer's question says: nobody has to ask it again."""

import json

from sensors.rendering import Renderer
from tests.sensors.conftest import FACTS
from tests.sensors.test_messages import row

HANDED_OVER = {
    "question": "How do we export <all> *reports*?\nSince Monday it stops.",
    "attempted_answer": "Choose Export. " * 60,
    "asked_by": "bo@northwind.com",
    "escalation_reason": "answer rejected",
    "cited_sources": '["src/reports/export.py", "docs/export.md"]',
    "open_tickets": 3,
    "stale_path": "src/reports/export.py",
}


def test_a_hand_over_brings_the_question_the_attempt_the_reason_the_sources_and_the_account() -> None:
    content = Renderer().render(row("escalation_handover", "email", FACTS | HANDED_OVER)).content
    said = " ".join(content["text"].split())
    assert content["subject"].startswith("Northwind Traders is waiting for a person")
    for part in (
        "bo@northwind.com asked: “How do we export <all> *reports*? Since Monday it stops.”",
        ("Choose Export. " * 60).strip(),
        "because of this: answer rejected",
        "an old reading of src/reports/export.py",
        "Open tickets: 3",
        "Sources cited: src/reports/export.py, docs/export.md",
        "52.3 of 100",
        "through the API and the app",
    ):
        assert part in said, part
    assert "export &lt;all&gt;" in content["html"] and "<all>" not in content["html"]


def test_a_hand_over_says_since_when_the_customer_waits() -> None:
    waiting = FACTS | HANDED_OVER | {"escalated_at": "2026-11-20 09:45:28"}
    content = Renderer().render(row("escalation_handover", "email", waiting)).content
    assert "has been waiting for a person since 20 November 2026" in content["subject"]
    assert "handed over on Fri 20 November 2026, 09:45 UTC because of this" in " ".join(
        content["text"].split()
    )


def test_a_hand_over_of_which_little_is_known_still_reads_well() -> None:
    content = Renderer().render(row("escalation_handover", "slack", {"account_name": "Acme"})).content
    said = json.dumps(content, ensure_ascii=False)
    assert "Somebody at Acme asked a question" in said and "The AI tier had no answer." in said
    assert "handed over without a reason given" in said and "None" not in said
