"""Slack as simulated, asked through Slack's own SDK."""

import httpx
import pytest
from slack_sdk import WebClient, WebhookClient
from slack_sdk.errors import SlackApiError

from simulator.vendors.server import VendorServer
from tests.simulator.vendors.conftest import Serve
from tests.simulator.vendors.descriptions import holds

DESCRIPTION = "slack/slack_web_openapi_v2.json"


def _client(server: VendorServer, key: str = "simulated-slack") -> WebClient:
    return WebClient(token=key, base_url=server.url_of("slack") + "/api/")


def test_a_message_to_a_csm_found_by_address_can_be_read_back(serve: Serve) -> None:
    server = serve()
    slack = _client(server)
    csm = server.view.rows("csms")[0]
    user = slack.users_lookupByEmail(email=csm["email"].upper())["user"]
    assert user["id"] == csm["slack_id"]
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "*Alder* fell to 38"}}]
    posted = slack.chat_postMessage(channel=user["id"], text="Alder fell to 38", blocks=blocks)
    (message,) = slack.conversations_history(channel=posted["channel"])["messages"]
    assert (message["ts"], message["text"], message["blocks"]) == (posted["ts"], "Alder fell to 38", blocks)


def test_a_client_message_id_posts_once(serve: Serve) -> None:
    slack = _client(serve())
    key = {"client_msg_id": "6a0f3f0e-7a0b-4d2f-9e57-1f0a2b3c4d5e"}
    first = slack.chat_postMessage(channel="#general", text="once", **key)
    again = slack.chat_postMessage(channel="#general", text="once", **key)
    assert first["ts"] == again["ts"]
    assert len(slack.conversations_history(channel=first["channel"])["messages"]) == 1


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"channel": "#nowhere", "text": "x"}, "channel_not_found"),
        ({"channel": "#general", "text": ""}, "no_text"),
        ({"channel": "#general", "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": "#general", "blocks": "no list"}, "invalid_blocks_format"),
    ],
)
def test_slack_says_what_is_wrong_with_a_message(serve: Serve, message: dict[str, str], error: str) -> None:
    with pytest.raises(SlackApiError) as refused:
        _client(serve()).chat_postMessage(**message)
    assert refused.value.response["error"] == error


def test_wrong_and_missing_tokens_are_told_apart(serve: Serve, http: httpx.Client) -> None:
    server = serve()
    with pytest.raises(SlackApiError, match="invalid_auth"):
        _client(server, "xoxb-wrong").auth_test()
    assert http.post(server.url_of("slack") + "/api/auth.test").json() == {"ok": False, "error": "not_authed"}


def test_a_rate_limited_call_says_when_to_come_back(serve: Serve) -> None:
    slack = _client(serve(faults=[{"vendor": "slack", "kind": "rate_limit", "retry_after": 3}]))
    with pytest.raises(SlackApiError) as refused:
        slack.chat_postMessage(channel="#general", text="x")
    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["Retry-After"] == "3"


def test_a_webhook_posts_and_answers_in_plain_text(serve: Serve) -> None:
    server = serve()
    url = server.url_of("slack") + "/services/T0SIMULATE/B0TIERBOT0/"
    assert WebhookClient(url + "simulated-slack").send(text="hello").body == "ok"
    wrong = WebhookClient(url + "wrong").send(text="hello")
    assert (wrong.status_code, wrong.body) == (403, "invalid_token")
    assert WebhookClient(url + "simulated-slack").send(text="").body == "no_text"
    history = _client(server).conversations_history(channel="C0SUCCESS0")["messages"]
    assert [message["text"] for message in history] == ["hello"]


def test_answers_are_what_the_official_description_promises(serve: Serve, http: httpx.Client) -> None:
    server = serve()
    url, token = server.url_of("slack"), {"Authorization": "Bearer simulated-slack"}
    message = {"channel": "#general", "text": "hello"}
    posted = http.post(url + "/api/chat.postMessage", data=message, headers=token)
    holds(DESCRIPTION, posted, "post /chat.postMessage")
    email = server.view.rows("csms")[0]["email"]
    user = http.get(url + "/api/users.lookupByEmail", params={"email": email}, headers=token)
    holds(DESCRIPTION, user, "get /users.lookupByEmail")
    holds(DESCRIPTION, http.post(url + "/api/auth.test", headers=token), "get /auth.test")
