"""Files that are written while the company lives on: in order, and no failure passes unseen."""

import shutil

import pytest

from simulator.vendors.beside import AHEAD, Beside
from tests.simulator.vendors.conftest import Serve


def test_work_is_done_in_order_and_all_of_it_by_the_end() -> None:
    beside, done = Beside(), list[int]()
    for number in range(3 * AHEAD):
        beside.do(lambda number=number: done.append(number))
    beside.finish()
    assert done == list(range(3 * AHEAD))


def test_a_day_that_cannot_be_written_is_not_lived_unnoticed(serve: Serve) -> None:
    server = serve()
    shutil.rmtree(server.view.folder / "usage")
    with pytest.raises(OSError, match="usage"):
        server.advance()
