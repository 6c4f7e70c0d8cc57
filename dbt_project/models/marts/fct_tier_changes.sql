-- depends_on: {{ ref('int_scoring_scope') }}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    full_refresh=false,
    pre_hook="{{ forget_rescored('changed_on') }}",
) }}

with tiers as (
    select * from {{ ref('int_account_tiers_daily') }}
),

health as (
    select * from {{ ref('fct_account_health_daily') }}
),

scope as (
    select * from {{ ref('int_scoring_scope') }}
),

crossings as (
    select
        tiers.account_id,
        tiers.scored_on as changed_on,
        before.tier as from_tier,
        tiers.tier as to_tier,
        case when tiers.tier_rank > before.tier_rank then 'up' else 'down' end as direction
    from scope
    inner join tiers
        on scope.account_id = tiers.account_id
        and scope.score_from <= tiers.scored_on
        and tiers.scored_on = tiers.tier_since
    inner join tiers as before
        on tiers.account_id = before.account_id
        and tiers.scored_on - 1 = before.scored_on
        and tiers.tier <> before.tier
)

select
    crossings.account_id,
    crossings.changed_on,
    crossings.from_tier,
    crossings.to_tier,
    crossings.direction,
    day_before.score as score_before,
    that_day.score as score_after
from crossings
inner join health as that_day
    on crossings.account_id = that_day.account_id
    and crossings.changed_on = that_day.date
left join health as day_before
    on crossings.account_id = day_before.account_id
    and crossings.changed_on - 1 = day_before.date
order by crossings.changed_on, crossings.account_id
