with contacts_with_support as (
    select * from {{ ref('int_intercom__contacts_with_support') }}
),

outcomes as (
    {{ vocabulary('intercom', 'ai_outcome') }}
),

judged as (
    select
        asked.*,
        case
            when outcomes.value is not null then outcomes.value
            -- the AI agent took part and gave no answer; a person did
            when asked.first_human_reply_at is not null then 'escalated'
        end as outcome
    from contacts_with_support as asked
    left join outcomes on asked.ai_agent_resolution_state = outcomes.source_value
    where asked.has_ai_agent
)

select
    conversation_id as record_id,
    company_id as account_record_id,
    contact_id as user_record_id,
    email,
    asked_at as started_at,
    first_ai_answer_at as first_answer_at,
    question,
    last_ai_answer as answer,
    cast(null as double) as confidence,
    ai_agent_sources as sources,
    cast(null as timestamp) as source_snapshot_at,
    outcome,
    case when outcome = 'escalated' then coalesce(handed_over_at, first_human_reply_at) end as escalated_at,
    case when outcome = 'escalated' then hand_over_reason end as escalation_reason,
    -- the same conversation, as a contact with support
    conversation_id as ticket_record_id,
    case when outcome <> 'abandoned' then closed_at end as resolved_at,
    case
        when closed_at is null or outcome = 'abandoned' then null
        when outcome = 'escalated' then handled_by
        else 'ai'
    end as resolved_by,
    case when outcome = 'escalated' and closed_at is not null then last_human_words end as resolution,
    cast(null as boolean) as is_answer_correct
from judged
