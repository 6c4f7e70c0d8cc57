"""Slack: messages by Web API method or incoming webhook.

Follows Slack's Web API description (OpenAPI 2, 2021) and, for webhooks, the documented plain-text answers.
Messages can be read back (`slack_conversations`). A `client_msg_id` that was posted before to the channel is
not posted again.
"""

import json
from typing import Any

from simulator.vendors.hearing import Heard
from simulator.vendors.message import Answer, RefusedError, Request
from simulator.vendors.rate_limits import Limit
from simulator.vendors.slack_conversations import BOT, BOT_USER, CHANNELS, TEAM, SlackConversations, parsed
from simulator.vendors.vendor import route

TEXT_MOST = 40_000
CARRIED = {"event_type", "event_payload"}


class Slack(SlackConversations):
    name = "slack"
    limits = {"*": Limit(60, 60)}  # noqa: RUF012 -- never changed

    def authorise(self, request: Request) -> None:
        """Slack answers 200 with `ok: false`. A webhook's secret is its address."""
        if request.path.startswith("/services/"):
            return
        token = request.bearer() or request.form().get("token") or request.one("token")
        if token != self.secret:
            raise RefusedError(self.error("invalid_auth" if token else "not_authed"))

    def refusal(self, answer: Answer) -> str | None:
        try:
            told = json.loads(answer.body)
        except ValueError:  # an incoming webhook's plain text
            return None
        return str(told["error"]) if isinstance(told, dict) and told.get("ok") is False else None

    def too_many(self, retry_after: int) -> Answer:
        return Answer.json({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": str(retry_after)})

    def not_found(self) -> Answer:
        return self.error("unknown_method")

    def unreadable(self, problem: str) -> Answer:
        return self.error("invalid_json")

    @route("POST", "/api/auth.test")
    def auth_test(self, request: Request) -> Answer:
        who = {
            "url": "https://simulated.slack.com/",
            "team": "Simulated",
            "user": "tierline",
            "team_id": TEAM,
        }
        return Answer.json({"ok": True, **who, "user_id": BOT_USER, "bot_id": BOT})

    @route("POST", "/api/chat.postMessage")
    def post_message(self, request: Request) -> Answer:
        fields: dict[str, Any] = request.form()
        channel = self.conversation(str(fields.get("channel") or ""))
        blocks, metadata = parsed(fields.get("blocks"), list), parsed(fields.get("metadata"), dict)
        text, thread = str(fields.get("text") or ""), fields.get("thread_ts")
        is_readable = metadata is not None and (not metadata or set(metadata) >= CARRIED)
        problems = {
            "channel_not_found": channel is None,
            "invalid_blocks_format": blocks is None,
            "no_text": not (text or blocks or fields.get("attachments")),
            "msg_too_long": len(text) > TEXT_MOST,
            "invalid_metadata_format": not is_readable,
            "thread_not_found": bool(thread) and self.opener(channel, str(thread)) is None,
        }
        if problem := next((code for code, is_there in problems.items() if is_there), None):
            return self.error(problem)
        known = fields.get("client_msg_id")
        found = [m for m in self.messages if known and (m["channel"], m["key"]) == (channel, known)]
        if not found:
            found = [self._posted(channel, text, blocks, key=known, thread=thread, metadata=metadata)]
        return Answer.json(
            {"ok": True, "channel": channel, "ts": found[0]["ts"], "message": found[0]["message"]}
        )

    def _posted(
        self,
        channel: str | None,
        text: str,
        blocks: list[Any],
        *,
        key: Any = None,
        thread: Any = None,
        metadata: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        ts = f"{int(self.tick().timestamp())}.{len(self.messages) + 1:06d}"
        message: dict[str, Any] = {
            "type": "message",
            "text": text,
            "ts": ts,
            "user": BOT_USER,
            "bot_id": BOT,
            "team": TEAM,
        }
        extra = {"blocks": blocks} if blocks else {}
        message = {**message, **extra, **({"thread_ts": thread} if thread else {})}
        self.hear(Heard("slack", self.now, f"{text}\n{_words(blocks)}", recipient=channel))
        posted = {"channel": channel, "ts": ts, "key": key, "message": message, "metadata": metadata or None}
        self.messages.append(posted)
        return posted

    @route("POST", "/services/{team}/{bot}/{secret}")
    def webhook(self, request: Request) -> Answer:
        """An incoming webhook posts to #customer-success; its answers are plain text."""
        if request.variables["secret"] != self.secret:
            return Answer.text("invalid_token", 403)
        try:
            payload = json.loads(request.form().get("payload") or request.body)
        except ValueError:
            return Answer.text("invalid_payload", 400)
        if not isinstance(payload, dict):
            return Answer.text("invalid_payload", 400)
        if not (payload.get("text") or payload.get("blocks") or payload.get("attachments")):
            return Answer.text("no_text", 400)
        blocks = payload.get("blocks") or []
        self._posted(CHANNELS["customer-success"], str(payload.get("text") or ""), blocks)
        return Answer.text("ok", content_type="text/html")


def _words(value: Any) -> str:
    """All text in blocks, in order."""
    if isinstance(value, dict):
        own = value.get("text")
        return " ".join([own if isinstance(own, str) else "", *(_words(each) for each in value.values())])
    return " ".join(_words(each) for each in value) if isinstance(value, list) else ""
