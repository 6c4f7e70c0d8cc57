{# Before a daily model adds its new rows: forget what this build scores again. #}
{% macro forget_rescored(day_column) %}
    {% if is_incremental() %}
        delete from {{ this }}
        using {{ ref('int_scoring_scope') }} as scope
        where {{ this.identifier }}.account_id = scope.account_id
            and {{ this.identifier }}.{{ day_column }} >= scope.score_from
    {% endif %}
{% endmacro %}

{# Before a usage model adds its new rows: forget the account-days whose events changed since the last whole build. #}
{% macro forget_changed_usage(day_column) %}
    {% if is_incremental() %}
        delete from {{ this }}
        using {{ ref('int_changed_usage_days') }} as changed
        where {{ this.identifier }}.account_id = changed.account_id
            and {{ this.identifier }}.{{ day_column }} = changed.used_on
    {% endif %}
{% endmacro %}
