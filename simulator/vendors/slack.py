"""Slack: Web API methods and incoming webhooks.

Follows Slack's Web API description (OpenAPI 2, 2021) and, for webhooks, the documented plain-text answers.
Messages can be read back with `conversations.history`. A `client_msg_id` that was posted before to the
channel is not posted again.
"""

import json
from typing import Any

from simulator.vendors.hearing import Heard
from simulator.vendors.message import Answer, RefusedError, Request
from simulator.vendors.rate_limits import Limit
from simulator.vendors.vendor import Vendor, route
from simulator.vendors.view import Row

TEAM = "T0SIMULATE"
BOT_USER, BOT = "U0TIERBOT0", "B0TIERBOT0"
CHANNELS = {"general": "C0GENERAL0", "customer-success": "C0SUCCESS0"}
TEXT_MOST = 40_000


class Slack(Vendor):
    name = "slack"
    limits = {"*": Limit(60, 60)}  # noqa: RUF012 -- never changed

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.messages: list[dict[str, Any]] = []

    def authorise(self, request: Request) -> None:
        """Slack answers 200 with `ok: false`. A webhook's secret is its address."""
        if request.path.startswith("/services/"):
            return
        token = request.bearer() or request.form().get("token") or request.one("token")
        if token != self.secret:
            raise RefusedError(self._error("invalid_auth" if token else "not_authed"))

    def too_many(self, retry_after: int) -> Answer:
        return Answer.json({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": str(retry_after)})

    def not_found(self) -> Answer:
        return self._error("unknown_method")

    def unreadable(self, problem: str) -> Answer:
        return self._error("invalid_json")

    def _error(self, code: str) -> Answer:
        return Answer.json({"ok": False, "error": code})

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
        channel = self._channel(str(fields.get("channel") or ""))
        if channel is None:
            return self._error("channel_not_found")
        blocks = _parsed(fields.get("blocks"))
        if blocks is None:
            return self._error("invalid_blocks_format")
        text = str(fields.get("text") or "")
        if not (text or blocks or fields.get("attachments")):
            return self._error("no_text")
        if len(text) > TEXT_MOST:
            return self._error("msg_too_long")
        known = fields.get("client_msg_id")
        found = [m for m in self.messages if known and (m["channel"], m["key"]) == (channel, known)]
        if not found:
            found = [self._posted(channel, text, blocks, key=known, thread=fields.get("thread_ts"))]
        return Answer.json(
            {"ok": True, "channel": channel, "ts": found[0]["ts"], "message": found[0]["message"]}
        )

    def _channel(self, given: str) -> str | None:
        """Id of a channel by id or name, or of a person's direct messages by the person's id."""
        if given in CHANNELS.values():
            return given
        if given.startswith("U") and given in {csm["slack_id"] for csm in self.view.rows("csms")}:
            return "D" + given[1:]
        return CHANNELS.get(given.removeprefix("#"))

    def _posted(
        self, channel: str, text: str, blocks: list[Any], *, key: Any = None, thread: Any = None
    ) -> dict[str, Any]:
        ts = f"{int(self.tick().timestamp())}.{len(self.messages) + 1:06d}"
        message: dict[str, Any] = {
            "type": "message",
            "subtype": "bot_message",
            "text": text,
            "ts": ts,
            "bot_id": BOT,
        }
        extra = {"blocks": blocks} if blocks else {}
        message = {**message, **extra, **({"thread_ts": thread} if thread else {})}
        self.hear(Heard("slack", self.now, f"{text}\n{_words(blocks)}", recipient=channel))
        posted = {"channel": channel, "ts": ts, "key": key, "message": message}
        self.messages.append(posted)
        return posted

    @route("GET", "/api/users.lookupByEmail")
    @route("POST", "/api/users.lookupByEmail")
    def lookup_by_email(self, request: Request) -> Answer:
        email = (request.one("email") or request.form().get("email") or "").lower()
        for csm in self.view.rows("csms"):
            if str(csm["email"]).lower() == email:
                return Answer.json({"ok": True, "user": _user(csm)})
        return self._error("users_not_found")

    @route("GET", "/api/conversations.history")
    @route("POST", "/api/conversations.history")
    def history(self, request: Request) -> Answer:
        """Newest first; `cursor` is where the page begins."""
        fields = request.form() | {name: values[0] for name, values in request.query.items()}
        channel = fields.get("channel", "")
        messages = [each["message"] for each in reversed(self.messages) if each["channel"] == channel]
        start, size = int(fields.get("cursor") or 0), min(int(fields.get("limit") or 100), 999)
        following = request.next_start(start, size)
        more = following < len(messages)
        cursor = {"response_metadata": {"next_cursor": str(following)}} if more else {}
        page = messages[start : start + size]
        return Answer.json({"ok": True, "messages": page, "has_more": more, "pin_count": 0, **cursor})

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


def _parsed(blocks: Any) -> list[Any] | None:
    """Blocks come as a list, or as text that holds one; None when they are neither."""
    if not blocks:
        return []
    try:
        value = json.loads(blocks) if isinstance(blocks, str) else blocks
    except ValueError:
        return None
    return value if isinstance(value, list) else None


def _user(csm: Row) -> dict[str, Any]:
    name, email = str(csm["name"]), str(csm["email"])
    handle = email.split("@", maxsplit=1)[0]
    picture = {f"image_{size}": f"https://avatars.example/{handle}_{size}.png" for size in (24, 32, 48, 72)}
    profile = {
        "avatar_hash": "ge3b51ca72de", "display_name": handle, "display_name_normalized": handle,
        "real_name": name, "real_name_normalized": name, "email": email, "team": TEAM,
        "status_emoji": "", "status_text": "", "phone": "", "skype": "", "title": "Customer Success Manager",
        "fields": {}, **picture,
        "image_192": picture["image_72"], "image_512": picture["image_72"],
    }  # fmt: skip
    flags = dict.fromkeys(
        ("deleted", "is_admin", "is_owner", "is_primary_owner", "is_restricted", "is_ultra_restricted"), False
    )
    zone = {"tz": csm["timezone"], "tz_label": csm["timezone"], "tz_offset": 0}
    return {
        "id": csm["slack_id"], "team_id": TEAM, "name": handle, "real_name": name, "color": "9f69e7",
        "is_bot": False, "is_app_user": False, "has_2fa": True, "updated": 1_700_000_000,
        "profile": profile, **flags, **zone,
    }  # fmt: skip
