{# What a person reads of a message in HTML: tags and character references resolved; null when nothing is left. #}
{% macro plain_text(message) -%}
    {{ return(adapter.dispatch('plain_text', 'tierline')(message)) }}
{%- endmacro %}

{% macro default__plain_text(message) -%}
    {%- set references = [('&nbsp;', ' '), ('&lt;', '<'), ('&gt;', '>'), ('&quot;', '"'), ('&#39;', "''"), ('&amp;', '&')] -%}
    {%- set ns = namespace(text="regexp_replace(" ~ message ~ ", '<[^>]*>', ' ', 'g')") -%}
    {%- for reference, character in references -%}
        {%- set ns.text = "replace(" ~ ns.text ~ ", '" ~ reference ~ "', '" ~ character ~ "')" -%}
    {%- endfor -%}
    nullif(trim(regexp_replace({{ ns.text }}, '\s+', ' ', 'g')), '')
{%- endmacro %}
