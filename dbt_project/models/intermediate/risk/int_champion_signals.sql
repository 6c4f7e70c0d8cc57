with risk_days as (
    select * from {{ ref('int_risk_days') }}
),

rules as (
    select * from {{ ref('int_churn_signal_rules') }}
),

activity as (
    select * from {{ ref('int_champion_activity_daily') }}
),

lead_users as (
    select * from {{ ref('int_lead_user_activity_daily') }}
),

-- one of several champions who is still there and at work is enough
champions as (
    select
        account_id,
        scored_on,
        bool_or(left_on is null) as has_champion,
        max(left_on) as left_on,
        max_by(name, (left_on, name)) filter (where left_on is not null) as gone_name,
        max_by(name, (last_used_on, name)) filter (where left_on is null and last_used_on is not null) as name,
        max(last_used_on) filter (where left_on is null) as last_used_on,
        max(used_days) filter (where left_on is null) as used_days
    from activity
    group by account_id, scored_on
),

-- few systems say who the champion is; whoever worked most is one without the title
persons as (
    select
        account_id,
        scored_on,
        'champion' as kind,
        case when not has_champion then left_on end as left_on,
        case when has_champion then name else gone_name end as name,
        last_used_on,
        used_days
    from champions

    union all

    select
        account_id,
        scored_on,
        'lead_user' as kind,
        left_on,
        name,
        last_used_on,
        used_days
    from lead_users
),

dated as (
    select
        persons.*,
        risk_days.segment,
        risk_days.churn_signals_from,
        risk_days.stale_feeds
    from persons
    inner join risk_days
        on persons.account_id = risk_days.account_id
        and persons.scored_on = risk_days.scored_on
),

measured as (
    select
        *,
        concat(kind, '_left') as signal,
        scored_on - left_on as value,
        cast(null as bigint) as volume
    from dated
    where left_on is not null

    union all

    select
        *,
        concat(kind, '_silent') as signal,
        scored_on - last_used_on as value,
        used_days as volume
    from dated
    where left_on is null and stale_feeds is null
),

past as (
    {{ past_bounds('measured') }}
)

select
    {{ flag_columns() }},
    case
        when left_on is not null
            then concat(
                    words,
                    ': ',
                    name,
                    ' is gone since ',
                    cast(left_on as varchar),
                    ', ',
                    {{ told('value') }},
                    ' days ago'
                )
        else concat(
                words, ': ', name, ' was last seen on ', cast(last_used_on as varchar), ', ', {{ told('value') }},
                ' days ago, after ', cast(used_days as varchar), ' active days'
            )
    end as evidence
from past
