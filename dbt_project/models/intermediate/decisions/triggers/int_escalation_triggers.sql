with conversations as (
    select * from {{ ref('int_conversations') }}
),

stale_answers as (
    select * from {{ ref('int_stale_answers') }}
),

tickets as (
    select * from {{ ref('int_tickets') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

rules as (
    select * from {{ ref('support_rules') }}
),

escalations as (
    select
        conversations.*,
        cast(conversations.escalated_at as date) as started_on,
        -- over with the day on which it is resolved; policy says when nobody expects that any more
        least(
            coalesce(cast(conversations.resolved_at as date) - 1, rollout.as_of),
            cast(conversations.escalated_at as date) + rules.handover_window_days - 1,
            rollout.as_of
        ) as lasted_through,
        case when stale_answers.stale_since <= conversations.answered_at then stale_answers.stale_path end as stale_path
    from conversations
    cross join rollout
    inner join rules
        on rules.valid_from = {{ policy_version(ref('support_rules'), 'cast(conversations.escalated_at as date)') }}
    left join stale_answers on conversations.conversation_id = stale_answers.conversation_id
    where conversations.escalated_at is not null
        and conversations.account_id is not null
),

open_tickets as (
    select
        escalations.conversation_id,
        count(tickets.ticket_id) as open_tickets
    from escalations
    inner join tickets
        on escalations.account_id = tickets.account_id
        and escalations.started_on + 1 > tickets.created_at
        and escalations.started_on + 1 <= coalesce(tickets.solved_at, timestamp '9999-12-31')
    group by escalations.conversation_id
)

select
    escalations.account_id,
    'conversation_escalated' as trigger_kind,
    cast(null as varchar) as trigger_key,
    escalations.conversation_id as subject,
    escalations.started_on,
    escalations.lasted_through,
    concat(
        'The AI tier handed a question over to a person', coalesce(' (' || escalations.escalation_reason || ')', ''),
        ' and nobody has resolved it yet'
    ) as trigger_words,
    {{ json_object({
        'question': 'escalations.question',
        'attempted_answer': 'escalations.answer',
        'escalation_reason': 'escalations.escalation_reason',
        'escalated_at': 'escalations.escalated_at',
        'cited_sources': 'escalations.sources',
        'stale_path': 'escalations.stale_path',
        'asked_by': 'escalations.email',
        'open_tickets': 'coalesce(open_tickets.open_tickets, 0)',
    }) }} as trigger_facts
from escalations
left join open_tickets on escalations.conversation_id = open_tickets.conversation_id
where escalations.lasted_through >= escalations.started_on
