with led as (
    select * from {{ ref('int_led_accounts') }}
),

health as (
    select * from {{ ref('fct_account_health_daily') }}
),

crossings as (
    select * from {{ ref('fct_tier_changes') }}
),

sla as (
    select * from {{ ref('fct_sla') }}
),

run as (
    select * from {{ ref('int_run') }}
),

tiers as (
    select
        led.leader_id,
        health.tier,
        count(case when health.date = run.as_of then 1 end) as now,
        count(case when health.date = run.as_of - 7 then 1 end) as before
    from led
    inner join health on led.account_id = health.account_id
    cross join run
    where health.date in (run.as_of, run.as_of - 7)
    group by led.leader_id, health.tier
),

crossed as (
    select
        led.leader_id,
        count(case when crossings.direction = 'down' then 1 end) as down,
        count(case when crossings.direction = 'up' then 1 end) as up
    from led
    inner join crossings on led.account_id = crossings.account_id
    cross join run
    where crossings.changed_on between run.as_of - 6 and run.as_of
    group by led.leader_id
),

answers as (
    select
        led.leader_id,
        count(case when sla.due_at >= cast(run.as_of - 6 as timestamp) and sla.status <> 'open' then 1 end) as due,
        count(
            case
                when sla.due_at >= cast(run.as_of - 6 as timestamp) and sla.status <> 'open' and not sla.is_breached
                    then 1
            end
        ) as met,
        count(case when sla.status = 'overdue' then 1 end) as overdue
    from led
    inner join sla on led.account_id = sla.account_id
    cross join run
    group by led.leader_id
)

select
    leader_id,
    1 as place,
    tier as key,
    concat(
        'Accounts ', replace(tier, '_', ' '), ': ', cast(now as varchar), ' (',
        cast(before as varchar), ' a week ago)'
    ) as line,
    cast(null as varchar) as asks
from tiers

union all

select
    leader_id,
    2 as place,
    '' as key,
    concat('Tier crossings: ', cast(down as varchar), ' down, ', cast(up as varchar), ' up') as line,
    cast(null as varchar) as asks
from crossed

union all

select
    leader_id,
    3 as place,
    '' as key,
    concat(
        'Alerts answered in time: ', cast(met as varchar), ' of ', cast(due as varchar),
        ' that were due or answered; ',
        cast(overdue as varchar), ' still overdue'
    ) as line,
    case when overdue > 0 then 'overdue' end as asks
from answers
