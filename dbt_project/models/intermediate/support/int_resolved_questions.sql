{{ config(materialized='table') }}

with conversations as (
    select * from {{ ref('int_conversations') }}
),

details as (
    select * from {{ ref('int_account_details') }}
),

resolved as (
    select *
    from conversations
    where outcome = 'escalated'
        and resolved_by <> 'ai'
        and account_id is not null
        and resolved_at is not null
        and question is not null
        and resolution is not null
),

-- only what stands in a text: an account may have hundreds of details
found as (
    select
        resolved.conversation_id,
        {{ pattern_of_any('details.detail') }} as pattern
    from resolved
    inner join details
        on resolved.account_id = details.account_id
        and position(lower(details.detail) in lower(concat(resolved.question, ' ', resolved.resolution))) > 0
    group by resolved.conversation_id
),

cleaned as (
    select
        resolved.conversation_id,
        resolved.account_id,
        resolved.resolved_at,
        resolved.sources,
        trim({{ without_account_details('resolved.question', 'found.pattern') }}) as question,
        trim({{ without_account_details('resolved.resolution', 'found.pattern') }}) as resolution
    from resolved
    left join found on resolved.conversation_id = found.conversation_id
)

select
    *,
    {{ hash_key(['conversation_id']) }} as own_candidate_id,
    {{ plain_words('question') }} as words
from cleaned
where {{ plain_words('question') }} <> ''
