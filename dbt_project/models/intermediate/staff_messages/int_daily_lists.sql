{{ config(materialized='table') }}

with csms as (
    select * from {{ ref('int_csms') }}
),

alerts as (
    select * from {{ ref('fct_sla') }}
),

accounts as (
    select * from {{ ref('dim_accounts') }}
),

health as (
    select * from {{ ref('fct_account_health_daily') }}
),

renewals as (
    select * from {{ ref('int_renewals') }}
),

deliveries as (
    select * from {{ ref('stg_ledger__deliveries') }}
),

run as (
    select * from {{ ref('int_run') }}
),

rules as (
    select staff_messages.*
    from {{ ref('staff_messages') }} as staff_messages
    cross join run
    where staff_messages.play_id = 'csm_daily_list'
        and staff_messages.valid_from = {{ policy_version(ref('staff_messages'), 'run.as_of') }}
),

entries as (
    -- what is late stands first, then what is due first
    select
        accounts.csm_id,
        1 as kind_rank,
        alerts.due_at as ordered_by,
        concat(
            case when alerts.status = 'overdue' then 'Overdue since ' else 'Answer by ' end,
            left(cast(alerts.due_at as varchar), 16), ' UTC: ', accounts.name, ', ', replace(alerts.play_id, '_', ' ')
        ) as line
    from alerts
    inner join accounts on alerts.account_id = accounts.account_id
    where alerts.status in ('overdue', 'open')

    union all

    select
        accounts.csm_id,
        2 as kind_rank,
        deliveries.expires_at as ordered_by,
        concat(
            'Waits for your approval',
            coalesce(' until ' || left(cast(deliveries.expires_at as varchar), 16) || ' UTC', ''),
            ': ', accounts.name, ', ', replace(deliveries.play_id, '_', ' ')
        ) as line
    from deliveries
    inner join accounts on deliveries.account_id = accounts.account_id
    cross join run
    where deliveries.state = 'awaiting_approval'
        and coalesce(deliveries.expires_at, timestamp '9999-12-31') > cast(run.as_of + 1 as timestamp)

    union all

    select
        accounts.csm_id,
        3 as kind_rank,
        cast(renewals.renewal_on as timestamp) as ordered_by,
        concat('Renews on ', cast(renewals.renewal_on as varchar), ': ', accounts.name) as line
    from renewals
    inner join accounts on renewals.account_id = accounts.account_id
    cross join run
    where accounts.is_active
        and renewals.renewal_on between run.as_of + 1 and run.as_of + 7

    union all

    select
        accounts.csm_id,
        4 as kind_rank,
        cast(null as timestamp) as ordered_by,
        concat('Score unknown, nothing from ', health.stale_feeds, ': ', accounts.name) as line
    from health
    inner join accounts on health.account_id = accounts.account_id
    cross join run
    where health.date = run.as_of
        and accounts.is_active
        and health.stale_feeds is not null
),

ranked as (
    select
        *,
        row_number() over (partition by csm_id order by kind_rank, ordered_by, line) as place
    from entries
)

select
    csms.csm_id,
    count(case when ranked.kind_rank = 1 then 1 end) as open_alerts,
    count(ranked.line) as entries,
    max(rules.max_lines) as max_lines,
    greatest(count(ranked.line) - max(rules.max_lines), 0) as entries_left_out,
    coalesce(
        array_agg(ranked.line order by ranked.place) filter (where ranked.place <= rules.max_lines),
        cast([] as varchar[])
    ) as lines
from csms
cross join rules
left join ranked on csms.csm_id = ranked.csm_id
group by csms.csm_id
