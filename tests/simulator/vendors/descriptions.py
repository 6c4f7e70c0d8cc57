"""Answers held against the vendors' own descriptions, read from the shared reference folder."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
import yaml

REFERENCE = Path(__file__).parents[3] / "../shared/reference"


@cache
def description(path: str) -> dict[str, Any]:
    """An OpenAPI document; skips the test where the reference folder is not there."""
    file = REFERENCE / path
    if not file.exists():
        pytest.skip(f"the vendor's description (../shared/reference/{path}) is not beside the repository")
    if file.suffix == ".json":
        return json.loads(file.read_text())
    return yaml.load(file.read_text(), yaml.CSafeLoader)


def _nullable(schema: Any) -> Any:
    """OpenAPI's `nullable` in JSON schema's words; examples dropped, they may hold keys that look like schema."""
    if isinstance(schema, list):
        return [_nullable(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {
        name: _nullable(each)
        for name, each in schema.items()
        if name not in ("example", "examples", "format")
    }
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain


@cache
def _schemas(path: str) -> dict[str, Any]:
    document = description(path)
    schemas = {"components": _nullable({"schemas": document.get("components", {}).get("schemas", {})})}
    return {**schemas, "definitions": _nullable(document.get("definitions", {}))}


def holds(path: str, answer: httpx.Response, operation: str, *, without_nulls: bool = False) -> None:
    """Asserts that `answer` is what the description at `path` promises for `operation` (`get /contacts`).

    `without_nulls` leaves null fields out of account, for a vendor whose description never says what may be
    null although its own examples hold nulls.
    """
    method, _, template = operation.partition(" ")
    responses = description(path)["paths"][template][method]["responses"]
    assert str(answer.status_code) in responses or "default" in responses
    promised = responses.get(str(answer.status_code)) or responses["default"]
    if "$ref" in promised:
        promised = description(path)["components"]["responses"][promised["$ref"].rsplit("/", 1)[1]]
    schema = promised.get("schema") or promised["content"]["application/json"]["schema"]
    body = answer.json()
    value = _filled(body) if without_nulls else body
    jsonschema.Draft202012Validator({**_nullable(schema), **_schemas(path)}).validate(value)


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _filled(each) for name, each in value.items() if each is not None}
    return [_filled(each) for each in value] if isinstance(value, list) else value
