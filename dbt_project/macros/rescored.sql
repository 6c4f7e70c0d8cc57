{# Before a daily model adds its new rows: forget what this build scores again. #}
{% macro forget_rescored(day_column) %}
    {% if is_incremental() %}
        delete from {{ this }}
        using {{ ref('int_scoring_scope') }} as scope
        where {{ this.identifier }}.account_id = scope.account_id
            and {{ this.identifier }}.{{ day_column }} >= scope.score_from
    {% endif %}
{% endmacro %}

{#
    After the scope is known: note it until the build has ended well (`record_build`). The days that a failed build scored
    are not those noted as scored, even where their input and policy are again what they were before it.
#}
{% macro note_scope() %}
    {% set noted = api.Relation.create(database=target.database, schema='raw_tierline', identifier='unfinished_scopes') %}
    delete from {{ noted }};
    insert into {{ noted }} (account_id, score_from)
    select account_id, score_from from {{ this }}
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

{# Before unmatched usage adds its new rows: forget what was loaded again, and what has found its account meanwhile. #}
{% macro forget_unmatched_usage() %}
    {% if is_incremental() %}
        delete from {{ this }}
        using {{ ref('int_changed_usage_partitions') }} as changed
        where {{ this.identifier }}.system = changed.system
            and {{ this.identifier }}.used_on = changed.used_on;

        delete from {{ this }}
        where exists (
            with unmatched as (
                select
                    {{ this.identifier }}.system as system,
                    {{ this.identifier }}.account_record_id as account_record_id,
                    {{ this.identifier }}.user_record_id as user_record_id,
                    {{ this.identifier }}.email as email,
                    {{ this.identifier }}.domain as domain
            ),

            identity_keys as (
                select * from {{ ref('int_identity_keys') }}
            ),

            resolved as (
                {{ resolved('unmatched', by=['account', 'user', 'email', 'domain']) }}
            )

            select 1 from resolved where account_id is not null
        )
    {% endif %}
{% endmacro %}

{# Before a daily model of churn risk adds its new rows: forget the days this build judges again. #}
{% macro forget_rejudged(day_column, scope='int_risk_scope') %}
    {% if is_incremental() %}
        delete from {{ this }}
        using {{ ref(scope) }} as scope
        where {{ this.identifier }}.account_id = scope.account_id
            and {{ this.identifier }}.{{ day_column }} >= scope.judge_from
    {% endif %}
{% endmacro %}
