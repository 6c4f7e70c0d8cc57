{#
    The settings a customer's product is configured with, in one form whichever way a system holds them: lower-case
    words, sorted, parted by spaces. `single_sign_on` is switched on; `data_region:emea` is a setting with a value.

    Read are multi-selects (`Single Sign-On;SCIM`; `;` `,` `|` or line ends between them), pairs (`data_region=emea`,
    `single_sign_on: true`), and one level of JSON: an object of settings, whose values may be lists, or a list; objects
    further in are left out. On is `true`, `yes`, `on`, `1` or `enabled`; what is off (`false`, `off`, `0`, `disabled`,
    null) is left out. `no` stays a value: it is a country, too. Null stays null; without any setting the result is empty.
#}
{% macro configuration_words(text) -%}
    {{ return(adapter.dispatch('configuration_words', 'tierline')(text)) }}
{%- endmacro %}

{% macro default__configuration_words(text) -%}
    array_to_string(
        list_sort(
            list_distinct(
                list_filter(
                    list_transform(
                        list_filter(
                            {{ configuration_entries("nullif(trim(" ~ text ~ "), '')") }},
                            lambda entry: not contains(entry, '{')
                        ),
                        lambda entry: regexp_replace(
                            regexp_replace(
                                regexp_replace(lower(entry), '[^\p{L}\p{N}:=.]+', '_', 'g'), '_*[:=]_*', ':'
                            ),
                            '(^_+)|(:((true)|(yes)|(on)|(1)|(enabled))_*$)|(_+$)', '', 'g'
                        )
                    ),
                    lambda word: not regexp_full_match(word, '(.*:)?((false)|(off)|(0)|(disabled)|(null)|(none))?')
                )
            )
        ),
        ' '
    )
{%- endmacro %}

{# What stands there as a list of texts `setting` or `setting:value`. #}
{% macro configuration_entries(text) -%}
    case
        when json_type(try_cast({{ text }} as json)) = 'OBJECT'
            then flatten(
                list_transform(
                    map_entries(try_cast(try_cast({{ text }} as json) as map(varchar, json))),
                    lambda pair: list_transform(
                        case json_type(struct_extract(pair, 'value'))
                            when 'ARRAY' then cast(struct_extract(pair, 'value') as varchar[])
                            when 'OBJECT' then []
                            else [json_extract_string(struct_extract(pair, 'value'), '$')]
                        end,
                        lambda value: concat(struct_extract(pair, 'key'), ':', value)
                    )
                )
            )
        when json_type(try_cast({{ text }} as json)) = 'ARRAY'
            then try_cast(try_cast({{ text }} as json) as varchar[])
        -- JSON that was cut off says nothing
        when left({{ text }}, 1) in ('{', '[')
            then null
        else regexp_split_to_array({{ text }}, '[;,|\n\r\t]+')
    end
{%- endmacro %}

{# Such words for people: `data_region:emea single_sign_on` is "data region emea, single sign on". #}
{% macro words_in_sentence(words) -%}
    translate(replace({{ words }}, ' ', ', '), '_:', '  ')
{%- endmacro %}
