{#
    What an answer cites, as a JSON list of texts: addresses, those of a code host shortened to the path in the
    repository. `given` is a JSON list of objects with a `url` (kind `json`), or a message with links (kind `links`).
#}
{% macro cited_sources(given, kind) -%}
    {{ return(adapter.dispatch('cited_sources', 'tierline')(given, kind)) }}
{%- endmacro %}

{% macro default__cited_sources(given, kind) -%}
    {%- set addresses = {
        'json': "json_extract_string(" ~ given ~ ", '$[*].url')",
        'links': "regexp_extract_all(" ~ given ~ ", 'href=[''\"]([^''\"]+)', 1)",
    }[kind] -%}
    nullif(
        cast(
            to_json(
                list_transform(
                    {{ addresses }},
                    lambda address: coalesce(
                        nullif(regexp_extract(address, '^https?://[^?#]+?/(?:blob|tree|src)/[^/]+/([^?#]+)', 1), ''),
                        address
                    )
                )
            ) as varchar
        ),
        '[]'
    )
{%- endmacro %}
