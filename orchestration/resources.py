"""The settings, turned into what assets and sensors are handed."""

import sys
from typing import Any

from assets import dbt_process
from assets.models import Dbt
from assets.resources import DropFolder, Workplace
from orchestration.settings import REPOSITORY, Settings


def resources(settings: Settings) -> dict[str, Any]:
    home = settings.state
    project = REPOSITORY / "dbt_project"
    given: dict[str, Any] = {
        "workplace": Workplace(root=str(home.root), wait_seconds=settings.warehouse_wait_seconds),
        "dbt": Dbt(
            project_dir=str(project),
            profiles_dir=str(project),
            dbt_executable=sys.executable,
            global_config_flags=[dbt_process.__file__],
            root=str(home.root),
        ),
    }
    if settings.data is not None:
        mapping = str(settings.mapping) if settings.mapping else None
        given["drop_folder"] = DropFolder(folder=str(settings.data), mapping=mapping)
    return given
