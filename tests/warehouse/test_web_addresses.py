"""Addresses in settings: those that requests can go to, and those that a person mistyped."""

import pytest

from warehouse.web_addresses import is_web_address


@pytest.mark.parametrize(
    "address",
    [
        "https://acme.zendesk.com",
        "HTTPS://acme.churnzero.net/public/v1/",
        "http://localhost:8080",
        "http://[::1]:8080/api",
        "http://[fe80::1%25eth0]/api",
        "http://crm_proxy:443",
        "https://bücher.example.",
        "https://proxy.example/@acme/",
    ],
)
def test_an_address_that_can_be_asked_is_one(address: str) -> None:
    assert is_web_address(address)
    assert is_web_address(address, may_query=True)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "acme.zendesk.com",
        "//acme.zendesk.com",
        "htps://x",
        "file:///etc/hosts",
        "https:acme.com",
        "https://",
        "https:///acme.com",
        "https://:443",
        "https://.",
        "https://<subdomain>.zendesk.com",
        "https://acme.com\\@elsewhere",
        "http://[::1",
        "http://[::1]x",
        "http://[v1.a]",
        "https://①.com",
        "https://a b.com",
        " https://acme.com",
        "https://acme.com\n",
        "https://acme.com/\x00",
        "https://acme.com:0",
        "https://acme.com:99999",
        "https://acme.com:many",
        "https://acme.com#top",
        "user:pw@acme.com",
        "https://user:pw@acme.com",
        "https://user@acme.com",
        "https://@acme.com",
        "bob:hunter2@proxy.example",
        "https:///bob:hunter2@proxy.example",
    ],
)
def test_what_is_no_address_or_holds_a_password_is_none(address: str) -> None:
    assert not is_web_address(address)
    assert not is_web_address(address, may_query=True)


@pytest.mark.parametrize("address", ["https://x?y=1", "https://x/?", "https://x/hook?sig=1"])
def test_below_an_address_with_a_query_nothing_can_be_asked(address: str) -> None:
    assert not is_web_address(address)
    assert is_web_address(address, may_query=True)
