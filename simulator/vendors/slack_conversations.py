"""Slack's reading side: people, conversations, and what was posted there.

`history` shows what opened threads and `replies` one thread; metadata only to those who ask for all of it.
"""

import json
from typing import Any

from simulator.vendors.message import Answer, Request
from simulator.vendors.vendor import Vendor, route
from simulator.vendors.view import Row

TEAM = "T0SIMULATE"
BOT_USER, BOT = "U0TIERBOT0", "B0TIERBOT0"
CHANNELS = {"general": "C0GENERAL0", "customer-success": "C0SUCCESS0", "data-alerts": "C0DATA0000"}
YES = ("1", "true", True)


class SlackConversations(Vendor):
    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.messages: list[dict[str, Any]] = []

    def error(self, code: str) -> Answer:
        return Answer.json({"ok": False, "error": code})

    def conversation(self, given: str) -> str | None:
        """Id of a channel by id or name, or of a person's direct messages by their or the person's id."""
        if given in CHANNELS.values():
            return given
        people = {csm["slack_id"] for csm in self.view.rows("csms")}
        if given[:1] in ("U", "D") and "U" + given[1:] in people:
            return "D" + given[1:]
        return CHANNELS.get(given.removeprefix("#"))

    def say(self, channel: str, thread: str, user: str, text: str, subtype: str | None = None) -> str | None:
        """A person's reply in a thread, or a notice of Slack's; its `ts`, None where there is no thread."""
        if self.opener(channel, thread) is None:
            return None
        ts = f"{int(self.tick().timestamp())}.{len(self.messages) + 1:06d}"
        message = {"type": "message", "text": text, "ts": ts, "user": user, "team": TEAM, "thread_ts": thread}
        message |= {"subtype": subtype} if subtype else {}
        self.messages.append(
            {"channel": channel, "ts": ts, "key": None, "message": message, "metadata": None}
        )
        return ts

    def opener(self, channel: str | None, ts: str) -> dict[str, Any] | None:
        """The message that a thread hangs on; no reply is one."""
        for each in self.messages:
            if (each["channel"], each["ts"]) == (channel, ts) and "thread_ts" not in each["message"]:
                return each
        return None

    @route("GET", "/api/users.lookupByEmail")
    @route("POST", "/api/users.lookupByEmail")
    def lookup_by_email(self, request: Request) -> Answer:
        email = (request.one("email") or request.form().get("email") or "").lower()
        for csm in self.view.rows("csms"):
            if str(csm["email"]).lower() == email:
                return Answer.json({"ok": True, "user": _user(csm)})
        return self.error("users_not_found")

    @route("POST", "/api/conversations.open")
    def open_conversation(self, request: Request) -> Answer:
        """Direct messages with one person."""
        given = str(request.form().get("users") or "")
        channel = self.conversation(given) if given.startswith("U") else None
        if channel is None:
            return self.error("user_not_found")
        return Answer.json({"ok": True, "channel": {"id": channel}})

    @route("GET", "/api/conversations.list")
    @route("POST", "/api/conversations.list")
    def conversations(self, request: Request) -> Answer:
        """All channels, on one page."""
        rows = [
            {"id": number, "name": name, "is_channel": True, "is_private": False, "is_archived": False}
            for name, number in CHANNELS.items()
        ]
        return Answer.json({"ok": True, "channels": rows, "response_metadata": {"next_cursor": ""}})

    @route("GET", "/api/conversations.history")
    @route("POST", "/api/conversations.history")
    def history(self, request: Request) -> Answer:
        """Newest first, without replies."""
        fields = _fields(request)
        channel = self.conversation(str(fields.get("channel") or ""))
        if channel is None:
            return self.error("channel_not_found")
        found = [each for each in reversed(self.messages) if each["channel"] == channel]
        oldest = float(fields.get("oldest") or 0)
        openers = [
            each for each in found if "thread_ts" not in each["message"] and float(each["ts"]) > oldest
        ]
        return self._page(request, openers)

    @route("GET", "/api/conversations.replies")
    @route("POST", "/api/conversations.replies")
    def replies(self, request: Request) -> Answer:
        """The message that opened the thread, then its replies, oldest first."""
        fields = _fields(request)
        channel, ts = self.conversation(str(fields.get("channel") or "")), str(fields.get("ts") or "")
        if channel is None:
            return self.error("channel_not_found")
        opener = self.opener(channel, ts)
        if opener is None:
            return self.error("thread_not_found")
        hanging = [
            each
            for each in self.messages
            if each["channel"] == channel and each["message"].get("thread_ts") == ts
            if float(each["ts"]) > float(fields.get("oldest") or 0)
        ]
        return self._page(request, [opener, *hanging])

    def _page(self, request: Request, rows: list[dict[str, Any]]) -> Answer:
        """`cursor` is where the page begins."""
        fields = _fields(request)
        shows_metadata = fields.get("include_all_metadata") in YES
        shown = [self._shown(each, shows_metadata) for each in rows]
        start, size = int(fields.get("cursor") or 0), min(int(fields.get("limit") or 100), 999)
        following = request.next_start(start, size)
        more = following < len(shown)
        cursor = {"response_metadata": {"next_cursor": str(following)}} if more else {}
        page = shown[start : start + size]
        return Answer.json({"ok": True, "messages": page, "has_more": more, "pin_count": 0, **cursor})

    def _shown(self, posted: dict[str, Any], shows_metadata: bool) -> dict[str, Any]:
        replies = [
            each
            for each in self.messages
            if (each["channel"], each["message"].get("thread_ts")) == (posted["channel"], posted["ts"])
        ]
        thread = {"thread_ts": posted["ts"], "reply_count": len(replies)} if replies else {}
        carried = {"metadata": posted["metadata"]} if shows_metadata and posted["metadata"] else {}
        return {**posted["message"], **thread, **carried}


def _fields(request: Request) -> dict[str, Any]:
    return request.form() | {name: values[0] for name, values in request.query.items()}


def parsed(given: Any, kind: type[list[Any]] | type[dict[str, Any]]) -> Any:
    """A value of this kind, or text that holds one (Slack takes both); empty for nothing, None for else."""
    if not given:
        return kind()
    try:
        value = json.loads(given) if isinstance(given, str) else given
    except ValueError:
        return None
    return value if isinstance(value, kind) else None


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
