"""Slack's SDK without redirects: `urllib` would carry the bot's token to a stranger, and ask there with a
GET, whose 200 looks as if the message had been taken.

The SDK has no setting for that: its clients' one request is given to `urllib` with no redirect left.
"""

from typing import Any
from urllib.request import HTTPRedirectHandler, Request

from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient, WebhookResponse


class SlackWebClient(WebClient):
    """A redirect is a `SlackApiError` with its status."""

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        return super()._perform_urllib_http_request_internal(url, _without_redirects(req))


class SlackWebhookClient(WebhookClient):
    """A redirect is an answer with its status."""

    def _perform_http_request_internal(self, url: str, req: Request) -> WebhookResponse:
        answer: WebhookResponse = super()._perform_http_request_internal(url, _without_redirects(req))
        return answer


def _without_redirects(request: Request) -> Request:
    """`urllib` counts a request's redirects in it, and at its limit answers with the redirect's status."""
    request.redirect_dict = {str(n): 1 for n in range(HTTPRedirectHandler.max_redirections)}  # type: ignore[attr-defined]
    return request
