{# A message of Zipchat is text, light HTML, or a JSON list of blocks as text, of which those with a text count. #}
{% macro zipchat_text(message) -%}
    {{ return(adapter.dispatch('zipchat_text', 'tierline')(message)) }}
{%- endmacro %}

{% macro default__zipchat_text(message) -%}
    case
        when starts_with(ltrim({{ message }}), '[{') and json_valid({{ message }})
            then array_to_string(json_extract_string({{ message }}, '$[*].text'), ' ')
        else {{ message }}
    end
{%- endmacro %}
