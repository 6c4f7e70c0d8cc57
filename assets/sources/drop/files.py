"""What lies in a drop folder: which file feeds which table, and fingerprints that tell whether it changed."""

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from assets.sources.drop.contract import TABLES
from assets.sources.load_log import FileState

FORMATS = ("csv", "jsonl", "parquet")
COMPRESSIONS = ("", ".gz", ".zst")
_SUFFIXES = {f".{form}{compression}": form for form in FORMATS for compression in COMPRESSIONS}
_READ_BYTES = 1 << 20


@dataclass(frozen=True)
class Input:
    """One file that feeds a table.

    `name` is what raw rows carry as `_file`; `form` is csv, jsonl, parquet or sql.
    """

    table: str
    name: str
    path: Path
    form: str


@dataclass(frozen=True)
class Found:
    """What a folder holds.

    `superseded`: files of a table that a mapping takes over, by table; `ignored`: the rest.
    """

    inputs: tuple[Input, ...]
    superseded: Mapping[str, tuple[str, ...]]
    ignored: tuple[str, ...]

    def of(self, table: str) -> list[Input]:
        return [each for each in self.inputs if each.table == table]


def find(folder: Path, mapping: Path | None) -> Found:
    """Look through the folder.

    A `<table>.sql` (the mapping folder's before the folder's own) takes a table over: files of that name
    are then the export's, for the mapping to read.
    """
    mappings: dict[str, Path] = {}
    for place in (folder, mapping):
        for path in sorted(place.glob("*.sql")) if place is not None else []:
            if path.stem in TABLES and path.is_file():
                mappings[path.stem] = path
    inputs = [Input(table, f"{table}.sql", path, "sql") for table, path in mappings.items()]
    superseded: dict[str, list[str]] = {}
    ignored = []
    for path in regular_files(folder):
        name = path.relative_to(folder).as_posix()
        table, form = _table_and_form(name)
        if table is not None and form is not None and table not in mappings:
            inputs.append(Input(table, name, path, form))
        elif table is not None and form is not None:
            superseded.setdefault(table, []).append(name)
        elif path.suffix != ".sql" and name != "formats.toml":
            ignored.append(name)
    inputs.sort(key=lambda each: each.name)
    return Found(tuple(inputs), {table: tuple(names) for table, names in superseded.items()}, tuple(ignored))


def regular_files(folder: Path, *, hidden: bool = False) -> list[Path]:
    """All files below the folder, sorted; hidden ones and job markers (`_SUCCESS`) only when wanted."""
    skipped = () if hidden else (".", "_")
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(skipped))
        found += [Path(place, name) for name in names if not name.startswith(skipped)]
    return sorted(path for path in found if path.is_file())


def leads_out(path: Path, folder: Path) -> bool:
    """Whether the path is, or goes through, a link that leaves the folder."""
    return not path.resolve().is_relative_to(folder.resolve())


def _table_and_form(name: str) -> tuple[str | None, str | None]:
    top, _, below = name.partition("/")
    file = (below or top).rsplit("/", 1)[-1].lower()
    form = next((form for suffix, form in _SUFFIXES.items() if file.endswith(suffix)), None)
    table = (
        top if below else next((top[: -len(each)] for each in _SUFFIXES if top.lower().endswith(each)), top)
    )
    return (table.lower() if table.lower() in TABLES else None), form


class Fingerprint:
    """The state of one or more files read as one, made no more costly than needed.

    `recipe` is text that changes what is read from them (a mapping's SQL, the declared formats).
    """

    def __init__(
        self, paths: Iterable[Path], *, folder: Path, recipe: str, sha256: Callable[[Path], str]
    ) -> None:
        self._paths = {os.path.relpath(path, folder): path for path in paths}
        self._recipe = recipe
        self._sha256 = sha256
        statuses = {name: path.stat() for name, path in self._paths.items()}
        self._stats = [(name, status.st_size, status.st_mtime_ns) for name, status in statuses.items()]

    @cached_property
    def stamp(self) -> str:
        return _digest(
            [self._recipe, *(f"{name}\0{size}\0{modified}" for name, size, modified in self._stats)]
        )

    @cached_property
    def state(self) -> FileState:
        """Reads the files' content."""
        contents = [f"{name}\0{self._sha256(path)}" for name, path in self._paths.items()]
        return FileState(
            size_bytes=sum(size for _, size, _ in self._stats),
            modified_ns=max((modified for _, _, modified in self._stats), default=0),
            stamp=self.stamp,
            sha256=_digest([self._recipe, *contents]),
        )


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
