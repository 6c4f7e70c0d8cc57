"""From a decision to a message.

A play has one template, `templates/plays/<template_id>.j2`, that says in plain text what happened and what is
asked: it sets `subject`, `headline`, `what_happened`, `ask` and `why_you`. The layouts dress these words for
the kind of channel and escape them: `slack.json.j2`, `email.html.j2`, `email.txt.j2`, `webhook.json.j2`,
`crm_task.json.j2`, `event.json.j2` under `templates/layouts/`. So a play can move to another channel by
policy alone, and no name can become markup.
A person's edits take the place of the template's words and are dressed the same way.

Rendering depends on nothing but the ledger's row and the templates: the same action gives the same message,
but for a time to answer by that had passed when it was claimed.
"""

import hashlib
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateError, TemplateNotFound
from jinja2.environment import TemplateModule
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sensors.channels.channel import Message, MessageKind
from sensors.fact_lines import FACTS, fact_lines
from sensors.records import Delivery
from sensors.wording import FILTERS, clean, told, unlinked

TEMPLATES = Path(__file__).parent / "templates"
PARTS = ("subject", "headline", "what_happened", "ask", "why_you")
# A play for customers sets `audience` to this: its mail shows no score, no facts and no reasons of ours.
CUSTOMER = "customer"
_WEB_ADDRESS = re.compile(r"https://[^\s\"'<>]+")
# Both take the same task.
_TEMPLATE_ID = re.compile(r"[a-z][a-z0-9_]*")
_SLACK_USER = re.compile(r"[UW][A-Z0-9]{5,}")
# What customers and machines said, which whoever takes over has to read whole.
_QUOTED = {"question", "attempted_answer", "cited_sources"}
_LONGEST_QUOTE = 1_500
# What our models saw, as sentences; the three gravest signals of an account together have room.
_EVIDENCE = {"alert_reason", "divergence", "risk_evidence", "risk_signals", "schedule_why"}
_LONGEST_EVIDENCE = 600
# Kinds that share a layout; the others have one of their own name.
_LAYOUTS = {
    **dict.fromkeys((MessageKind.HUBSPOT, MessageKind.SALESFORCE), "crm_task"),
    **dict.fromkeys((MessageKind.GAINSIGHT, MessageKind.CHURNZERO, MessageKind.TOTANGO), "event"),
}
# Facts worth keeping beside a message in the outbox.
_ESSENTIALS = (
    "account_name",
    "segment",
    "score",
    "tier",
    "previous_tier",
    "score_change_7d",
    "biggest_drag",
    "arr",
    "currency",
    "renewal_on",
)


class UnrenderableError(ValueError):
    """No message can be made of this row; the text says what is missing."""


class Renderer:
    """Renders rows of the ledger. Templates can't reach Python, files or anything but what they are given."""

    def __init__(self, templates: Path = TEMPLATES) -> None:
        # Plays and text layouts are plain text, so only HTML escapes by itself; JSON layouts use `tojson`.
        self._environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(templates),
            undefined=StrictUndefined,
            autoescape=lambda name: bool(name and name.endswith(".html.j2")),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
        )
        self._environment.filters.update(FILTERS)
        self._template = lru_cache(maxsize=None)(self._environment.get_template)

    def render(self, delivery: Delivery) -> Message:
        """Raises `UnrenderableError`."""
        recipient = clean(delivery.recipient or "")
        if not recipient:
            raise UnrenderableError(
                "the decision names no recipient; give the account a CSM or set seeds/policy/recipients.csv"
            )
        try:
            kind = MessageKind(delivery.channel)
        except ValueError:
            raise UnrenderableError(f"no message can be made for channel {delivery.channel!r}") from None
        facts = _facts(delivery)
        if delivery.approved_content is not None:
            return self._message(delivery, recipient, facts, _as_approved(delivery))
        try:
            given = self._given(delivery, facts, recipient)
            content = self._dress(kind, given | self._say(delivery, given))
        except TemplateNotFound as error:
            raise UnrenderableError(
                f"there is no template {error.name!r}; add it or correct the play's template_id in policy"
            ) from error
        except (TemplateError, TypeError, ValueError, KeyError, ArithmeticError) as error:
            raise UnrenderableError(
                f"template {delivery.template_id!r} can't be filled for {kind}: {clean(str(error))}"
            ) from error
        return self._message(delivery, recipient, facts, content)

    def headline(self, delivery: Delivery) -> str:
        """The message in one line. Raises `UnrenderableError`."""
        return str(self.words(delivery)["headline"])

    def words(self, delivery: Delivery) -> dict[str, Any]:
        """The play's words with all that layouts are given. Raises `UnrenderableError`."""
        try:
            given = self._given(delivery, _facts(delivery), clean(delivery.recipient or ""))
            return given | self._say(delivery, given)
        except (TemplateError, TypeError, ValueError, KeyError, ArithmeticError) as error:
            raise UnrenderableError(
                f"template {delivery.template_id!r} can't be filled: {clean(str(error))}"
            ) from error

    def _message(
        self, delivery: Delivery, recipient: str, facts: dict[str, Any], content: dict[str, Any]
    ) -> Message:
        return Message(
            action_id=delivery.action_id,
            channel=delivery.channel,
            recipient=recipient,
            recipient_name=clean(delivery.recipient_name),
            play_id=delivery.play_id or "",
            account_id=delivery.account_id or "",
            content=content,
            essentials={name: facts.get(name) for name in _ESSENTIALS},
            owner_email=facts.get("csm_email") or None,
            message_kind=delivery.message_kind,
            reply_to=(facts["csm_name"], facts["csm_email"]) if facts["csm_email"] else None,
        )

    def _given(self, delivery: Delivery, facts: dict[str, Any], recipient: str) -> dict[str, Any]:
        """What every template can use; the keys of `facts` are those of the decision."""
        name = clean(delivery.recipient_name)
        account = facts.get("account_name") or clean(delivery.account_id)
        return {
            "action_id": delivery.action_id,
            "play_id": clean(delivery.play_id),
            "mode": clean(delivery.mode),
            "message_kind": delivery.message_kind,
            "reason": told(delivery.reason, _LONGEST_EVIDENCE),
            "account_id": clean(delivery.account_id),
            "account": account,
            "recipient": recipient,
            "recipient_name": name,
            "first_name": name.split(" ")[0] if name and name != account else None,
            "slack_user_id": _mentioned(recipient, facts),
            "is_immediate": delivery.is_immediate,
            "as_of": delivery.decided_for,
            "due_at": delivery.sla_due_at,
            "policy_valid_from": delivery.policy_valid_from,
            "facts": facts,
            "lines": fact_lines(facts),
        }

    def _say(self, delivery: Delivery, given: dict[str, Any]) -> dict[str, Any]:
        """The play's own words, each a list of paragraphs except `subject` and `headline`."""
        template_id = delivery.template_id or ""
        given_due = given["due_at"]
        if _is_past(delivery):
            # Nobody can be asked to do something by then; only a task keeps the day it was due.
            given = given | {"due_at": None}
        if not _TEMPLATE_ID.fullmatch(template_id):
            raise TemplateNotFound(f"plays/{template_id}.j2")
        said = self._play(f"plays/{template_id}.j2").make_module(given)
        if getattr(said, "audience", None) == CUSTOMER:
            given = unlinked(given)
            said = self._play(f"plays/{template_id}.j2").make_module(given)
        missing = [part for part in PARTS if not hasattr(said, part)]
        if missing:
            raise UnrenderableError(f"template {template_id!r} does not set {', '.join(missing)}")
        words: dict[str, Any] = {part: _paragraphs(str(getattr(said, part))) for part in PARTS}
        edited: dict[str, str] = json.loads(delivery.edits or "{}")
        words |= {part: _paragraphs(text) for part, text in edited.items()}
        words |= {part: " ".join(words[part]) for part in ("subject", "headline")}
        said_to = {"audience": getattr(said, "audience", None), "due_at": given_due}
        return given | words | said_to | _button(said)

    def _play(self, name: str) -> Template:
        return self._template(name)

    def _dress(self, kind: MessageKind, words: dict[str, Any]) -> dict[str, Any]:
        if kind is MessageKind.EMAIL:
            layout = "layouts/customer_email" if words["audience"] == CUSTOMER else "layouts/email"
            return {
                "subject": words["subject"],
                "text": self._template(f"{layout}.txt.j2").render(words).strip() + "\n",
                "html": self._template(f"{layout}.html.j2").render(words),
            } | ({"audience": CUSTOMER} if words["audience"] == CUSTOMER else {})
        if kind is MessageKind.INTERCOM and words["audience"] != CUSTOMER:
            raise UnrenderableError("the play speaks to the team; only plays for customers go to Intercom")
        layout = _LAYOUTS.get(kind, kind.value)
        content: dict[str, Any] = json.loads(self._template(f"layouts/{layout}.json.j2").render(words))
        return content


def message_hash(message: Message) -> str:
    """Identifies what was sent, to whom."""
    return hash_of(message.recipient, message.content)


def hash_of(recipient: str, content: dict[str, Any]) -> str:
    said = json.dumps([recipient, content], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


def _as_approved(delivery: Delivery) -> dict[str, Any]:
    """What a person said yes to, to the letter, whatever the template says by now."""
    content: dict[str, Any] = json.loads(delivery.approved_content or "{}")
    if hash_of(clean(delivery.recipient or ""), content) != delivery.approved_hash:
        raise UnrenderableError("the message that stands here is not the one that was approved")
    return content


def _is_past(delivery: Delivery) -> bool:
    """Whether the time to answer by is over when the message goes out."""
    due, goes_out = delivery.sla_due_at, delivery.claimed_at
    return due is not None and goes_out is not None and due <= goes_out


def _facts(delivery: Delivery) -> dict[str, Any]:
    try:
        facts = json.loads(delivery.facts or "{}", parse_constant=_refuse)
    except ValueError as error:
        raise UnrenderableError(f"the decision's facts are not JSON: {error}") from error
    if not isinstance(facts, dict):
        raise UnrenderableError("the decision's facts are not a JSON object")
    return dict.fromkeys(FACTS) | {name: _cleaned(name, value) for name, value in facts.items()}


def _cleaned(name: str, value: Any) -> Any:
    if name in _EVIDENCE and isinstance(value, str):
        return told(value, _LONGEST_EVIDENCE)
    return clean(value, _LONGEST_QUOTE) if name in _QUOTED else clean(value)


def _button(said: TemplateModule) -> dict[str, str | None]:
    """A link to press, where the play offers one and policy or the catalogue knows its web address."""
    text = " ".join(str(getattr(said, "button_text", "")).split())
    address = str(getattr(said, "button_url", "")).strip()
    shown = bool(text) and _WEB_ADDRESS.fullmatch(address) is not None
    return {"button_text": text if shown else None, "button_url": address if shown else None}


def _mentioned(recipient: str, facts: dict[str, Any]) -> str | None:
    """Slack's id of the person a message is for: the recipient, or in a channel the account's owner."""
    person = str(facts.get("csm_slack_id") or "") if recipient.startswith("#") else recipient
    return person if _SLACK_USER.fullmatch(person) else None


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _paragraphs(text: str) -> list[str]:
    """Paragraphs are parted by an empty line; line breaks inside one are only for the template's reader."""
    parts = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text))
    return [part for part in parts if part]
