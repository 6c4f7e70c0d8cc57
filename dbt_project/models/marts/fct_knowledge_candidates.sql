with questions as (
    select * from {{ ref('int_resolved_questions') }}
),

clusters as (
    select * from {{ ref('int_question_clusters') }}
),

reviews as (
    select * from {{ ref('int_knowledge_reviews') }}
),

reuse as (
    select * from {{ ref('int_knowledge_reuse') }}
),

-- question, answer and sources are of one conversation, the last: what stood in two never belonged together
candidates as (
    select
        clusters.candidate_id,
        max_by(questions.question, (questions.resolved_at, questions.conversation_id)) as question,
        max_by(questions.resolution, (questions.resolved_at, questions.conversation_id)) as resolution,
        max_by(questions.sources, (questions.resolved_at, questions.conversation_id)) as sources,
        min_by(questions.conversation_id, (questions.resolved_at, questions.conversation_id)) as first_conversation_id,
        count(*) as conversations,
        count(distinct questions.words) as wordings,
        count(distinct questions.account_id) as accounts,
        min(questions.resolved_at) as first_resolved_at,
        max(questions.resolved_at) as last_resolved_at
    from questions
    inner join clusters on questions.conversation_id = clusters.conversation_id
    group by clusters.candidate_id
)

select
    candidates.candidate_id,
    case
        when reviews.verdict = 'rejected' then 'rejected'
        when reviews.verdict = 'approved' and reviews.exported_at is not null then 'exported'
        when reviews.verdict = 'approved' then 'approved'
        else 'waiting'
    end as state,
    candidates.question,
    candidates.resolution,
    candidates.sources,
    candidates.first_conversation_id,
    candidates.conversations,
    candidates.wordings,
    candidates.accounts,
    candidates.first_resolved_at,
    candidates.last_resolved_at,
    reviews.reviewed_by,
    reviews.reviewed_at,
    reviews.review_reason,
    reviews.approved_question,
    reviews.approved_answer,
    reviews.exported_at,
    coalesce(reuse.asked_since_export, 0) as asked_since_export,
    coalesce(reuse.answered_since_export, 0) as answered_since_export,
    coalesce(reuse.verified_since_export, 0) as verified_since_export
from candidates
left join reviews on candidates.candidate_id = reviews.candidate_id
left join reuse on candidates.candidate_id = reuse.candidate_id
order by candidates.first_resolved_at, candidates.candidate_id
