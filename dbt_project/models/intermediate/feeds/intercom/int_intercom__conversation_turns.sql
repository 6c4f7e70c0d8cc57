with parts as (
    select * from {{ ref('stg_intercom__conversation_parts') }}
),

kinds as (
    select
        conversation_id,
        created_at,
        body,
        author_id,
        row_number() over (partition by conversation_id order by created_at, part_id) as place,
        author_type = 'bot' as is_by_bot,
        author_type in ('user', 'lead', 'contact') as is_by_customer,
        part_type = 'close' as is_close,
        part_type = 'open' as is_open,
        part_type like '%assignment' or part_type = 'assign_and_reopen' as is_assignment,
        part_type = 'note' as is_note,
        -- what the customer can read; notes stay inside
        part_type in ('comment', 'open', 'close') and body is not null as is_said,
        author_type = 'admin' and not is_from_ai_agent as is_by_human,
        author_type = 'bot' and is_ai_answer as is_answer
    from parts
),

firsts as (
    select
        conversation_id,
        min(created_at) filter (where is_said and is_answer) as first_ai_answer_at,
        min(created_at) filter (where is_said and is_by_human) as first_human_reply_at,
        min(created_at) filter (where is_close) as first_close_at,
        max(created_at) filter (where is_close) as last_close_at,
        min_by(author_id, place) filter (where is_said and is_by_human) as first_human_id,
        max_by(body, place) filter (where is_said and is_by_human) as last_human_words,
        max_by(body, place) filter (where is_said and is_answer) as last_ai_answer,
        min_by(body, place) filter (where is_said and is_by_customer) as first_customer_words,
        min(created_at) filter (where is_said and is_by_customer) as first_customer_words_at,
        max_by(is_by_human, place) filter (where is_close) as is_closed_by_human
    from kinds
    group by conversation_id
),

afterwards as (
    select
        kinds.conversation_id,
        min(kinds.created_at) filter (
            where kinds.created_at > firsts.first_close_at
            and (kinds.is_open or (kinds.is_said and kinds.is_by_customer))
        ) as reopened_at,
        min(kinds.created_at) filter (
            where kinds.created_at >= firsts.first_ai_answer_at
            and (kinds.is_assignment or (kinds.is_note and kinds.is_by_bot))
        ) as handed_over_at,
        min_by(kinds.body, kinds.place) filter (
            where kinds.created_at >= firsts.first_ai_answer_at and kinds.is_note and kinds.is_by_bot
        ) as hand_over_note
    from kinds
    inner join firsts using (conversation_id)
    group by kinds.conversation_id
)

select
    firsts.conversation_id,
    firsts.first_ai_answer_at,
    firsts.first_human_reply_at,
    firsts.first_human_id,
    firsts.first_customer_words,
    firsts.first_customer_words_at,
    firsts.last_ai_answer,
    firsts.last_human_words,
    firsts.first_close_at,
    firsts.last_close_at,
    firsts.is_closed_by_human,
    afterwards.reopened_at,
    afterwards.handed_over_at,
    nullif(regexp_replace(afterwards.hand_over_note, '^\s*[Ee]scalated\s*:\s*', ''), '') as hand_over_reason
from firsts
inner join afterwards using (conversation_id)
