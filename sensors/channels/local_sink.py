"""The local sink: what would have been sent, one JSON line per message, in `outbox/<channel>.jsonl`.

Appending is idempotent (an `action_id` stands in the file once), safe between processes (one writer holds the
file's lock), and flushed to disk before it counts. A line torn by a crash was never acknowledged: the next
writer cuts it off.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from sensors.channels.channel import DestinationUnavailableError, Message, Outcome, Receipt

_READ_BYTES = 1 << 20


class LocalSink:
    """One outbox file. `now` stamps the lines."""

    destination = "local_sink"
    batch_size = 200
    sends_whole_batch = True
    seconds_per_message = 0.1

    def __init__(self, path: Path, *, now: Callable[[], datetime], by_words: bool = False) -> None:
        """`by_words`: other words of the same action are another line."""
        self.path = path
        self._by_words = by_words
        self._now = now
        self._lines: dict[str, int] = {}
        self._count = 0
        self._read_to = 0
        self._file: tuple[int, int] | None = None

    def send(self, messages: Sequence[Message]) -> Iterator[Outcome]:
        try:
            lines = self._append(messages)
        except OSError as error:
            reason = f"the outbox {self.path.name} can't be written: {error.strerror}"
            for _ in messages:
                yield DestinationUnavailableError(reason, is_channel_wide=True)
            return
        for line in lines:
            yield Receipt(self._reference(line))

    def look_up(self, action_ids: Sequence[str]) -> dict[str, str]:
        if not self.path.exists():
            return {}
        with self.path.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self._catch_up(file.fileno())
            found = {
                action_id: self._lines[action_id] for action_id in action_ids if action_id in self._lines
            }
        return {action_id: self._reference(line) for action_id, line in found.items()}

    def close(self) -> None:
        """Nothing stays open between batches."""

    def _append(self, messages: Sequence[Message]) -> list[int]:
        """Append those not there yet; returns each message's line number, counted from 1."""
        is_new = not self.path.exists()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self._catch_up(descriptor)
            at = self._now()
            missing = [message for message in messages if self._key(message) not in self._lines]
            data = b"".join(_line(message, at) for message in missing)
            written = 0
            while written < len(data):
                written += os.write(descriptor, data[written:])
            os.fsync(descriptor)
            for message in missing:
                self._learn(self._key(message))
            self._read_to += len(data)
        finally:
            os.close(descriptor)
        if is_new:
            self._flush_folder()
        return [self._lines[self._key(message)] for message in messages]

    def _catch_up(self, descriptor: int) -> None:
        """Learn the ids that stand in the file by now, and cut off a torn last line."""
        status = os.fstat(descriptor)
        if self._file != (status.st_dev, status.st_ino) or status.st_size < self._read_to:
            self._lines, self._count, self._read_to = {}, 0, 0
            self._file = (status.st_dev, status.st_ino)
        torn = b""
        while chunk := os.pread(descriptor, _READ_BYTES, self._read_to + len(torn)):
            *whole, torn = (torn + chunk).split(b"\n")
            for line in whole:
                self._learn(self._key_of(line))
                self._read_to += len(line) + 1
        if torn:
            os.ftruncate(descriptor, self._read_to)

    def _key(self, message: Message) -> str:
        return (
            _words(message.action_id, message.recipient, message.content)
            if self._by_words
            else message.action_id
        )

    def _key_of(self, line: bytes) -> str | None:
        """The line's key; None for a line that someone else put there."""
        try:
            said = json.loads(line)
            action_id = str(said["action_id"])
            return _words(action_id, said["recipient"], said["message"]) if self._by_words else action_id
        except (ValueError, KeyError, TypeError):
            return None

    def _learn(self, key: str | None) -> None:
        self._count += 1
        if key is not None:
            self._lines.setdefault(key, self._count)

    def _reference(self, line: int) -> str:
        return f"{self.path.name}:{line}"

    def _flush_folder(self) -> None:
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _line(message: Message, at: datetime) -> bytes:
    content = {
        "action_id": message.action_id,
        "channel": message.channel,
        "recipient": message.recipient,
        "recipient_name": message.recipient_name,
        "play_id": message.play_id,
        "account_id": message.account_id,
        "at": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "message": message.content,
        "facts": message.essentials,
    }
    return json.dumps(content, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _words(action_id: str, recipient: str | None, content: object) -> str:
    """The action's id with what is said to whom, as short as a hash."""
    said = json.dumps([recipient, content], ensure_ascii=False, sort_keys=True)
    return f"{action_id} {sha256(said.encode()).hexdigest()}"
