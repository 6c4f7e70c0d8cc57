"""Where a webhook may go: public addresses only, unless private ones are allowed.

A URL that somebody types in must not make this machine knock at its own neighbours: metadata services, admin
ports, the company's network. A name is resolved once, every address it has is looked at, and the connection
goes to the address that was looked at, so a name that means something else a moment later changes nothing.
TLS still checks the certificate against the name.
"""

import ipaddress
import socket
from collections.abc import Callable, Iterable

import httpcore
import httpx

from sensors.channels.channel import DestinationUnavailableError

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
# From a name and a port to numeric addresses. Raises `OSError`.
Resolve = Callable[[str, int], list[str]]

# How networks that translate show public IPv4 addresses as IPv6 ones (RFC 6052).
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")


class AddressRefusedError(DestinationUnavailableError):
    """The destination's name leads to an address that nothing may be sent to; nothing was sent."""

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"the webhook's address is {kind}, and nothing is sent there; correct TIERLINE_WEBHOOK_URL, or "
            "set TIERLINE_WEBHOOK_ALLOW_PRIVATE=true if the receiver stands in your own network",
            is_channel_wide=True,
        )


def refusal(address: str) -> str | None:
    """What keeps a numeric address from being written to, in a word or two; None for a public one."""
    return next(filter(None, map(_kind, _meant(ipaddress.ip_address(address.partition("%")[0])))), None)


def _meant(address: IpAddress) -> Iterable[IpAddress]:
    """The address, or the IPv4 address it stands for, and those that are written into it."""
    if isinstance(address, ipaddress.IPv4Address):
        yield address
        return
    if address.ipv4_mapped or address in _TRANSLATED:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return
    yield address
    if address.sixtofour:
        yield address.sixtofour
    yield from address.teredo or ()


def _kind(address: IpAddress) -> str | None:
    kinds = {
        "unspecified": address.is_unspecified,
        "loopback": address.is_loopback,
        "link-local": address.is_link_local,
        "multicast": address.is_multicast,
        "private": address.is_private,
        "reserved": address.is_reserved or not address.is_global,
    }
    return next((kind for kind, is_it in kinds.items() if is_it), None)


def resolve(host: str, port: int) -> list[str]:
    """All addresses of a name, in the system's order. Raises `OSError`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class VettedBackend(httpcore.NetworkBackend):
    """Connects to addresses that were looked at. A name with one refused address is refused whole."""

    def __init__(self, resolve: Resolve = resolve, network: httpcore.NetworkBackend | None = None) -> None:
        self._resolve = resolve
        self._network = network or httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
        for address in addresses:
            if kind := refusal(address):
                raise AddressRefusedError(kind)
        failed: Exception = httpcore.ConnectError("the name has no address")
        for address in addresses:
            try:
                return self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed


class VettedTransport(httpx.HTTPTransport):
    """httpx's transport over connections of `VettedBackend`; it follows no redirect and asks no proxy."""

    def __init__(self, backend: httpcore.NetworkBackend | None = None) -> None:
        super().__init__()
        self._pool.close()
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(), network_backend=backend or VettedBackend()
        )
