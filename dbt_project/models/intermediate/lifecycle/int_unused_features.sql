{{ config(materialized='table') }}

with accounts as (
    select * from {{ ref('int_accounts') }}
),

health as (
    select * from {{ ref('fct_account_health_daily') }}
),

offers as (
    select * from {{ ref('int_feature_offers') }}
),

first_uses as (
    select * from {{ ref('int_feature_first_use') }}
),

adoption_alerts as (
    select * from {{ ref('adoption_alerts') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

-- whoever is long past that day at go-live is looked at in the weeks after it, each account on a day of its own
looked_at as (
    select
        accounts.account_id,
        alerts.valid_from,
        case
            when accounts.started_on + alerts.after_days >= rollout.live_on
                then accounts.started_on + alerts.after_days
            else rollout.live_on + cast(floor(
                    {{ hash_share("concat('adoption', accounts.account_id)") }} * coalesce(alerts.spread_days, 1)
                ) as integer)
        end as looked_at_on
    from accounts
    cross join rollout
    inner join adoption_alerts as alerts
        on alerts.reason = 'never_used'
        and alerts.valid_from = {{ policy_version(
            ref('adoption_alerts'), 'greatest(accounts.started_on, rollout.live_on)'
        ) }}
),

unused as (
    select
        looked_at.account_id,
        looked_at.valid_from,
        looked_at.looked_at_on,
        offers.feature,
        min(offers.title) as title,
        min(offers.tutorial_url) as tutorial_url
    from looked_at
    inner join health
        on looked_at.account_id = health.account_id
        and looked_at.looked_at_on = health.date
    inner join offers
        on looked_at.looked_at_on >= offers.known_from
        and coalesce(offers.plan, health.plan, '') = coalesce(health.plan, '')
    left join first_uses
        on looked_at.account_id = first_uses.account_id
        and offers.feature = first_uses.feature
    where coalesce(first_uses.first_used_on > looked_at.looked_at_on, true)
    group by all
),

-- what most others had taken up by then comes first
popular as (
    select
        unused.account_id,
        unused.feature,
        count(takers.account_id) as takers
    from unused
    left join first_uses as takers
        on unused.feature = takers.feature
        and unused.looked_at_on > takers.first_used_on
    group by unused.account_id, unused.feature
),

placed as (
    select
        unused.*,
        row_number() over (partition by unused.account_id order by -popular.takers, unused.feature) as place
    from unused
    inner join popular
        on unused.account_id = popular.account_id
        and unused.feature = popular.feature
)

select
    placed.account_id,
    placed.feature,
    placed.title,
    placed.tutorial_url,
    placed.looked_at_on + cast((placed.place - 1) * coalesce(alerts.spacing_days, 0) as integer) as due_on,
    own.first_used_on,
    alerts.active_within_days,
    alerts.window_days
from placed
inner join adoption_alerts as alerts
    on placed.valid_from = alerts.valid_from
    and alerts.reason = 'never_used'
left join first_uses as own
    on placed.account_id = own.account_id
    and placed.feature = own.feature
where placed.place <= coalesce(alerts.max_subjects, placed.place)
