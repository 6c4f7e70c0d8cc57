"""Gainsight, ChurnZero and Totango as small local servers, after the reference descriptions and the vendors' pages.

Each holds rows that a test sets, pages them as the vendor does, and refuses wrong credentials.
"""

import json
import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

Row = dict[str, Any]
SECRET = "s3cret-key"
USER = "ana@vendor.example"


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class Platforms:
    """`rows`: by vendor and object. `before`: called with each request, to change rows while one pages."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    answers: list[tuple[int, Any]] = field(default_factory=list)
    before: Callable[[Request], None] = lambda request: None

    def __enter__(self) -> "Platforms":
        platforms = self

        class Handler(BaseHTTPRequestHandler):
            def _serve(self) -> None:
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, answer = platforms.answer(Request(self.command, parts.path, query, headers, body))
                content = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = _serve  # noqa: N815 - the handler's own names

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, request: Request) -> tuple[int, Any]:
        self.requests.append(request)
        self.before(request)
        if self.answers:
            return self.answers.pop(0)
        if request.path.startswith(("/v1/", "/v2/")):
            return self._gainsight(request)
        if request.path.startswith("/public/v1/"):
            return self._churnzero(request)
        return self._totango(request)

    def _gainsight(self, request: Request) -> tuple[int, Any]:
        if request.headers.get("accesskey") != SECRET:
            return 401, {"result": False, "errorCode": "GU_2400", "errorDesc": "Invalid access key"}
        body = json.loads(request.body)
        if request.path == "/v1/data/objects/query/Company":
            rows = sorted(self.rows["Company"], key=lambda row: row["Gsid"])
            unknown = set(body["select"]) - {name for row in rows for name in row}
            if unknown:
                return 200, {"result": False, "errorDesc": f"Field {sorted(unknown)[0]} does not exist"}
            page = rows[body["offset"] : body["offset"] + min(body["limit"], 5_000)]
            shown = [{name: row.get(name) for name in body["select"]} for row in page]
            return 200, {"result": True, "data": {"records": shown}}
        if request.path == "/v2/cockpit/cta/list":
            (condition,) = body["where"]["conditions"]
            first, last = condition["value"]
            rows = [row for row in self.rows["Cta"] if first <= row["ModifiedDate"][:10] <= last]
            start = (body["pageNumber"] - 1) * body["pageSize"]
            return 200, {"result": True, "data": rows[start : start + min(body["pageSize"], 1_000)]}
        return 404, {"result": False}

    def _churnzero(self, request: Request) -> tuple[int, Any]:
        if request.headers.get("authorization") != f"Basic {b64encode(f'{USER}:{SECRET}'.encode()).decode()}":
            return 401, {"error": {"code": "Unauthorized", "message": "Invalid API key"}}
        rows = self.rows[request.path.rsplit("/", 1)[1]]
        if found := re.fullmatch(r"(\w+) ge (\S+)", request.query.get("$filter", "")):
            rows = [row for row in rows if row[found[1]] >= found[2]]
        rows = sorted(rows, key=lambda row: row[request.query["$orderby"]])
        skip, top = int(request.query["$skip"]), min(int(request.query["$top"]), 100)
        return 200, {"@odata.count": len(rows), "value": rows[skip : skip + top]}

    def _totango(self, request: Request) -> tuple[int, Any]:
        if request.headers.get("app-token") != SECRET:
            return 401, {"error": "Invalid token"}
        kind = request.path.rsplit("/", 1)[1]
        query = json.loads(parse_qs(request.body.decode())["query"][0])
        asked = [*query["fields"], *query.get("parent_account_fields", [])]
        hits = [
            {
                "name": row["name"],
                "display_name": row.get("display_name"),
                "last_activity_time": row.get("last_activity_time"),
                "selected_fields": [row.get(each.get("attribute") or each["term"]) for each in asked],
            }
            for row in sorted(self.rows[kind], key=lambda row: row.get("display_name") or "")
        ]
        page = hits[query["offset"] : query["offset"] + query["count"]]
        found = {"hits": page, "total_hits": self.rows.get("total", [len(hits)])[0]}  # type: ignore[list-item]
        return 200, {"status": "success", "response": {kind: found}}
