with diverging as (
    select * from {{ ref('int_divergences_daily') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

divergences as (
    select
        *,
        date - cast(row_number() over (partition by account_id, signal order by date) as integer) as run_of_days
    from diverging
),

episodes as (
    select
        account_id,
        signal,
        min(date) as started_on,
        max(date) as lasted_through,
        min_by(evidence, date) as evidence
    from divergences
    group by account_id, signal, run_of_days
)

select
    episodes.account_id,
    'judgements_diverge' as trigger_kind,
    episodes.signal as trigger_key,
    cast(null as varchar) as subject,
    episodes.started_on,
    episodes.lasted_through,
    episodes.evidence as trigger_words,
    {{ json_object({'divergence': 'episodes.evidence'}) }} as trigger_facts
from episodes
cross join rollout
where episodes.lasted_through >= rollout.live_on
