with opportunities as (
    select * from {{ ref('int_salesforce__opportunities') }}
),

history as (
    select * from {{ ref('stg_salesforce__opportunity_history') }}
),

stages as (
    select
        opportunities.account_record_id,
        history.stage_name,
        history.changed_at,
        -- the history also has changes of amount and date
        lag(history.stage_name) over (
            partition by history.opportunity_id
            order by history.changed_at, history.change_id
        ) as previous_stage_name
    from history
    inner join opportunities on history.opportunity_id = opportunities.record_id
    where opportunities.kind = 'renewal'
        and opportunities.account_record_id is not null
        and history.stage_name is not null
)

-- how its CSM calls the renewal: a stage that is no call ends what was called before
select
    account_record_id,
    'renewal_stage' as measure,
    cast(null as double) as score,
    stage_name as label,
    changed_at as recorded_at
from stages
where stage_name is distinct from previous_stage_name
