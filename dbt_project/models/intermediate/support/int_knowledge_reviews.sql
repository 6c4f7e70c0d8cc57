with events as (
    select * from {{ ref('stg_ledger__knowledge_events') }}
),

clusters as (
    select * from {{ ref('int_question_clusters') }}
),

-- a candidate that turned out to be an older one's duplicate takes its review along
events_by_candidate as (
    select
        events.*,
        coalesce(clusters.candidate_id, events.candidate_id) as standing_candidate_id
    from events
    left join clusters on events.candidate_id = clusters.own_candidate_id
)

select
    standing_candidate_id as candidate_id,
    max_by(verdict, event_id) filter (where verdict <> 'exported') as verdict,
    max_by(changed_by, event_id) filter (where verdict <> 'exported') as reviewed_by,
    max(changed_at) filter (where verdict <> 'exported') as reviewed_at,
    max_by(why, event_id) filter (where verdict <> 'exported') as review_reason,
    max_by(question, event_id) filter (where verdict = 'approved') as approved_question,
    max_by(answer, event_id) filter (where verdict = 'approved') as approved_answer,
    min(changed_at) filter (where verdict = 'exported') as exported_at
from events_by_candidate
group by standing_candidate_id
