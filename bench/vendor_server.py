"""How fast the vendors' server hands out a company: everything of every vendor, read over HTTP to the end.

    python -m bench.vendor_server                       200 accounts, 6 months
    python -m bench.vendor_server --full                1,000 accounts, 18 months, each thing at one vendor
    python -m bench.vendor_server --full --everything   and every vendor shows all of it

The server runs in a process of its own; its processor time is what counts beside the rows. The reference is
the standard library's file server handing out the same bytes in as many requests: what HTTP itself costs.
"""

import argparse
import gzip
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

LAST = date(2026, 10, 31)
VENDORS = ("delighted", "github", "hubspot", "intercom", "mixpanel", "salesforce", "zendesk", "zipchat")
TICKS = os.sysconf("SC_CLK_TCK")


def basic(name: str, password: str) -> str:
    return "Basic " + b64encode(f"{name}:{password}".encode()).decode()


class Client:
    """One connection, kept; counts requests and keeps the answers' bytes in `kept` when that is a folder."""

    def __init__(self, url: str, authorization: str, kept: Path | None) -> None:
        split = urlsplit(url)
        self._http = http.client.HTTPConnection(str(split.hostname), split.port, timeout=600)
        self._base, self._kept = split.path, kept
        self._headers = {"Authorization": authorization, "Accept-Encoding": "gzip"}
        self.requests = 0

    def raw(self, path: str, body: Any = None) -> bytes:
        sent = None if body is None else json.dumps(body)
        target = path if path.startswith(self._base + "/") else self._base + path
        headers = self._headers | ({"Content-Type": "application/json"} if sent else {})
        self._http.request("GET" if sent is None else "POST", target, sent, headers)
        answer = self._http.getresponse()
        content = answer.read()
        if answer.status not in (200, 207):
            raise SystemExit(f"{target}: {answer.status} {content[:200]!r}")
        self.requests += 1
        if self._kept is not None:
            (self._kept / f"{self.requests:06d}").write_bytes(content)
        return gzip.decompress(content) if answer.headers["Content-Encoding"] == "gzip" else content

    def json(self, path: str, body: Any = None) -> Any:
        return json.loads(self.raw(path, body))


Rows = Iterator[tuple[str, int]]


def zendesk(client: Client) -> Rows:
    for kind, extra in (("tickets", "&include=metric_sets"), ("users", "")):
        url = f"/api/v2/incremental/{kind}/cursor.json?start_time=0&per_page=1000{extra}"
        while True:
            page = client.json(url)
            yield kind, len(page[kind])
            if page["end_of_stream"]:
                break
            url = f"/api/v2/incremental/{kind}/cursor.json?cursor={page['after_cursor']}&per_page=1000{extra}"
    for kind, extra in (("organizations", ""), ("ticket_events", "&include=comment_events")):
        start = 0
        while True:
            page = client.json(f"/api/v2/incremental/{kind}.json?start_time={start}&per_page=1000{extra}")
            yield kind, len(page[kind])
            if page["end_of_stream"]:
                break
            start = page["end_time"]


def intercom(client: Client) -> Rows:
    for kind in ("contacts", "conversations"):
        body: dict[str, Any] = {
            "query": {"field": "updated_at", "operator": ">", "value": 0},
            "sort": {"field": "updated_at", "order": "ascending"}, "pagination": {"per_page": 150},
        }  # fmt: skip
        while True:
            page = client.json(f"/{kind}/search", body)
            rows = page["conversations" if kind == "conversations" else "data"]
            yield kind, len(rows)
            if kind == "conversations":
                for row in rows:
                    client.json(f"/conversations/{row['id']}")
                    yield "conversations with parts", 1
            if "next" not in page["pages"]:
                break
            body["pagination"] = page["pages"]["next"]
    number = 1
    while True:
        page = client.json(f"/companies/list?per_page=60&page={number}", {})
        yield "companies", len(page["data"])
        if not page["pages"]["next"]:
            break
        number += 1


def salesforce(client: Client) -> Rows:
    for kind in ("Account", "Contact", "Opportunity", "Task", "Event", "User"):
        described = client.json(f"/services/data/v66.0/sobjects/{kind}/describe")
        names = ", ".join(field["name"] for field in described["fields"])
        query = quote(f"SELECT {names} FROM {kind} ORDER BY SystemModstamp, Id")
        url = f"/services/data/v66.0/queryAll?q={query}"
        while True:
            page = client.json(url)
            yield kind, len(page["records"])
            if page["done"]:
                break
            url = page["nextRecordsUrl"]


def hubspot(client: Client) -> Rows:
    for kind in ("companies", "contacts", "deals", "tasks", "meetings", "calls"):
        names = [row["name"] for row in client.json(f"/crm/v3/properties/{kind}")["results"]]
        asked = {"limit": 100, "properties": ",".join(names)}
        if kind != "companies":
            asked["associations"] = "companies"
        after = None
        while True:
            page = client.json(
                f"/crm/v3/objects/{kind}?{urlencode(asked | ({'after': after} if after else {}))}"
            )
            yield kind, len(page["results"])
            if "paging" not in page:
                break
            after = page["paging"]["next"]["after"]
    last = "0"
    changed = "lastmodifieddate"
    while True:  # as a connector asks for what changed: the id above the last one
        filters = [
            {"propertyName": changed, "operator": "BETWEEN", "value": "0", "highValue": "4102444800000"},
            {"propertyName": "hs_object_id", "operator": "GT", "value": last},
        ]
        sorts = [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
        body = {"filterGroups": [{"filters": filters}], "sorts": sorts, "limit": 200, "properties": ["email"]}
        page = client.json("/crm/v3/objects/contacts/search", body)
        yield "contacts by search", len(page["results"])
        if not page["results"]:
            break
        last = page["results"][-1]["id"]


def zipchat(client: Client) -> Rows:
    chat, number = "/api/integrations/backend_api/v1/chats/1", 1
    while rows := client.json(f"{chat}/conversations?per_page=100&page={number}")["conversations"]:
        yield "conversations", len(rows)
        for row in rows:
            one = client.json(f"{chat}/conversations/{row['id']}")["conversation"]
            yield "messages", len(one["messages"])
        number += 1


def delighted(client: Client) -> Rows:
    number = 1
    while rows := client.json(f"/v1/survey_responses.json?per_page=100&page={number}&expand[]=person"):
        yield "responses", len(rows)
        number += 1


def github(client: Client) -> Rows:
    number = 1
    while rows := client.json(f"/repos/product/core/commits?per_page=100&page={number}"):
        yield "commits", len(rows)
        number += 1


def mixpanel(client: Client) -> Rows:
    begin = LAST - timedelta(days=560)
    while begin <= LAST:
        end = min(begin + timedelta(days=29), LAST)
        content = client.raw(f"/api/2.0/export?from_date={begin}&to_date={end}")
        yield "events", content.count(b"\n")
        begin = end + timedelta(days=1)


READERS: dict[str, Callable[[Client], Rows]] = {
    "delighted": delighted, "github": github, "hubspot": hubspot, "intercom": intercom,
    "mixpanel": mixpanel, "salesforce": salesforce, "zendesk": zendesk, "zipchat": zipchat,
}  # fmt: skip
LOGINS = {
    "delighted": basic("simulated-delighted", ""), "mixpanel": basic("simulated-mixpanel", ""),
    "salesforce": "Bearer 00DQy0000004Sim!simulated-salesforce",
}  # fmt: skip


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_mib(pid: int) -> int:
    (line,) = (
        each for each in Path(f"/proc/{pid}/status").read_text().splitlines() if each.startswith("VmHWM")
    )
    return int(line.split()[1]) // 1024


def serving(arguments: list[str]) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)  # noqa: S603 -- our own command
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("Serv"):
            return process, line.split()[-1]
    raise SystemExit("the server did not start")


def reference(folder: Path) -> float:
    """Processor seconds of the standard library's file server for the same bytes."""
    code = (
        "import http.server as h, functools as f;"
        "H=f.partial(type('H',(h.SimpleHTTPRequestHandler,),{'protocol_version':'HTTP/1.1','wbufsize':-1,"
        "'disable_nagle_algorithm':True,'log_message':"
        f"lambda *a:None}}),directory={str(folder)!r});"
        "s=h.ThreadingHTTPServer(('127.0.0.1',0),H);print('Serving',s.server_port,flush=True);s.serve_forever()"
    )
    process, port = serving([sys.executable, "-c", code])
    begun = cpu_seconds(process.pid)
    client = http.client.HTTPConnection("127.0.0.1", int(port))
    for file in sorted(folder.iterdir()):
        client.request("GET", f"/{file.name}")
        client.getresponse().read()
    spent = cpu_seconds(process.pid) - begun
    process.kill()
    process.wait()
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--everything", action="store_true", help="every vendor shows all")
    parser.add_argument("--vendors", nargs="*", default=VENDORS, choices=VENDORS)
    parser.add_argument("--no-reference", action="store_true")
    given = parser.parse_args()
    size = ["--accounts", "1000", "--months", "18"] if given.full else ["--accounts", "200", "--months", "6"]
    with tempfile.TemporaryDirectory() as home:
        settings = Path(home) / "settings.json"
        chosen: dict[str, Any] = {"limits": {name: {"requests": 0, "seconds": 1} for name in VENDORS}}
        settings.write_text(json.dumps(chosen if given.everything else chosen | {"split": "one_of_each"}))
        command = [
            sys.executable,
            "-m",
            "simulator",
            "serve",
            "--data",
            f"{home}/data",
            "--faults",
            str(settings),
        ]
        process, url = serving([*command, "--end", str(LAST), *size])
        say(f"ready after {cpu_seconds(process.pid):.1f} s of processor time")
        columns = f"{'rows':>12}{'requests':>10}{'seconds':>9}{'server':>9}{'rows/s':>11}{'reference':>11}"
        say(f"{'':>12}{columns}")
        whole = 0.0
        for vendor in given.vendors:
            kept = Path(home) / f"kept-{vendor}"
            kept.mkdir()
            login = LOGINS.get(vendor, f"Bearer simulated-{vendor}")
            client = Client(f"{url}/{vendor}", login, None if given.no_reference else kept)
            counts: dict[str, int] = {}
            begun, started = cpu_seconds(process.pid), time.perf_counter()
            for kind, rows in READERS[vendor](client):
                counts[kind] = counts.get(kind, 0) + rows
            taken, spent = time.perf_counter() - started, cpu_seconds(process.pid) - begun
            whole += spent
            rows, least = sum(counts.values()), 0.0 if given.no_reference else reference(kept)
            rate = rows / max(spent, 0.01)
            told = f"{rows:>12,}{client.requests:>10,}{taken:>9.1f}{spent:>9.1f}{rate:>11,.0f}{least:>11.1f}"
            say(f"{vendor:>12}{told}")
        say(f"server: {whole:.1f} s of processor time for everything; peak {peak_mib(process.pid):,} MiB")
        process.terminate()
        process.wait(60)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
