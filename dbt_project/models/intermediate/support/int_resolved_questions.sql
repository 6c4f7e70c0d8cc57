{{ config(materialized='table') }}

with conversations as (
    select * from {{ ref('int_conversations') }}
),

details as (
    select * from {{ ref('int_account_details') }}
),

resolved as (
    select
        conversations.conversation_id,
        conversations.account_id,
        conversations.escalated_at,
        conversations.escalation_reason,
        conversations.resolved_at,
        conversations.sources,
        trim({{ without_account_details('conversations.question', 'details.pattern') }}) as question,
        trim({{ without_account_details('conversations.resolution', 'details.pattern') }}) as resolution
    from conversations
    inner join details on conversations.account_id = details.account_id
    where conversations.outcome = 'escalated'
        and conversations.resolved_by <> 'ai'
        and conversations.resolved_at is not null
        and conversations.question is not null
        and conversations.resolution is not null
)

select
    *,
    {{ hash_key(['conversation_id']) }} as own_candidate_id,
    {{ plain_words('question') }} as words
from resolved
where {{ plain_words('question') }} <> ''
