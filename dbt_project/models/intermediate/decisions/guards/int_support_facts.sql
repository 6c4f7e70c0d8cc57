with tickets as (
    select * from {{ ref('int_tickets') }}
),

ai_conversations as (
    select * from {{ ref('int_ai_conversations') }}
),

guards as (
    select * from {{ ref('guards') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

-- one that was reopened after it was solved is open again
dated_tickets as (
    select
        *,
        case when reopened_at > solved_at then null else cast(solved_at as date) end as solved_on
    from tickets
    where account_id is not null
        and (solved_at is not null or coalesce(status, '') not in ('solved', 'closed'))
),

open_cases as (
    select
        account_id,
        'open_critical_ticket' as fact,
        cast(created_at as date) as opened_on,
        solved_on as closed_on,
        concat('ticket ', ticket_id) as evidence
    from dated_tickets
    where priority in ('urgent', 'critical')

    union all

    select
        account_id,
        'open_escalation' as fact,
        cast(created_at as date) as opened_on,
        solved_on as closed_on,
        concat('ticket ', ticket_id) as evidence
    from dated_tickets
    where is_escalated

    union all

    select
        ai_conversations.account_id,
        'open_escalation' as fact,
        cast(ai_conversations.escalated_at as date) as opened_on,
        coalesce(cast(ai_conversations.resolved_at as date), min(dated_tickets.solved_on)) as closed_on,
        concat('conversation ', ai_conversations.conversation_id) as evidence
    from ai_conversations
    left join dated_tickets
        on ai_conversations.account_id = dated_tickets.account_id
        and ai_conversations.ticket_record_id = dated_tickets.record_id
    where ai_conversations.account_id is not null
        and ai_conversations.escalated_at is not null
    group by
        ai_conversations.account_id,
        ai_conversations.conversation_id,
        ai_conversations.escalated_at,
        ai_conversations.resolved_at
)

-- what nobody closed for that long is believed forgotten, not open
select
    open_cases.account_id,
    open_cases.fact,
    '*' as play_id,
    open_cases.opened_on as true_from,
    least(open_cases.closed_on - 1, open_cases.opened_on + guards.limit_value, rollout.as_of) as true_through,
    open_cases.evidence
from open_cases
cross join rollout
inner join guards
    on open_cases.fact = guards.fact
    and guards.valid_from = {{ policy_version(ref('guards'), 'rollout.as_of') }}
where least(open_cases.closed_on - 1, open_cases.opened_on + guards.limit_value, rollout.as_of)
    >= greatest(open_cases.opened_on, rollout.live_on)
