with messages as (
    select * from {{ ref('stg_zipchat__messages') }}
),

conversations as (
    select * from {{ ref('stg_zipchat__conversations') }}
),

kinds as (
    select
        messages.*,
        row_number() over (
            partition by messages.conversation_id
            order by messages.created_at, length(messages.message_id), messages.message_id
        ) as place,
        messages.role = 'user' as is_by_customer,
        -- what the AI says when it hands over is no answer
        messages.role = 'assistant' and not messages.is_by_human
        and (conversations.escalated_at is null or messages.created_at < conversations.escalated_at) as is_answer,
        messages.role = 'assistant' and not messages.is_by_human
        and messages.created_at >= conversations.escalated_at as is_after_hand_over
    from messages
    inner join conversations on messages.conversation_id = conversations.conversation_id
    where messages.body is not null
)

select
    conversation_id,
    min_by(body, place) filter (where is_by_customer) as question,
    min(created_at) filter (where is_answer) as first_answer_at,
    max_by(body, place) filter (where is_answer) as last_ai_answer,
    max_by(sources, place) filter (where is_answer) as sources,
    max_by(source_snapshot_at, place) filter (where is_answer) as source_snapshot_at,
    nullif(
        regexp_extract(min_by(body, place) filter (where is_after_hand_over), '\(([^()]+)\)', 1), ''
    ) as hand_over_reason,
    min(created_at) filter (where is_by_human) as first_human_reply_at,
    max(created_at) filter (where is_by_human) as last_human_reply_at,
    max_by(body, place) filter (where is_by_human) as last_human_words,
    max_by(body, place) filter (where is_by_customer) as last_customer_words,
    max_by(is_by_customer, place) as is_last_word_the_customers
from kinds
group by conversation_id
