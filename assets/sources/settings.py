"""Settings of connectors: a pydantic model per system, filled from `TIERLINE_<SYSTEM>_<FIELD>`."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, ClassVar, TypeVar, get_origin

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError, ValidationInfo, field_validator

from warehouse.web_addresses import EXPECTED_BASE, is_web_address

PREFIX = "TIERLINE_"
# A header holds characters of Latin-1, and none that control anything.
_FIRST_PRINTED, _LAST_IN_HEADERS = 0x20, 0xFF


class ConnectorSettingsError(ValueError):
    """A connector's settings are missing or wrong; the message names the variables, never their values."""


class ConnectorSettings(BaseModel):
    """What all connectors have; each adds its own fields, secrets as `SecretStr`.

    `base_url`: where the vendor is (tests and proxies: elsewhere). `start_on`: how far back the first load
    goes; None: as far as the vendor does. `in_forms`: secrets that are sent in a form, not in a header.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    in_forms: ClassVar[frozenset[str]] = frozenset()

    base_url: str
    start_on: date | None = None

    @field_validator("base_url")
    @classmethod
    def _can_be_asked(cls, given: str) -> str:
        if not is_web_address(given):
            raise ValueError(f"is no address like {EXPECTED_BASE}; credentials have settings of their own")
        return given

    @field_validator("*")
    @classmethod
    def _can_be_sent(cls, given: Any, info: ValidationInfo) -> Any:
        if isinstance(given, SecretStr):
            value = given.get_secret_value()
            if any(ord(each) < _FIRST_PRINTED or each == "\x7f" for each in value):
                raise ValueError("holds a line break or another control character: copy it again")
            if info.field_name not in cls.in_forms and any(ord(each) > _LAST_IN_HEADERS for each in value):
                raise ValueError("holds a character that no header can hold: copy it again")
        return given


SettingsT = TypeVar("SettingsT", bound=ConnectorSettings)


def variable(system: str, field: str) -> str:
    """`TIERLINE_ZENDESK_API_TOKEN`."""
    return f"{PREFIX}{system}_{field}".upper()


def variables(system: str, settings_type: type[ConnectorSettings]) -> tuple[str, ...]:
    """Every variable a system reads; the first says whether it is enabled."""
    return (
        variable(system, "enabled"),
        *(variable(system, field) for field in settings_type.model_fields),
    )


def read_settings(
    system: str, settings_type: type[SettingsT], environment: Mapping[str, str], **given: object
) -> SettingsT:
    """Settings from an environment; `given` wins over it, an empty value means "not set".

    Lists and mappings are given as JSON; a list also as words with commas between them. Raises
    `ConnectorSettingsError`.
    """
    values: dict[str, Any] = {}
    for field, info in settings_type.model_fields.items():
        text = environment.get(variable(system, field), "").strip()
        if text:
            values[field] = _parsed(text, get_origin(info.annotation))
    values.update({name: value for name, value in given.items() if value is not None})
    try:
        return settings_type(**values)
    except ValidationError as error:
        wrong = "; ".join(
            _problem(system, each) for each in error.errors(include_url=False, include_input=False)
        )
        raise ConnectorSettingsError(f"{wrong} (docs/sources/{system}.md says what each is)") from None


def secrets(settings: ConnectorSettings) -> Iterator[str]:
    """The values that must never be shown."""
    for field in type(settings).model_fields:
        value = getattr(settings, field)
        if isinstance(value, SecretStr) and value.get_secret_value():
            yield value.get_secret_value()


def secret_variables(system: str, settings_type: type[ConnectorSettings]) -> tuple[str, ...]:
    """Names of the variables that hold secrets."""
    return tuple(
        variable(system, field)
        for field, info in settings_type.model_fields.items()
        if "SecretStr" in str(info.annotation)
    )


def _parsed(text: str, origin: Any) -> Any:
    if origin not in (list, tuple, dict, frozenset, set) and origin is not Mapping:
        return text
    if text[0] in "[{":
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            pass  # words with commas between them may begin so, too
    return [each.strip() for each in text.split(",") if each.strip()]


def _problem(system: str, problem: Any) -> str:
    location = problem["loc"]
    name = variable(system, str(location[0])) if location else "the settings"
    return f"{name} is missing" if problem["type"] == "missing" else f"{name}: {problem['msg']}"
