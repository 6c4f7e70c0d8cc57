"""Segment: its archive of calls, as files in the data folder and by HTTP with a listing of each folder.

The files are what a storage destination of Segment holds; `segment_archive` says what stands in them. The
listing is the plain page of links that file servers give, so that tools can follow it.
"""

from html import escape
from typing import Any

from simulator.vendors.message import Answer, RefusedError, Request
from simulator.vendors.segment_archive import FOLDER, SegmentArchive
from simulator.vendors.vendor import Vendor, basic, route


class Segment(Vendor):
    name = "segment"

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.archive = SegmentArchive(self.view, self.identities, self.settings.split)
        if self.settings.archives:
            self.view.after_day.append(self.archive.write)

    def authorise(self, request: Request) -> None:
        """The secret as bearer token, or as password of any name."""
        given = basic(request)
        if self.secret not in (request.bearer(), given and given[1]):
            answer = Answer.text("401 Unauthorized", 401)
            raise RefusedError(Answer(401, answer.body, {**answer.headers, "WWW-Authenticate": "Basic"}))

    @route("GET", f"/{FOLDER}")
    @route("GET", f"/{FOLDER}/{{source}}")
    @route("GET", f"/{FOLDER}/{{source}}/{{day}}")
    def listing(self, request: Request) -> Answer:
        self.archive.write(self.view.today)
        self.view.beside.finish()
        folder = self.archive.folder.joinpath(*request.variables.values())
        if ".." in request.variables.values() or not folder.is_dir():
            raise RefusedError(self.not_found())
        names = sorted(f"{each.name}/" if each.is_dir() else each.name for each in folder.iterdir())
        links = "".join(f'<a href="{escape(name)}">{escape(name)}</a>\n' for name in names)
        title = escape(request.path)
        return Answer.text(
            f"<html><title>{title}</title><pre>\n{links}</pre></html>\n", content_type="text/html"
        )

    @route("GET", f"/{FOLDER}/{{source}}/{{day}}/{{file}}")
    def file(self, request: Request) -> Answer:
        path = self.archive.folder.joinpath(*request.variables.values())
        if ".." in request.variables.values() or not path.is_file():
            raise RefusedError(self.not_found())
        return Answer(200, path.read_bytes(), {"Content-Type": "application/gzip"})
