"""Saying values in words: the filters that templates use, and the cleaning of what others wrote.

Everything a customer could have written (account names, plans, reasons) passes `clean` before a template sees
it: one line, no control or direction-changing characters, no endless text. Layouts then escape it once more
for what they write (HTML, JSON).
"""

import math
import re
import sys
import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from babel.numbers import format_currency, format_decimal

_LONGEST = 300
_LOCALE = "en_US"
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
# A dot before letters, the sign of a mail address, the colon before `//`.
_LINK_LIKE = re.compile(r"(?<=[^\W_])[.\uff0e\u3002\uff61](?=[^\W\d_]{2})|@(?=\w)|:(?=//)")
_MINUS = "\N{MINUS SIGN}"
_ISO = re.compile(r"\b(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2})(?::\d{2})?(?: UTC)?)?(?![\w-])")
# What parts one signal from the next, or one sentence.
_PART_ENDS = re.compile(r"; |(?<=[.!?]) ")
UNKNOWN = "not known"
# How a paragraph begins that is an entry of a list.
ENTRY = "• "
# What began within so many days still counts as news; a crossing on a Friday is read on Monday.
_NEWS_DAYS = 3

TIERS = {
    "healthy": "healthy",
    "at_risk": "at risk",
    "declining": "declining",
    "critical": "critical",
    "unknown": "unknown",
}
SIGNALS = {
    "recency": "recent activity",
    "adoption": "feature adoption",
    "support": "support contacts",
    "nps": "NPS",
}

WAYS_IN = {"api": "the API", "ui": "the app", "mobile": "mobile", "integration": "integrations"}


def clean(value: Any, longest: int = _LONGEST) -> Any:
    """Text as one printable line of at most so many characters; other values as they are, in lists too."""
    if isinstance(value, str):
        shown = value
        # What is printable has none of these characters; most is, and looking at each takes long.
        if not value.isprintable():
            shown = _BIDI.sub("", value)
            shown = "".join(
                " " if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} else char for char in shown
            )
        shown = " ".join(shown.split())
        return shown if len(shown) <= longest else shown[: longest - 1].rstrip() + "…"
    if isinstance(value, list):
        return [clean(item, longest) for item in value]
    if isinstance(value, dict):
        return {clean(key): clean(item, longest) for key, item in value.items()}
    return value


def told(value: Any, longest: int = _LONGEST) -> str:
    """What our models wrote, cleaned and with its dates as people say them, of at most so many characters.

    What is too long loses whole signals (`…; …`) or sentences from its end: half a figure is another one.
    """
    text = dates_spoken(str(clean(value or "", sys.maxsize)))
    if len(text) <= longest:
        return text
    ends = [found.start() for found in _PART_ENDS.finditer(text, 0, longest + 1)]
    return text[: ends[-1]] if ends else str(clean(text, longest))


def unlinked(value: Any) -> Any:
    """What mail programs would take for an address of the web or of a person, so that they do not: a name
    such as `prize.example` must not become a link in mail that carries our name. Values under keys ending in
    `_url` stay."""
    if isinstance(value, str):
        return _LINK_LIKE.sub(lambda found: f"{found[0]}\u200b", value)
    if isinstance(value, list):
        return [unlinked(item) for item in value]
    if isinstance(value, dict):
        return {key: item if key.endswith("_url") else unlinked(item) for key, item in value.items()}
    return value


def money(amount: float | None, currency: str | None) -> str:
    """`$48,000`, `CHF 48,000`; without a currency just the number."""
    if amount is None:
        return UNKNOWN
    if not currency or not re.fullmatch("[A-Z]{3}", currency):
        return _true_minus(format_decimal(round(amount), locale=_LOCALE))
    shown = format_currency(round(amount), currency, "¤#,##0", locale=_LOCALE, currency_digits=False)
    # `CHF48,000` is how the locale writes it; people read `CHF 48,000` more easily.
    return _true_minus(re.sub(r"([A-Z])(?=\d)", r"\1 ", shown.replace("\xa0", " ")))


def score(value: float | None) -> str:
    """One decimal, cut and not rounded: 79.99 is below 80 and has to read so."""
    return UNKNOWN if value is None else _true_minus(f"{math.floor(value * 10) / 10:.1f}".removesuffix(".0"))


def points(value: float | None) -> str:
    """A change with its sign: `+3.2 points`; a minus is a true minus."""
    if value is None:
        return UNKNOWN
    number = _true_minus(f"{value:+.1f}".removesuffix(".0"))
    return "no change" if number in {"+0", f"{_MINUS}0"} else f"{number} points"


def _spoken(found: re.Match[str]) -> str:
    try:
        return moment(f"{found[1]} {found[2]}") if found[2] else day(found[1])
    except ValueError:  # no date of any calendar
        return found[0]


def day(value: date | str | None) -> str:
    """`12 March 2026`."""
    moment = date.fromisoformat(value[:10]) if isinstance(value, str) else value
    return UNKNOWN if moment is None else f"{moment.day} {moment:%B %Y}"


def long_since(value: date | str | None, as_of: date | None) -> str:
    """`since 12 March 2026`; nothing where it is news, or not known."""
    began = date.fromisoformat(value[:10]) if isinstance(value, str) else value
    if began is None or as_of is None or (as_of - began).days <= _NEWS_DAYS:
        return ""
    return f"since {day(began)}"


def moment(value: datetime | str | None) -> str:
    """`Tue 24 November 2026, 15:00 UTC`; what names no zone is in UTC."""
    if value is None:
        return UNKNOWN
    value = datetime.fromisoformat(value) if isinstance(value, str) else value
    value = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return f"{value:%a} {value.day} {value:%B %Y, %H:%M} UTC"


def dates_spoken(text: str) -> str:
    """The text with each ISO date or time of day in it as people say it; times are UTC."""
    return _ISO.sub(_spoken, text)


def ended(text: str) -> str:
    """The text as a sentence: with a dot, unless it ends by itself."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def gap_before(paragraph: str, previous: str | None) -> str:
    """What parts a paragraph from the one before: entries of one list (`• …`) stand close together."""
    if previous is None:
        return ""
    return "\n" if paragraph.startswith(ENTRY) and previous.startswith(ENTRY) else "\n\n"


def paragraphs_joined(paragraphs: Sequence[str]) -> str:
    """All of them as plain text."""
    before = [None, *paragraphs]
    return "".join(gap_before(each, last) + each for last, each in zip(before, paragraphs, strict=False))


def counted(number: float | None, one: str, many: str | None = None) -> str:
    """`1 ticket`, `3 tickets`."""
    if number is None:
        return UNKNOWN
    noun = one if number == 1 else many or f"{one}s"
    return f"{format_decimal(round(number), locale=_LOCALE)} {noun}"


def percent(ratio: float | None) -> str:
    return UNKNOWN if ratio is None else f"{round(ratio * 100)}%"


def tier(value: str | None) -> str:
    return UNKNOWN if value is None else TIERS.get(value, plain(value))


def signal(value: str | None) -> str:
    """The name of one of the score's inputs, with or without its `_score` ending."""
    return UNKNOWN if value is None else SIGNALS.get(value.removesuffix("_score"), plain(value))


def plain(value: str | None) -> str:
    """A code as words: `policy_version` → `policy version`."""
    return UNKNOWN if value is None else value.replace("_", " ").strip()


def cause(value: str | None) -> str:
    """What moved a score, said by the models as `behaviour: recency -12.5`, in words for people."""
    if value is None:
        return UNKNOWN
    moved = re.fullmatch(r"behaviou?r: (\w+) ([+-]?\d+(?:\.\d+)?)", value)
    return (
        f"{signal(moved[1])}, {points(float(moved[2]))}"
        if moved
        else plain(value.removeprefix("behaviour: "))
    )


def ways_in(value: str | None) -> str:
    """The ways people use the product: `api, ui` → `the API and the app`."""
    names = [WAYS_IN.get(name.strip(), plain(name)) for name in (value or "").split(",") if name.strip()]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]])) or UNKNOWN


def days_away(days: float | None) -> str:
    """`in 43 days`, `today`, `12 days ago`."""
    if days is None:
        return UNKNOWN
    if round(days) == 0:
        return "today"
    return f"in {counted(days, 'day')}" if days > 0 else f"{counted(-days, 'day')} ago"


FILTERS: dict[str, Callable[..., str]] = {
    function.__name__: function
    for function in (
        money,
        score,
        points,
        day,
        long_since,
        moment,
        counted,
        percent,
        tier,
        signal,
        plain,
        cause,
        ways_in,
        days_away,
        dates_spoken,
        ended,
        gap_before,
        paragraphs_joined,
    )
}


def _true_minus(text: str) -> str:
    return text.replace("-", _MINUS)
