with conversations as (
    select * from {{ ref('fct_ai_conversations') }}
),

reviews as (
    select * from {{ ref('int_knowledge_reviews') }}
),

rules as (
    select * from {{ ref('support_rules') }}
),

run as (
    select * from {{ ref('int_run') }}
),

-- asked again since the AI tier could know the answer
asked_again as (
    select
        reviews.candidate_id,
        conversations.outcome,
        conversations.is_verified_resolution
    from reviews
    cross join run
    inner join rules on rules.valid_from = {{ policy_version(ref('support_rules'), 'run.as_of') }}
    inner join conversations
        on reviews.exported_at < conversations.started_at
        and {{ text_similarity('reviews.approved_question', 'conversations.question') }} >= rules.reuse_similarity
    where reviews.verdict = 'approved'
)

select
    candidate_id,
    count(*) as asked_since_export,
    count(case when outcome in ('confirmed_resolved', 'assumed_resolved') then 1 end) as answered_since_export,
    count(case when is_verified_resolution then 1 end) as verified_since_export
from asked_again
group by candidate_id
