with conversations as (
    select * from {{ ref('int_conversations') }}
),

recontacts as (
    select * from {{ ref('int_recontacts') }}
),

stale_answers as (
    select * from {{ ref('int_stale_answers') }}
),

judged as (
    select
        conversations.*,
        recontacts.recontacted_at,
        recontacts.recontacted_on_topic_at,
        case
            when conversations.recontact_scope = 'topic' then recontacts.recontacted_on_topic_at
            else recontacts.recontacted_at
        end is not null as came_back,
        stale_answers.stale_since,
        stale_answers.stale_path,
        case
            when stale_answers.conversation_id is not null
                then coalesce(stale_answers.stale_since <= conversations.answered_at, false)
        end as is_answer_stale
    from conversations
    left join recontacts on conversations.conversation_id = recontacts.conversation_id
    left join stale_answers on conversations.conversation_id = stale_answers.conversation_id
    where conversations.account_id is not null
),

settled as (
    select
        *,
        case
            when outcome is null then 'open'
            when outcome in ('escalated', 'abandoned') then outcome
            when outcome = 'confirmed_resolved' then 'confirmed'
            when came_back then 'came_back'
            when is_window_over then 'silent'
            else 'assumed'
        end as resolution_evidence
    from judged
)

select
    conversation_id,
    system,
    account_id,
    ticket_id,
    started_at,
    first_answer_at,
    {{ dbt.datediff('started_at', 'first_answer_at', 'millisecond') }}
    / 1000.0 as first_response_seconds,
    question,
    answer,
    confidence,
    outcome,
    escalated_at,
    escalation_reason,
    resolved_at,
    resolved_by,
    outcome <> 'escalated' as is_contained,
    outcome in ('confirmed_resolved', 'assumed_resolved') as is_deflected,
    resolution_evidence,
    outcome = 'assumed_resolved' as is_assumed_resolution,
    case when resolution_evidence not in ('open', 'assumed') then resolution_evidence in ('confirmed', 'silent') end
        as is_verified_resolution,
    window_ends_at as recontact_window_ends_at,
    is_window_over as is_recontact_window_over,
    recontacted_at,
    recontacted_on_topic_at,
    is_answer_correct,
    is_answer_stale,
    stale_since,
    stale_path,
    source_snapshot_at
from settled
order by started_at, conversation_id
