"""What tests of more than one room share."""

from collections.abc import Iterator

import pytest

from tests.postgresql_server import NoServerError, PostgresqlServer, postgresql_server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    """A real server; started by the first test that asks for it."""
    try:
        with postgresql_server() as server:
            yield server
    except NoServerError as error:
        pytest.skip(str(error))
