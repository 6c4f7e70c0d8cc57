"""Which systems' rows a home holds: noted before the first load, so that it is known without the database.

A system that is disconnected keeps its history, and its models go on being built.
"""

from pathlib import Path

from assets.home_claim import is_claimed
from warehouse.home import Home


def ever_connected(home: Home) -> set[str]:
    """The systems this home was ever loaded from; `drop_folder` among them."""
    # A home that was filled before systems were noted holds a folder's rows only.
    folder = {"drop_folder"} if is_claimed(home) else set()
    try:
        return folder | set(_note(home).read_text().split())
    except (FileNotFoundError, NotADirectoryError):  # who writes there first says what is wrong
        return folder


def note_connected(home: Home, system: str) -> None:
    """Note, all or nothing, that rows of the system may be in the database from now on."""
    known = ever_connected(home)
    if system in known:
        return
    unfinished = _note(home).with_name(f".{_note(home).name}.unfinished")
    unfinished.write_text("".join(f"{each}\n" for each in sorted(known | {system})))
    unfinished.replace(_note(home))


def _note(home: Home) -> Path:
    return home.root / "systems.txt"
