"""Progress people can follow."""

from assets.telling import paced


def test_many_small_steps_make_few_lines_and_the_first_one_is_told_at_once() -> None:
    seconds = iter(range(100))
    told: list[str] = []
    tell = paced(told.append, seconds=10, clock=lambda: float(next(seconds)))
    for number in range(50):
        tell(f"file {number}")
    assert told[0] == "file 0"
    assert 4 <= len(told) <= 6
