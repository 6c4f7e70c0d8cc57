{# What a system's contacts (email, is_unsubscribed, is_bounced) say of their addresses: a select of a row per address. #}
{% macro address_standings(contacts) -%}
    select
        lower(trim(email)) as email,
        coalesce(bool_or(is_unsubscribed), false) as is_unsubscribed,
        coalesce(bool_or(is_bounced), false) as is_bounced
    from {{ contacts }}
    where trim(email) <> ''
        and (is_unsubscribed or is_bounced)
    group by lower(trim(email))
{%- endmacro %}
