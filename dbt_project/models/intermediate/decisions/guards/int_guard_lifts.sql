{{ config(materialized='table') }}

with overrides as (
    select * from {{ ref('overrides') }}
),

guards as (
    select * from {{ ref('guards') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
)

select
    overrides.account_id,
    overrides.play_id,
    overrides.guard_id,
    overrides.from_on as lifted_from,
    overrides.until_on as lifted_through,
    {{ override_words('overrides') }} as lifted_words
from overrides
cross join rollout
inner join guards
    on overrides.guard_id = guards.guard_id
    and guards.valid_from = {{ policy_version(ref('guards'), 'rollout.as_of') }}
where overrides.effect = 'allow'
    and guards.is_liftable
