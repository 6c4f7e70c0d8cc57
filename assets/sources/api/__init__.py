"""The engine of the connectors that page through an API. How to write one:

1. **Settings**: a subclass of `ApiSettings` with the credentials (`SecretStr`) and what else the vendor
   needs. `base_url` has a default where the vendor has one address for all. Read from
   `TIERLINE_<SYSTEM>_<FIELD>`.
2. **Tables**: `Table(name, key=..., columns=(identifier("id", required=True), text("subject"),
   at("updated_at"), identifier("channel", "via.channel"), nested("tags"), number(...), whole_number(...),
   flag(...), on(...)))`. Columns are called as the vendor calls them, in snake_case; the second argument is
   the path in the payload. What no column reads is kept in `extra`; a value that does not become its
   column's kind, a missing required one, an object where text was: the row goes to `_quarantine` with all
   reasons. `has_history` keeps versions (deletions must then come as rows), `is_whole` is a full listing
   each time, `changed_at` the column by which the vendor hands out changes (rows that come again unchanged
   are then duplicates).
3. **Streams**: `Stream(name, tables, read)`; `read(reading)` is a generator of `Page({table: [payload,
   ...]}, cursor)`. It starts at `reading.cursor` (None: the first time) and gives with each page the cursor
   that leads on after it (any JSON value; None: rows up to the next cursor belong together). The engine
   judges the rows, keeps the cursor with them, cuts long readings into packages, and begins again after a
   kill. Read with an inclusive bound: what comes twice is found out. Order matters only within a key: later
   wins. What shapes rows (`shaped`) rejects those of an odd form one by one (`OddRowError` says why).
   `reading.standing` and `reading.rejected` tell what the warehouse holds: for asking by id what a listing
   left out, or once more what came spoilt (`Page.settled` says which rejected rows that settles). Tables of
   which no stream is made, because a setting switches them off, are noted: nothing is expected of them.
4. **Client**: `ApiClient(SYSTEM, settings, auth=...)` is dlt's `RESTClient` (`get`, `post`, `paginate` with
   dlt's paginators and authentications) that retries what passes, honours `Retry-After`, and raises named
   errors without secrets. `read_answer` reads a vendor's own ways of saying "too many requests", `renew` a
   token.
5. `CONNECTOR = ApiConnector(SYSTEM, Settings, TABLES, streams)` gives `source` (a dlt source), `check`
   (asks for a first page of every stream; `further_checks` for more), `sample` and `load`;
   `main(CONNECTOR)` of `assets.sources.command` the command line. `assets/sources/zendesk.py` is the one to
   look at.

The module stands at `assets/sources/<system>.py` and has `SYSTEM`, `Settings`, `TABLES`, `CONNECTOR`; its
docstring says which endpoint feeds which table. Every raw table also has `extra` (json), `_digest` (names
the content) and `_loaded_at`; with history dlt's `_dlt_valid_from` and `_dlt_valid_to` (null: the open
version). Beside them stand `_quarantine` (source_table, key, reason, payload, _loaded_at, resolved_at,
is_judged, _package) and `_received` (counts).
"""

from assets.sources.api.client import ApiClient
from assets.sources.api.connector import ApiConnector, attempt
from assets.sources.api.errors import (
    ApiError,
    CredentialsRefusedError,
    GaveUpError,
    LoadIncompleteError,
    NotFoundError,
    PermissionMissingError,
    RequestRefusedError,
    ShrunkListingError,
    UnexpectedAnswerError,
    UnreachableError,
    failed,
)
from assets.sources.api.payloads import OddRowError, Payload, Spoilt, shaped
from assets.sources.api.settings import ApiSettings
from assets.sources.api.streams import Page, Reading, Stream
from assets.sources.api.tables import (
    Column,
    Table,
    at,
    flag,
    identifier,
    nested,
    number,
    on,
    text,
    whole_number,
)

__all__ = [
    "ApiClient",
    "ApiConnector",
    "ApiError",
    "ApiSettings",
    "Column",
    "CredentialsRefusedError",
    "GaveUpError",
    "LoadIncompleteError",
    "NotFoundError",
    "OddRowError",
    "Page",
    "Payload",
    "PermissionMissingError",
    "Reading",
    "RequestRefusedError",
    "ShrunkListingError",
    "Spoilt",
    "Stream",
    "Table",
    "UnexpectedAnswerError",
    "UnreachableError",
    "at",
    "attempt",
    "failed",
    "flag",
    "identifier",
    "nested",
    "number",
    "on",
    "shaped",
    "text",
    "whole_number",
]
