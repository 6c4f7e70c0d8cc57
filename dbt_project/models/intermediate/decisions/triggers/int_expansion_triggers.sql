{{ config(materialized='table') }}

with expansion_days as (
    select * from {{ ref('int_expansion_days') }}
    where needs_seats or has_outgrown_plan
),

-- days in a row share what is left when their place is taken off
numbered as (
    select
        *,
        date - cast(row_number() over (partition by account_id order by date) as integer) as episode
    from expansion_days
),

episodes as (
    select
        account_id,
        episode,
        min(date) as started_on,
        max(date) as lasted_through
    from numbered
    group by account_id, episode
),

described as (
    select
        episodes.account_id,
        episodes.started_on,
        episodes.lasted_through,
        first_days.* exclude (account_id, date, episode),
        case when first_days.needs_seats then 'seats' else 'plan' end as headroom
    from episodes
    inner join numbered as first_days
        on episodes.account_id = first_days.account_id
        and episodes.started_on = first_days.date
)

select
    account_id,
    'expansion_ready' as trigger_kind,
    cast(null as varchar) as trigger_key,
    cast(null as varchar) as subject,
    started_on,
    lasted_through,
    case
        when headroom = 'seats'
            then concat(
                    'Healthy, and ', cast(active_users as varchar), ' people were active on ',
                    cast(seats as varchar), ' seats lately'
                )
        else concat(
                'Healthy, uses ', cast(features_used as varchar), ' of the ', cast(features_available as varchar),
                ' key features of its plan; the next plan, ', next_plan, ', adds ', new_feature_titles
            )
    end as trigger_words,
    {{ json_object({
        'headroom': 'headroom',
        'seats': 'seats',
        'active_users': 'active_users',
        'next_plan': 'next_plan',
        'new_features': 'new_features',
        'new_feature_titles': 'new_feature_titles',
    }) }} as trigger_facts
from described
