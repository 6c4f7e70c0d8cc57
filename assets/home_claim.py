"""One home, one company: a second drop folder would mix its customers with the first one's."""

from pathlib import Path

from warehouse.home import Home


class OtherFolderError(ValueError):
    """The home holds the files of another drop folder."""


def refuse_other_folder(home: Home, folder: Path) -> None:
    """Raises `OtherFolderError` when the home was filled from another folder than `folder`."""
    claimed = _mark(home)
    if claimed.exists() and claimed.read_text().strip() != str(folder.resolve()):
        raise OtherFolderError(
            f"this home holds the files of {claimed.read_text().strip()}, and {folder} would be mixed with"
            f" them; set TIERLINE_HOME to another folder, or, if it is the same company's, delete {claimed}"
        )


def claim(home: Home, folder: Path) -> None:
    """Note that the home is filled from `folder`."""
    _mark(home).write_text(f"{folder.resolve()}\n")


def is_claimed(home: Home) -> bool:
    """Whether the home was ever filled from a folder."""
    return _mark(home).exists()


def _mark(home: Home) -> Path:
    return home.root / "drop_folder.txt"
