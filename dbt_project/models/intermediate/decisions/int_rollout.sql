{{ config(materialized='table') }}

with run as (
    select * from {{ ref('int_run') }}
),

builds as (
    select * from {{ ref('stg_tierline__builds') }}
),

rollout as (
    select * from {{ ref('rollout') }}
),

first_build as (
    select min(as_of) as as_of from builds
)

select
    run.as_of,
    run.scored_through,
    -- without a date in policy, automation goes live on the first day Tierline ever ran for
    coalesce(rollout.live_on, first_build.as_of, run.as_of) as live_on,
    rollout.decision_shelf_life_days,
    rollout.sla_clock_hour_utc
from run
cross join first_build
inner join rollout on rollout.valid_from = {{ policy_version(ref('rollout'), 'run.as_of') }}
