with recency as (
    select * from {{ ref('int_recency_daily') }}
),

adoption as (
    select * from {{ ref('int_adoption_daily') }}
),

support as (
    select * from {{ ref('int_support_contacts_daily') }}
),

active_users as (
    select * from {{ ref('int_active_users_daily') }}
),

commercials as (
    select * from {{ ref('int_account_commercials_daily') }}
),

nps as (
    select * from {{ ref('int_nps_daily') }}
),

-- who does not tell users apart is measured by its seats; knowing neither, as one user
contact_rates as (
    select
        support.account_id,
        support.scored_on,
        support.weighted_contacts
        / greatest(coalesce(nullif(active_users.active_users, 0), commercials.seats, 1), 1) as contacts_per_user
    from support
    inner join active_users
        on support.account_id = active_users.account_id
        and support.scored_on = active_users.scored_on
    inner join commercials
        on support.account_id = commercials.account_id
        and support.scored_on = commercials.scored_on
),

signals as (
    select account_id, scored_on, 'recency' as signal, cast(days_since_activity as double) as signal_value
    from recency
    union all
    select account_id, scored_on, 'adoption' as signal, cast(adoption_ratio as double) as signal_value
    from adoption
    union all
    select account_id, scored_on, 'support' as signal, cast(contacts_per_user as double) as signal_value
    from contact_rates
    union all
    select account_id, scored_on, 'nps' as signal, cast(nps_average as double) as signal_value
    from nps
)

select
    account_id,
    scored_on,
    signal,
    signal_value
from signals
