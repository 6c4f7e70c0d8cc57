"""Intercom's attributes: custom ones of companies, and the list of those there are."""

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
