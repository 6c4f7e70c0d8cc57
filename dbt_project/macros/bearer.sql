{# Whose alert it is: the account's CSM's, or their manager's where it goes to them. #}
{% macro bearer(actions, staff_id, csm_id) -%}
    case when {{ actions }}.recipient_role = 'csm_manager' then {{ staff_id }} else {{ csm_id }} end
{%- endmacro %}
