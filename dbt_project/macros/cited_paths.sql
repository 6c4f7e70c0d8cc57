{#
    The paths that an answer cites, as a list of texts: from a JSON list, or from text with one source a line or parted by
    commas; without line numbers, queries, fragments, a leading slash, or the address of a code host.
#}
{% macro cited_paths(sources) -%}
    {{ return(adapter.dispatch('cited_paths', 'tierline')(sources)) }}
{%- endmacro %}

{% macro default__cited_paths(sources) -%}
    list_distinct(
        list_transform(
            case
                {#- not `json_valid(...) and`: nothing says which side is looked at first #}
                when json_type(try_cast({{ sources }} as json)) = 'ARRAY'
                    then json_extract_string(try_cast({{ sources }} as json), '$[*]')
                else string_split_regex({{ sources }}, '[,;\n]+')
            end,
            lambda source: regexp_replace(
                regexp_replace(
                    trim(source), '^(https?://[^?#]+?/(?:blob|tree|src|raw)/[^/]+/|\./|/)', ''
                ),
                '([?#].*|:L?\d+(-L?\d+)?|/)$', ''
            )
        )
    )
{%- endmacro %}
