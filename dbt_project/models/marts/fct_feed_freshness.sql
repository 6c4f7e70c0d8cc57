with usage_feeds as (
    select * from {{ ref('int_usage_feeds_daily') }}
),

usage_channels as (
    select * from {{ ref('int_usage_channels_daily') }}
),

arrivals as (
    select * from {{ ref('int_table_arrivals') }}
),

runs as (
    select * from {{ ref('stg_tierline__runs') }}
),

health as (
    select * from {{ ref('fct_account_health_daily') }}
),

run as (
    select * from {{ ref('int_run') }}
),

looks as (
    select max(started_at) as looked_at from runs
),

-- a load is judged when the run looked; a file beside the day scored: an old export is no older than its days
aged as (
    select
        arrivals.*,
        run.as_of,
        case
            when arrivals.measure = 'newest_file' then least(looks.looked_at, cast(run.as_of + 1 as timestamp))
            else looks.looked_at
        end as looked_at
    from arrivals
    cross join run
    cross join looks
),

{{ freshness_rule('aged', 'aged.measure', 'aged.as_of') }},

feeds as (
    select
        usage_feeds.system,
        'usage_events' as table_name,
        cast(null as varchar) as channel,
        'newest_event' as measure,
        cast(null as timestamp) as last_loaded_at,
        cast(null as timestamp) as newest_file_at,
        usage_feeds.last_event_on,
        cast(usage_feeds.age_hours as double) as age_hours,
        usage_feeds.expected_within_hours,
        usage_feeds.is_stale,
        usage_feeds.owner_email,
        usage_feeds.owner_slack
    from usage_feeds
    inner join run on usage_feeds.day = run.as_of
    where usage_feeds.is_connected

    union all

    select
        usage_channels.system,
        'usage_events' as table_name,
        usage_channels.channel,
        'newest_event' as measure,
        cast(null as timestamp) as last_loaded_at,
        cast(null as timestamp) as newest_file_at,
        usage_channels.last_event_on,
        cast(usage_channels.age_hours as double) as age_hours,
        usage_channels.expected_within_hours,
        usage_channels.is_stale,
        usage_channels.owner_email,
        usage_channels.owner_slack
    from usage_channels
    inner join run on usage_channels.day = run.as_of
    where usage_channels.is_connected

    union all

    select
        system,
        table_name,
        cast(null as varchar) as channel,
        measure,
        case when measure = 'last_load' then arrived_at end as last_loaded_at,
        case when measure = 'newest_file' then arrived_at end as newest_file_at,
        cast(null as date) as last_event_on,
        greatest({{ minutes_between('arrived_at', 'looked_at') }} / 60.0, 0) as age_hours,
        expected_within_hours,
        coalesce({{ minutes_between('arrived_at', 'looked_at') }} / 60.0 > expected_within_hours, false)
            as is_stale,
        owner_email,
        owner_slack
    from ruled
),

stale_accounts as (
    select
        feeds.system,
        feeds.channel,
        count(*) as accounts
    from health
    inner join run on health.date = run.as_of
    inner join feeds
        on feeds.measure = 'newest_event'
        and contains(health.stale_feeds, concat_ws(' ', feeds.system, feeds.channel, 'since'))
    group by feeds.system, feeds.channel
)

select
    feeds.system,
    feeds.table_name,
    feeds.channel,
    feeds.measure,
    feeds.last_loaded_at,
    feeds.newest_file_at,
    feeds.last_event_on,
    round(feeds.age_hours, 1) as age_hours,
    feeds.expected_within_hours,
    feeds.is_stale,
    coalesce(stale_accounts.accounts, 0) as accounts_affected,
    feeds.owner_email,
    feeds.owner_slack
from feeds
left join stale_accounts
    on feeds.measure = 'newest_event'
    and feeds.system = stale_accounts.system
    and coalesce(feeds.channel, '') = coalesce(stale_accounts.channel, '')
order by feeds.system, feeds.table_name, feeds.channel, feeds.measure
