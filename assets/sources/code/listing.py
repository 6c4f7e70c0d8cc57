"""What to list: `repository[@branch][:path]`, as it stands in a connector's settings.

`acme/api`                 every file of the repository
`acme/api@main:docs/`      every file below docs, on main
`acme/api:src/billing.py`  one file
"""

from dataclasses import dataclass


class ListingError(ValueError):
    """A repository or path in the settings can't be meant; the message says how they are written."""


@dataclass(frozen=True)
class Listing:
    """One list of commits. `branch` None: the default one. `path`: '' for all, else a file, or a folder/."""

    repository: str
    branch: str | None
    path: str

    @property
    def text(self) -> str:
        branch = f"@{self.branch}" if self.branch else ""
        return f"{self.repository}{branch}:{self.path}"

    @property
    def is_file(self) -> bool:
        return self.path != "" and not self.path.endswith("/")

    def holds(self, path: str) -> bool:
        """Whether a file changed by a commit is one of those listed."""
        return path == self.path if self.is_file else path.startswith(self.path)


def parse(text: str, *, segments: int | None = 2) -> Listing:
    """Raises `ListingError`. `segments`: how many names a repository's own name has (`acme/api`: 2)."""
    named, _, path = text.strip().partition(":")
    repository, _, branch = named.partition("@")
    parts = repository.split("/")
    has_right_length = segments is None or len(parts) == segments
    is_plain = all(part and part not in (".", "..") and not part.startswith("-") for part in parts)
    if not (has_right_length and is_plain) or branch.startswith("-") or ".." in branch or "\0" in text:
        raise ListingError(
            f"{text!r} is no repository: write owner/name, owner/name@branch or owner/name:path"
        )
    return Listing(repository, branch or None, path.strip().lstrip("/"))
