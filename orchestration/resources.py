"""The settings, turned into what assets and sensors are handed."""

import sys
from typing import Any

from assets import dbt_process
from assets.models import Dbt
from assets.resources import DropFolder, Workplace
from orchestration.inputs import choose
from orchestration.settings import REPOSITORY, Settings


def resources(settings: Settings) -> dict[str, Any]:
    home = settings.state
    given = choose(REPOSITORY, home, data=settings.data, mapping=settings.mapping)
    project = REPOSITORY / "dbt_project"
    return {
        "workplace": Workplace(root=str(home.root), wait_seconds=settings.warehouse_wait_seconds),
        "drop_folder": DropFolder(
            folder=str(given.folder), mapping=str(given.mapping) if given.mapping else None
        ),
        "dbt": Dbt(
            project_dir=str(project),
            profiles_dir=str(project),
            dbt_executable=sys.executable,
            global_config_flags=[dbt_process.__file__],
            root=str(home.root),
        ),
    }
