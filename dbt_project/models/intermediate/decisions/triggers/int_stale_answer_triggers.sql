with conversations as (
    select * from {{ ref('int_conversations') }}
),

stale_answers as (
    select * from {{ ref('int_stale_answers') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

rules as (
    select * from {{ ref('support_rules') }}
),

-- what was handed to a person is corrected by that person
answers as (
    select
        conversations.*,
        stale_answers.stale_path,
        stale_answers.stale_since,
        cast(conversations.answered_at as date) as answered_on,
        row_number() over (
            partition by conversations.account_id, stale_answers.stale_path, stale_answers.stale_since
            order by conversations.answered_at, conversations.conversation_id
        ) as place
    from conversations
    inner join stale_answers on conversations.conversation_id = stale_answers.conversation_id
    where stale_answers.stale_since <= conversations.answered_at
        and conversations.account_id is not null
        and conversations.outcome is distinct from 'escalated'
),

episodes as (
    select
        answers.account_id,
        answers.stale_path,
        answers.stale_since,
        min(answers.answered_on) as started_on,
        max(least(answers.answered_on + rules.stale_alert_window_days - 1, rollout.as_of)) as lasted_through
    from answers
    cross join rollout
    inner join rules
        on rules.valid_from = {{ policy_version(ref('support_rules'), 'answers.answered_on') }}
    group by answers.account_id, answers.stale_path, answers.stale_since
)

select
    episodes.account_id,
    'stale_answer' as trigger_kind,
    cast(null as varchar) as trigger_key,
    episodes.stale_path as subject,
    episodes.started_on,
    episodes.lasted_through,
    concat(
        'The AI tier answered from a reading of ', episodes.stale_path, ' that was out of date: it had changed on ',
        cast(cast(episodes.stale_since as date) as varchar)
    ) as trigger_words,
    {{ json_object({
        'question': 'answers.question',
        'attempted_answer': 'answers.answer',
        'asked_by': 'answers.email',
        'answered_at': 'answers.answered_at',
        'stale_path': 'episodes.stale_path',
        'stale_since': 'episodes.stale_since',
    }) }} as trigger_facts
from episodes
inner join answers
    on episodes.account_id = answers.account_id
    and episodes.stale_path = answers.stale_path
    and episodes.stale_since = answers.stale_since
    and answers.place = 1
