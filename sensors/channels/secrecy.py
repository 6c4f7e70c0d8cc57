"""Keeping secrets out of what people read: errors, the ledger, logs."""

from collections.abc import Callable
from urllib.parse import urlsplit

_SHORTEST = 4


def scrubber(*secrets: str | None) -> Callable[[object], str]:
    """A function that writes anything as one line of text with the given secrets struck out.

    For a URL, the parts behind its host are struck out by themselves too: libraries like to print paths.
    """
    parts: set[str] = set()
    for secret in filter(None, secrets):
        parts.add(secret)
        url = urlsplit(secret)
        if url.scheme and url.netloc:
            behind = secret.partition(url.netloc)[2]
            parts.update(
                {behind, behind.lstrip("/"), url.path, url.path.lstrip("/"), url.query, url.password or ""}
            )
    ordered = sorted((part for part in parts if len(part) >= _SHORTEST), key=len, reverse=True)

    def scrub(value: object) -> str:
        text = " ".join(str(value).split())
        for part in ordered:
            text = text.replace(part, "***")
        return text

    return scrub
