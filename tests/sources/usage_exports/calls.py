"""A Segment archive written by hand."""

import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any


def call(message_id: str, at: str = "2026-03-01T10:00:00.000Z", **given: Any) -> dict[str, Any]:
    usual = {"messageId": message_id, "type": "track", "event": "exported", "userId": "u1", "timestamp": at}
    return {name: value for name, value in {**usual, **given}.items() if value is not ...}


class ArchiveFolder:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, day: date, name: str = "1.gz", source: str = "web") -> Path:
        milliseconds = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000
        return self.folder / "segment-logs" / source / str(milliseconds) / name

    def write(self, day: date, *lines: dict[str, Any] | str, name: str = "1.gz", source: str = "web") -> Path:
        path = self.path(day, name, source)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
        path.write_bytes(gzip.compress(text.encode("utf-8", "surrogateescape"), mtime=0))
        return path
