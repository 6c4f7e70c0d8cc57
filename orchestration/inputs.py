"""What a run reads: the given folder, the connected systems, or, with neither, the simulated company."""

from dataclasses import dataclass
from pathlib import Path

from assets.connected import ever_connected
from orchestration.settings import Settings


class InputMissingError(ValueError):
    """The folder that was named is not there."""


class MixedCompaniesError(ValueError):
    """The home holds another company than the one that is to be read."""


@dataclass(frozen=True)
class Input:
    """`settings` with absolute folders; `origin` says in words where the rows come from.

    `is_simulated`: nothing is connected, so a simulated company is.
    """

    settings: Settings
    origin: str
    is_simulated: bool = False


def choose(settings: Settings) -> Input:
    """Pick the input; writes nothing. Raises `InputMissingError`, `MixedCompaniesError`."""
    if settings.mapping is not None and settings.data is None:
        raise InputMissingError("MAPPING was given without DATA; name the folder it maps as well")
    data = _existing(settings.data, "DATA") if settings.data else None
    mapping = _existing(settings.mapping, "MAPPING") if settings.mapping else None
    is_simulated = data is None and not settings.systems
    _refuse_mixing(settings, is_simulated=is_simulated)
    if is_simulated:
        return Input(settings, "a simulated company, through its vendors", is_simulated=True)
    files = [f"the files in {data}"] if data else []
    return Input(
        settings.model_copy(update={"data": data, "mapping": mapping}), ", ".join([*settings.systems, *files])
    )


def _refuse_mixing(settings: Settings, *, is_simulated: bool) -> None:
    home = settings.state
    holds_simulated = (home.root / "simulated").is_dir()
    if holds_simulated and not is_simulated:
        raise MixedCompaniesError(
            f"{home.root} holds the simulated company, and others must not be mixed with it;"
            " set TIERLINE_HOME to another folder"
        )
    if is_simulated and not holds_simulated and ever_connected(home):
        raise MixedCompaniesError(
            f"{home.root} holds what was read from {', '.join(sorted(ever_connected(home)))}, and nothing of"
            " that is connected now: give DATA=<folder> or TIERLINE_<SYSTEM>_ENABLED=true again, or, for the"
            " simulated company, set TIERLINE_HOME to another folder"
        )


def _existing(folder: Path, option: str) -> Path:
    found = folder.expanduser().absolute()
    if not found.is_dir():
        raise InputMissingError(f"{option}={folder} is not a folder; check the path")
    return found
