"""Columns for what a product's own event properties say, by the names the settings give them."""

from assets.sources.bulk.schema import Field, pointer
from assets.sources.bulk.settings import UsageSettings
from assets.sources.kinds import Kind


def property_fields(settings: UsageSettings, *parents: str, email: tuple[str, ...] = ()) -> tuple[Field, ...]:
    """`parents`: keys under which the properties stand. `email`: further places of the person's address.

    A property may hold anything: a value of another kind is null here and stays in the properties.
    """
    named = (
        ("feature", Kind.IDENTIFIER, settings.feature_property, ()),
        ("event_channel", Kind.IDENTIFIER, settings.channel_property, ()),
        ("quantity", Kind.NUMBER, settings.quantity_property, ()),
        ("email", Kind.IDENTIFIER, settings.email_property, email),
        ("domain", Kind.IDENTIFIER, settings.domain_property, ()),
    )
    # A column without a place would not be there at all, and dbt reads it.
    nowhere = pointer(*parents, "")
    return tuple(
        Field(
            name,
            kind,
            tuple(dict.fromkeys((*further, pointer(*parents, key) if key else nowhere))),
            is_lenient=True,
        )
        for name, kind, key, further in named
    )
