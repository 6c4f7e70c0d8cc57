"""What becomes knowledge for all customers holds nothing of one of them."""

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment

MACROS = Path(__file__).parents[2] / "dbt_project" / "macros"
PLACEHOLDERS = {"name", "link", "e-mail", "id", "number", "address", "domain", "amount", "secret"}
LETTERS = "abcdefghijklmnopqrstuvwxyzäöüßéèñøåłçğşджщюяλμπ"
words = st.text(LETTERS, min_size=3, max_size=9).filter(lambda word: word not in PLACEHOLDERS)
names = st.lists(words.map(str.title), min_size=1, max_size=3).map(" ".join)
ascii_words = st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=9)
emails = st.builds(lambda user, host: f"{user}.x@{host}.com", ascii_words, ascii_words)
phones = st.from_regex(r"\+[1-9][0-9] ?\(?[0-9]{3}\)?[ -][0-9]{3}[ -][0-9]{4}", fullmatch=True)
uuids = st.uuids().map(str)
tokens = st.text("abcdefABCDEF0123456789_-", min_size=24, max_size=60)
long_ids = st.from_regex(r"[a-z]{2,5}[_-][0-9]{4,9}", fullmatch=True)
domains = st.builds(
    lambda host, tld: f"{host}.{tld}", ascii_words, st.sampled_from(["com", "co", "io", "de"])
)
short_keys = st.from_regex(
    r"(sk_live|pk_test|ghp|xoxb)[_-][A-Za-z]{1,4}[0-9][A-Za-z0-9]{2,8}", fullmatch=True
)
licences = st.from_regex(r"[A-Z]{1,3}[0-9][A-Z]{2,3}[0-9]{1,2}[A-Z]{2}", fullmatch=True)
addresses = st.ip_addresses(v=4).map(str)
figures = st.from_regex(r"[1-9][0-9]{0,2}(,[0-9]{3}|\.[0-9]{2}|k)?", fullmatch=True)
amounts = st.one_of(
    st.builds(lambda sign, figure: sign + figure, st.sampled_from(["$", "€ ", "£", "USD ", "CHF"]), figures),
    st.builds(
        lambda figure, sign: figure + sign, figures, st.sampled_from([" EUR", "€", " dollars", " USD", "GBP"])
    ),
)
# said of it: what makes it a secret, or a name that no system knows
secrets = st.from_regex(r"[a-z]{2,6}[0-9!#$%]{1,3}[a-z]{1,5}", fullmatch=True)
people = st.from_regex(r"[A-Z][a-z]{3,8}( O'[A-Z][a-z]{3,6})?", fullmatch=True).filter(
    lambda name: name.lower() not in PLACEHOLDERS
)
links = st.builds(lambda domain, token: f"https://{domain}/r?token={token}", domains, tokens)
between = st.text(" \n\t.,;:!?()'\"-/", min_size=1, max_size=3)


def _macro(name: str, *arguments: str) -> str:
    text = (MACROS / "without_account_details.sql").read_text()
    module: Any = Environment(autoescape=False).from_string(text).module  # noqa: S701 -- it writes SQL
    return str(getattr(module, f"default__{name}")(*arguments))


@pytest.fixture(scope="module")
def strike() -> Any:
    """Text and known details → text without them, by the macros that the models use."""
    connection = duckdb.connect()
    pattern = (
        f"(select {_macro('pattern_of_any', 'detail')} from (select unnest($known::varchar[]) as detail))"
    )
    query = f"select {_macro('without_account_details', '$text::varchar', pattern)}"

    def run(text: str, known: list[str]) -> str:
        found = connection.execute(query, {"text": text, "known": known}).fetchone()
        assert found is not None
        return str(found[0])

    return run


@given(
    known=st.lists(names, min_size=1, max_size=4),
    found=st.lists(
        st.one_of(
            emails, phones, uuids, tokens, long_ids, domains, links, short_keys, licences, addresses, amounts
        ),
        max_size=4,
    ),
    said=st.lists(words, max_size=6),
    data=st.data(),
)
@settings(max_examples=150, deadline=None)
def test_no_detail_of_an_account_stays_in_a_text(
    strike: Any, known: list[str], found: list[str], said: list[str], data: st.DataObject
) -> None:
    cased = [data.draw(st.sampled_from([name, name.upper(), name.lower()])) for name in known]
    pieces = data.draw(st.permutations([*cased, *known, *found, *said]))
    text = "".join(piece + data.draw(between) for piece in pieces)
    # a capital letter may have more than one small one ("ẞ"): both spellings are known
    left = strike(text, [spelling for name in known for spelling in (name, name.upper(), name.lower())])
    spoken = set(re.split(r"[^\w]+", left.lower()))
    for name in known:
        assert not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", left, re.IGNORECASE), left
    for detail in found:
        assert detail not in left and detail.split("@")[0] not in spoken, left


@given(
    secret=secrets,
    words_before=st.sampled_from(
        [
            "password: ",
            "Password is ",
            "client_secret=",
            '"token": "',
            "API key = ",
            "PIN ",
            "the passcode was now ",
        ]
    ),
    before=st.lists(words, max_size=3).map(" ".join),
)
@settings(max_examples=100, deadline=None)
def test_a_secret_is_known_by_what_is_said_of_it(
    strike: Any, secret: str, words_before: str, before: str
) -> None:
    assert secret not in strike(f"{before} {words_before}{secret} and it fails", ["Northwind"])


@given(
    person=people,
    frame=st.sampled_from(
        (
            *(
                "Hi {}, reset it.",
                "dear {}!",
                "Reset it. Thanks, {}",
                "Best regards {}.",
                "Ask Mrs. {} first.",
            ),
            *("My name is {} and", "My colleague {} did it.", "Thank you!\n{}\n"),
        )
    ),
)
@settings(max_examples=100, deadline=None)
def test_a_person_whom_no_system_knows_is_found_by_greeting_signature_and_title(
    strike: Any, person: str, frame: str
) -> None:
    assert strike(frame.format(person), ["Northwind"]) == frame.format("[name]")


@pytest.mark.parametrize(
    "text",
    [
        "The password is wrong, the API token expired, and the key is in Settings. Why is my secret not shown?",
        "Thanks, exports work again after 30 days. Hi! Best of all: 3 of 500 rows on win32, i18n, k8s.",
        "Error 500 in Reports: HTTP404 after v2.3.1, port 8080, utf-8, oauth2.",
        "Set `page_size` to 100 in config.yaml, then run src/export.py again; e.g. 3.5 s.",
        "",
    ],
)
def test_what_helps_the_next_customer_stays(strike: Any, text: str) -> None:
    assert strike(text, ["Northwind Traders"]) == text


def test_names_side_by_side_are_all_struck_out(strike: Any) -> None:
    assert strike("Ann Bo Ann, ann's; annual", ["Ann", "Bo"]) == "[name] [name] [name], [name]'s; annual"
