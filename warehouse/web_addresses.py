"""Web addresses in settings: what a request can go to, and what nobody sees a secret of when it is shown."""

import re
from urllib.parse import urlsplit

import httpx

# For messages. They never repeat the address: it may hold a secret.
EXPECTED = "https://host/path, without blanks, user or password"
EXPECTED_BASE = f"{EXPECTED}, query or fragment"
_HOST = re.compile(r"\w([\w.-]*\w)?\.?|[\da-f]*:[\da-f:.]*(%25[\w.-]+)?")


def is_web_address(text: str, *, may_query: bool = False) -> bool:
    """Whether it is `http(s)://host[:port][/path]`. `may_query`: nothing is asked below it."""
    # `urlsplit` would drop some of them without a word.
    if any(each.isspace() or not each.isprintable() for each in text):
        return False
    try:
        parts = urlsplit(text)
        port = parts.port
        httpx.URL(text)  # it looks closer at hosts: names in other scripts, numbers in brackets
    except (ValueError, httpx.InvalidURL):  # such as a port that is none, a bracket that is never closed
        return False
    return (
        parts.scheme in ("http", "https")
        and "@" not in parts.netloc
        and _HOST.fullmatch(parts.hostname or "") is not None
        and port != 0
        and "#" not in text
        and (may_query or "?" not in text)
    )
