{# A moment that was kept as text: ISO 8601, or seconds or milliseconds since 1970; null for anything else. UTC. #}
{% macro moment_of_text(text) -%}
    case
        when regexp_matches({{ text }}, '^[0-9]{12,13}$') then make_timestamp(cast({{ text }} as bigint) * 1000)
        when regexp_matches({{ text }}, '^[0-9]{9,11}$') then make_timestamp(cast({{ text }} as bigint) * 1000000)
        when regexp_matches({{ text }}, '^[0-9]{4}-')
            then cast(try_cast({{ text }} as timestamp with time zone) at time zone 'UTC' as timestamp)
    end
{%- endmacro %}
