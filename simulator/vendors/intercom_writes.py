"""Intercom's attributes: custom ones of companies, and the list of those there are; contacts that go."""

from typing import Any

from simulator.vendors.intercom import Intercom
from simulator.vendors.message import Answer, Request
from simulator.vendors.vendor import route, unix

TYPES = ("string", "integer", "float", "boolean", "datetime", "date")


class IntercomWrites(Intercom):
    """A company is only given attributes that exist, as Intercom refuses unknown ones here."""

    def _attributes(self) -> list[dict[str, Any]]:
        return self.written.created("data_attribute")

    @route("GET", "/data_attributes")
    def data_attributes(self, request: Request) -> Answer:
        model = request.one("model")
        rows = [row for row in self._attributes() if model in (None, row["model"])]
        return Answer.json({"type": "list", "data": rows})

    @route("POST", "/data_attributes")
    def create_data_attribute(self, request: Request) -> Answer:
        given = request.json()
        name, model = str(given.get("name") or ""), given.get("model")
        if not name or model not in ("contact", "company") or given.get("data_type") not in TYPES:
            return self._error(400, "parameter_invalid", "name, model and data_type are required")
        if any((row["name"], row["model"]) == (name, model) for row in self._attributes()):
            return self._error(400, "parameter_invalid", f"You already have '{name}' in your {model} data")
        number, at = self.written.count("data_attribute") + 1, unix(self.tick())
        row = {"type": "data_attribute", "id": number, **given, "full_name": f"custom_attributes.{name}",
               "label": name, "custom": True, "archived": False, "api_writable": True, "ui_writable": False,
               "messenger_writable": False, "created_at": at, "updated_at": at}  # fmt: skip
        return Answer.json(self.written.create("data_attribute", number, row))

    @route("PUT", "/companies/{company_id}")
    def update_company(self, request: Request) -> Answer:
        row = self._one("companies", request.variables["company_id"], "Company Not Found")
        given = request.json()
        known = {each["name"] for each in self._attributes() if each["model"] == "company"}
        unknown = sorted(set(given.get("custom_attributes") or {}) - known)
        if unknown:
            return self._error(400, "parameter_invalid", f"Custom attribute '{unknown[0]}' does not exist")
        self.written.change("company", row["id"], given, self.tick())
        return Answer.json(self._one("companies", row["id"], "Company Not Found"))

    def _gone(self, row: dict[str, Any], *, is_gone: bool = True) -> dict[str, Any]:
        """From now on in no list and no search, or back again."""
        self.tick()
        self.written.create("gone contact", row["id"], {**row, "is_gone": is_gone})
        return {"type": "contact", "id": row["id"], "external_id": row["external_id"]}

    @route("POST", "/contacts/merge")
    def merge_contacts(self, request: Request) -> Answer:
        """A lead becomes part of a user; it is not known by its own id any more."""
        given = request.json()
        lead, user = (self._one("contacts", str(given.get(n)), "User Not Found") for n in ("from", "into"))
        if (lead["role"], user["role"]) != ("lead", "user"):
            return self._error(400, "parameter_invalid", "only a lead can be merged into a user")
        self._gone(lead)
        self.written.change("contact", user["id"], {}, self.tick())
        return Answer.json(self._one("contacts", user["id"], "User Not Found"))

    @route("POST", "/contacts/{contact_id}/archive")
    def archive_contact(self, request: Request) -> Answer:
        row = self._one("contacts", request.variables["contact_id"], "User Not Found")
        return Answer.json({**self._gone(row), "archived": True})

    @route("POST", "/contacts/{contact_id}/unarchive")
    def unarchive_contact(self, request: Request) -> Answer:
        number = request.variables["contact_id"]
        found = [row for row in self.written.created("gone contact") if row["id"] == number]
        if not found:
            return self._error(404, "not_found", "User Not Found")
        return Answer.json({**self._gone(found[0], is_gone=False), "archived": False})

    @route("DELETE", "/contacts/{contact_id}")
    def delete_contact(self, request: Request) -> Answer:
        row = self._one("contacts", request.variables["contact_id"], "User Not Found")
        return Answer.json({**self._gone(row), "deleted": True})
