{#
    After a whole, successful build: remember which days are now scored, by which policy, what is decided, and up to which load.
    `int_scoring_scope` works out the next build's share from it, so a build that was killed is simply done again.
    The order makes a crash in between harmless too: days that are not noted are scored again.
#}
{% macro record_build(results) %}
    {% if execute and is_whole_build(results) %}
        delete from {{ built('raw_tierline', 'scored_days') }} as scored_days
        using {{ built('intermediate', 'int_scoring_scope') }} as scope
        where scored_days.account_id = scope.account_id
            and scored_days.scored_on >= scope.score_from;

        insert into {{ built('raw_tierline', 'scored_days') }} (account_id, scored_on, policy_fingerprint)
        select account_id, scored_on, policy_fingerprint from {{ built('intermediate', 'int_account_days') }};

        delete from {{ built('raw_tierline', 'unfinished_scopes') }};

        insert into {{ built('raw_tierline', 'decided_actions') }} (action_id)
        select action_id from {{ built('actions', 'fct_action_decisions') }}
        where action_id not in (select action_id from {{ built('raw_tierline', 'decided_actions') }});

        {% set moved = built('raw_tierline', 'identity_moves') %}
        insert into {{ moved }} (as_of, system, record_id, from_account_id, to_account_id)
        select run.as_of, previous.system, previous.record_id, previous.account_id, identity.account_id
        from {{ built('raw_tierline', 'account_records') }} as previous
        cross join {{ built('intermediate', 'int_run') }} as run
        left join {{ built('intermediate', 'int_account_identity') }} as identity
            on previous.system = identity.system
            and previous.record_id = identity.record_id
        where previous.account_id is distinct from identity.account_id;

        {% for table, model in {
            'account_records': 'int_account_identity',
            'identity_keys': 'int_identity_keys',
            'entity_days': 'int_entity_days',
        }.items() %}
            delete from {{ built('raw_tierline', table) }};
            insert into {{ built('raw_tierline', table) }} by name
            select {{ noted_columns(table) }} from {{ built('intermediate', model) }};
        {% endfor %}

        insert into {{ built('raw_tierline', 'builds') }} (invocation_id, as_of, through_load, completed_at)
        select '{{ invocation_id }}', as_of, through_load, current_timestamp at time zone 'UTC'
        from {{ built('intermediate', 'int_run') }}
        where as_of is not null;
    {% endif %}
{% endmacro %}

{# A hook of the project comes after every model, and dbt does not look into it for `ref`s. #}
{% macro built(schema, identifier) %}
    {{ return(api.Relation.create(database=target.database, schema=schema, identifier=identifier)) }}
{% endmacro %}

{# The columns a table of notes keeps of its model. #}
{% macro noted_columns(table) %}
    {% set source = graph.sources.values() | selectattr('source_name', 'equalto', 'raw_tierline')
        | selectattr('name', 'equalto', table) | first %}
    {{ return(source.columns.keys() | join(', ')) }}
{% endmacro %}

{# A build is whole when nothing failed and nothing was left out but systems that are not connected. #}
{% macro is_whole_build(results) %}
    {% set everything = [[], ['fqn:*']] %}
    {% set asked = invocation_args_dict %}
    {% set missing = [] %}
    {% for part in ((asked.get('exclude') or []) | join(' ')).split() %}
        {% if not (part.startswith('tag:feed_') or part.startswith('source:raw_')) %}
            {% do missing.append(part) %}
        {% endif %}
    {% endfor %}
    {% set whole = flags.WHICH in ['build', 'run']
        and (asked.get('select') or []) | list in everything
        and not missing %}
    {% set bad = ['error', 'fail', 'runtime error', 'skipped', 'partial success'] %}
    {{ return(whole and not results | selectattr('status', 'in', bad) | list) }}
{% endmacro %}
