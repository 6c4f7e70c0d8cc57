{# The id of a row among all systems' rows: as given in the contract's own files, else with the system in front. #}
{% macro entity_id(system, record_id) -%}
    case when {{ system }} = 'drop_folder' then {{ record_id }} else concat({{ system }}, ':', {{ record_id }}) end
{%- endmacro %}
