"""Which folder a run reads: the given one, else the public export beside the repository, else a made one."""

from dataclasses import dataclass
from pathlib import Path

from warehouse.home import Home

_EXPORT = Path("../shared/data/ravenstack")
_EXPORT_MAPPING = Path("examples/ravenstack")


class InputMissingError(ValueError):
    """The folder that was named is not there."""


@dataclass(frozen=True)
class Input:
    """Absolute folders; `origin` says in words where they come from.

    `is_made`: a made-up company's folder, which may not exist yet.
    """

    folder: Path
    mapping: Path | None
    origin: str
    is_made: bool = False


def choose(repository: Path, home: Home, *, data: Path | None, mapping: Path | None) -> Input:
    """Pick the input; writes nothing. Raises `InputMissingError`."""
    if data is not None:
        folder = _existing(data, "DATA")
        return Input(folder, _existing(mapping, "MAPPING") if mapping else None, f"the files in {folder}")
    if mapping is not None:
        raise InputMissingError("MAPPING was given without DATA; name the folder it maps as well")
    export, export_mapping = repository / _EXPORT, repository / _EXPORT_MAPPING
    if export.is_dir() and export_mapping.is_dir():
        folder = export.resolve()
        return Input(folder, export_mapping, f"the RavenStack export in {folder}")
    folder = home.root / "sample"
    return Input(folder, None, f"a small made-up company in {folder}", is_made=True)


def _existing(folder: Path, option: str) -> Path:
    found = folder.expanduser().absolute()
    if not found.is_dir():
        raise InputMissingError(f"{option}={folder} is not a folder; check the path")
    return found
