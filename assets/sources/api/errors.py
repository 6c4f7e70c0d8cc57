"""What can go wrong with a vendor's API, each with what a person must do. No message holds a secret."""

from assets.sources.connector import ConnectorError, Finding


class ApiError(ConnectorError):
    """The vendor's API could not be used as needed."""


class CredentialsRefusedError(ApiError):
    """The vendor does not know these credentials (401): they are wrong, expired or revoked."""


class PermissionMissingError(ApiError):
    """The credentials are good, but may not do this (403): a scope, a role or a plan is missing."""


class NotFoundError(ApiError):
    """There is no such thing at this address (404, 410): the base URL or an id in the settings is wrong."""


class RequestRefusedError(ApiError):
    """The vendor refuses the request as it is (other 4xx), with the vendor's own words."""


class GaveUpError(ApiError):
    """The vendor kept failing, was not reachable, or answered with what is no JSON; trying later may do."""


class UnreachableError(GaveUpError):
    """Nobody answers at the address: a wrong one, no network, a proxy or certificate in between."""


class UnexpectedAnswerError(ApiError):
    """The answer is JSON, but not in the form its description promises; the connector needs a look."""


class ShrunkListingError(ApiError):
    """A whole listing came with far fewer rows than stand: taken for truncated, and not loaded."""


class LoadIncompleteError(ApiError):
    """Some streams failed; the others' rows, and what these gave before, are loaded."""


def failed(subject: str, error: ApiError) -> Finding:
    """What `check` finds where a request of it raises."""
    return Finding(subject, False, str(error), is_unreachable=isinstance(error, UnreachableError))
