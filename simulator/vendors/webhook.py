"""A customer's own webhook receiver: checks the signature, does each message once, lists what it got.

Follows what the product's documentation asks of a receiver: HMAC-SHA-256 with the shared secret over
`<timestamp>.<body>`, a timestamp at most five minutes away, and `Idempotency-Key`. The timestamp is compared
with real time, since the sender's clock is.
"""

import hashlib
import hmac
import json
import time
from typing import Any

from simulator.vendors.hearing import Heard
from simulator.vendors.message import Answer, RefusedError, Request
from simulator.vendors.vendor import Vendor, route
from simulator.vendors.view import Row

TOLERANCE_SECONDS = 300
SAID = ("action_id", "account_id", "play_id", "mode")


class Webhook(Vendor):
    name = "webhook"

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._received: dict[str, Row] = {}

    def authorise(self, request: Request) -> None:
        """Deliveries are signed; reading back takes the secret itself."""
        if request.method == "GET":
            super().authorise(request)
            return
        stamp = request.headers.get("tierline-timestamp", "")
        now = time.time() + self.settings.clock_skew_seconds.get(self.name, 0)
        fresh = stamp.isascii() and stamp.isdigit() and abs(int(stamp) - now) <= TOLERANCE_SECONDS
        digest = hmac.new(
            self.secret.encode(), stamp.encode() + b"." + request.body, hashlib.sha256
        ).hexdigest()
        given = request.headers.get("tierline-signature", "")
        if not fresh or not hmac.compare_digest(f"v1={digest}".encode(), given.encode()):
            raise RefusedError(Answer.json({"error": "the signature is missing, wrong or too old"}, 401))

    @route("POST", "/deliveries")
    def receive(self, request: Request) -> Answer:
        """200 with the same id for a key that was seen before; 401 for a key that is not the signed id."""
        key = request.headers.get("idempotency-key") or f"unkeyed-{len(self._received)}"
        try:
            body = json.loads(request.body)
        except ValueError:
            return Answer.json({"error": "the body is not JSON"}, 400)
        signed = body.get("action_id") if isinstance(body, dict) else None
        if signed is not None and str(signed) != request.headers.get("idempotency-key", str(signed)):
            return Answer.json({"error": "Idempotency-Key is not the signed action's id"}, 401)
        known = key in self._received
        if not known:
            self._received[key] = {"idempotency_key": key, "body": body}
            if isinstance(body, dict):
                told = [str(body[n]) if body.get(n) is not None else None for n in SAID]
                action, account, play, mode = told
                text = json.dumps(body, ensure_ascii=False)
                self.hear(Heard("webhook", self.tick(), text, None, action, account, play_id=play, mode=mode))
        number = f"delivery-{list(self._received).index(key) + 1}"
        return Answer.json({"id": number, "repeated": known}, headers={"X-Request-Id": number})

    @route("GET", "/deliveries")
    def deliveries(self, request: Request) -> Answer:
        return Answer.json(list(self._received.values()))
