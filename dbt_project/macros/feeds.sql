{#
    Every system hands its rows on in the same shapes, one per entity: its feeds, the models `int_<system>__<entity>`.
    A feed names things by the system's own ids; identity says later which account they belong to.
    `docs/feeds.md` says what each column means.
#}
{% macro feed_columns(entity) %}
    {% set columns = {
        'accounts': {
            'record_id': 'varchar', 'name': 'varchar', 'domain': 'varchar', 'parent_record_id': 'varchar',
            'segment': 'varchar', 'industry': 'varchar', 'employees': 'bigint', 'plan': 'varchar', 'region': 'varchar',
            'csm_record_id': 'varchar', 'signed_up_at': 'timestamp', 'contract_started_on': 'date', 'renewal_on': 'date',
            'arr': 'double', 'currency': 'varchar', 'status': 'varchar', 'churned_on': 'date',
            'wants_human': 'boolean', 'has_executive_sponsor': 'boolean', 'configuration': 'varchar',
        },
        'account_references': {'record_id': 'varchar', 'field': 'varchar', 'value': 'varchar'},
        'users': {
            'record_id': 'varchar', 'account_record_id': 'varchar', 'external_id': 'varchar', 'email': 'varchar',
            'name': 'varchar', 'role': 'varchar', 'title': 'varchar', 'is_champion': 'boolean',
            'created_at': 'timestamp', 'deactivated_at': 'timestamp', 'is_unsubscribed': 'boolean',
            'is_bounced': 'boolean',
        },
        'address_standings': {'email': 'varchar', 'is_unsubscribed': 'boolean', 'is_bounced': 'boolean'},
        'csms': {
            'record_id': 'varchar', 'name': 'varchar', 'email': 'varchar', 'slack_id': 'varchar',
            'manager_record_id': 'varchar', 'hours_per_week': 'double', 'hourly_cost': 'double', 'timezone': 'varchar',
        },
        'usage_events': {
            'event_id': 'varchar', 'occurred_at': 'timestamp', 'used_on': 'date', 'account_record_id': 'varchar',
            'user_record_id': 'varchar', 'email': 'varchar', 'domain': 'varchar', 'event': 'varchar',
            'feature': 'varchar', 'channel': 'varchar', 'source': 'varchar', 'quantity': 'double',
        },
        'features': {
            'feature': 'varchar', 'plan': 'varchar', 'is_key': 'boolean', 'title': 'varchar', 'tutorial_url': 'varchar',
        },
        'tickets': {
            'record_id': 'varchar', 'account_record_id': 'varchar', 'user_record_id': 'varchar', 'email': 'varchar',
            'created_at': 'timestamp', 'first_response_at': 'timestamp', 'first_human_response_at': 'timestamp',
            'solved_at': 'timestamp', 'reopened_at': 'timestamp', 'status': 'varchar', 'priority': 'varchar',
            'channel': 'varchar', 'handled_by': 'varchar', 'is_escalated': 'boolean', 'csat': 'double',
            'topic': 'varchar', 'subject': 'varchar',
        },
        'ai_conversations': {
            'record_id': 'varchar', 'account_record_id': 'varchar', 'user_record_id': 'varchar', 'email': 'varchar',
            'started_at': 'timestamp', 'first_answer_at': 'timestamp', 'question': 'varchar', 'answer': 'varchar',
            'confidence': 'double', 'sources': 'varchar', 'source_snapshot_at': 'timestamp', 'outcome': 'varchar',
            'escalated_at': 'timestamp', 'escalation_reason': 'varchar', 'ticket_record_id': 'varchar',
            'resolved_at': 'timestamp', 'resolved_by': 'varchar', 'resolution': 'varchar',
            'is_answer_correct': 'boolean',
        },
        'survey_responses': {
            'record_id': 'varchar', 'account_record_id': 'varchar', 'user_record_id': 'varchar', 'email': 'varchar',
            'submitted_at': 'timestamp', 'kind': 'varchar', 'score': 'double', 'comment': 'varchar',
        },
        'subscriptions': {
            'record_id': 'varchar', 'account_record_id': 'varchar', 'started_on': 'date', 'ended_on': 'date',
            'mrr': 'double', 'currency': 'varchar', 'plan': 'varchar', 'seats': 'bigint',
        },
        'invoices': {
            'record_id': 'varchar', 'account_record_id': 'varchar', 'issued_on': 'date', 'due_on': 'date',
            'paid_on': 'date', 'amount': 'double', 'currency': 'varchar', 'status': 'varchar',
        },
        'opportunities': {
            'record_id': 'varchar', 'account_record_id': 'varchar', 'kind': 'varchar', 'stage': 'varchar',
            'amount': 'double', 'closes_on': 'date', 'created_at': 'timestamp', 'is_closed': 'boolean',
            'is_won': 'boolean',
        },
        'csm_activities': {
            'record_id': 'varchar', 'csm_record_id': 'varchar', 'account_record_id': 'varchar', 'kind': 'varchar',
            'started_at': 'timestamp', 'minutes': 'double', 'action_id': 'varchar',
        },
        'code_changes': {
            'repository': 'varchar', 'path': 'varchar', 'commit_sha': 'varchar', 'committed_at': 'timestamp',
        },
        'external_scores': {
            'account_record_id': 'varchar', 'measure': 'varchar', 'score': 'double', 'label': 'varchar',
            'recorded_at': 'timestamp',
        },
        'external_tasks': {
            'record_id': 'varchar', 'account_record_id': 'varchar', 'csm_record_id': 'varchar', 'title': 'varchar',
            'reason': 'varchar', 'status': 'varchar', 'created_at': 'timestamp', 'due_on': 'date',
            'closed_at': 'timestamp',
        },
    } %}
    {{ return(columns[entity]) }}
{% endmacro %}

{# Which systems have a feed of an entity. A test holds this against the models there are. #}
{% macro feeding_systems(entity) %}
    {% set systems = {
        'accounts': [
            'drop_folder', 'salesforce', 'hubspot', 'gainsight', 'churnzero', 'totango', 'zendesk', 'intercom',
            'zipchat', 'delighted', 'segment', 'mixpanel', 'amplitude', 'pendo',
        ],
        'account_references': [
            'drop_folder', 'salesforce', 'hubspot', 'gainsight', 'churnzero', 'totango', 'zendesk', 'intercom',
            'zipchat', 'delighted', 'segment', 'mixpanel', 'amplitude', 'pendo',
        ],
        'users': [
            'drop_folder', 'salesforce', 'hubspot', 'churnzero', 'totango', 'zendesk', 'intercom', 'zipchat',
            'delighted', 'segment', 'mixpanel', 'amplitude', 'pendo',
        ],
        'address_standings': ['salesforce', 'hubspot', 'intercom'],
        'csms': ['drop_folder', 'salesforce', 'hubspot', 'gainsight', 'churnzero', 'totango'],
        'usage_events': ['drop_folder', 'segment', 'mixpanel', 'amplitude', 'pendo'],
        'features': ['drop_folder', 'pendo'],
        'tickets': ['drop_folder', 'salesforce', 'hubspot', 'zendesk', 'intercom'],
        'ai_conversations': ['drop_folder', 'intercom', 'zipchat'],
        'survey_responses': ['drop_folder', 'delighted', 'pendo'],
        'subscriptions': ['drop_folder'],
        'invoices': ['drop_folder'],
        'opportunities': ['drop_folder', 'salesforce', 'hubspot'],
        'csm_activities': ['drop_folder', 'salesforce', 'hubspot'],
        'code_changes': ['drop_folder', 'github', 'gitlab', 'bitbucket', 'git_repository'],
        'external_scores': ['drop_folder', 'salesforce', 'hubspot', 'gainsight', 'churnzero', 'totango'],
        'external_tasks': ['gainsight', 'churnzero'],
    } %}
    {{ return(systems[entity]) }}
{% endmacro %}

{#
    All feeds of an entity, one after the other. A system that was never connected has no feed in the warehouse, and
    costs nothing; one that was disconnected keeps its history.
#}
{% macro union_feeds(entity) %}
    {% set columns = feed_columns(entity) %}
    {% set found = [] %}
    {% for system in feeding_systems(entity) %}
        {% set feed = ref('int_' ~ system ~ '__' ~ entity) %}
        {% if execute and load_relation(feed) is not none %}
            {% do found.append((system, feed)) %}
        {% endif %}
    {% endfor %}
    {% for system, feed in found %}
        select
            '{{ system }}' as system,
            {% for name in columns %}
                {{ name }}{{ ',' if not loop.last }}
            {% endfor %}
        from {{ feed }}
        {{ 'union all' if not loop.last }}
    {% else %}
        select
            cast(null as varchar) as system,
            {% for name, data_type in columns.items() %}
                cast(null as {{ data_type }}) as {{ name }}{{ ',' if not loop.last }}
            {% endfor %}
        where false
    {% endfor %}
{% endmacro %}
