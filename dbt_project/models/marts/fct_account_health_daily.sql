-- depends_on: {{ ref('int_scoring_scope') }}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    full_refresh=false,
    pre_hook="{{ forget_rescored('date') }}",
) }}

with scores as (
    select * from {{ ref('int_health_scores') }}
),

account_days as (
    select * from {{ ref('int_account_days') }}
),

commercials as (
    select * from {{ ref('int_account_commercials_daily') }}
),

usage_types as (
    select * from {{ ref('int_account_usage_types_daily') }}
),

recency as (
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

identity_moves as (
    select * from {{ ref('int_identity_moves') }}
),

signal_weights as (
    select * from {{ ref('signal_weights') }}
),

-- in one text, so that two are the same or not
weighings as (
    select
        valid_from,
        segment,
        usage_type,
        string_agg(concat(signal, ' ', weight), ', ' order by signal) as weighing
    from signal_weights
    group by valid_from, segment, usage_type
),

recent_moves as (
    select
        account_days.account_id,
        account_days.scored_on,
        max_by(identity_moves.words, identity_moves.moved_on) as identity_moves
    from account_days
    inner join identity_moves
        on account_days.account_id = identity_moves.account_id
        and identity_moves.moved_on between account_days.scored_on - 6 and account_days.scored_on
    group by account_days.account_id, account_days.scored_on
),

-- by day and account, so that readers of one day or month touch few blocks
scored as (
    select
        scores.account_id,
        scores.scored_on as date,
        scores.score,
        scores.tier,
        scores.coverage,
        scores.recency_score,
        scores.adoption_score,
        scores.support_score,
        scores.nps_score,
        scores.biggest_drag,
        scores.stale_feeds,
        recent_moves.identity_moves,
        account_days.age_days < account_days.provisional_days as is_provisional,
        account_days.policy_valid_from,
        account_days.signal_weights_from,
        commercials.segment,
        usage_types.usage_type,
        commercials.plan,
        commercials.arr_usd,
        recency.days_since_activity,
        usage_types.active_channels,
        adoption.features_used,
        adoption.features_available,
        support.tickets as recent_tickets,
        support.escalated_tickets as recent_escalated_tickets,
        cast(commercials.seats as bigint) as seats,
        active_users.active_users
    from scores
    inner join account_days using (account_id, scored_on)
    inner join commercials using (account_id, scored_on)
    inner join usage_types using (account_id, scored_on)
    inner join recency using (account_id, scored_on)
    inner join adoption using (account_id, scored_on)
    inner join support using (account_id, scored_on)
    left join active_users using (account_id, scored_on)
    left join recent_moves using (account_id, scored_on)
),

known as (
    select {{ health_columns_compared() }} from scored
    {% if is_incremental() %}
        union all
        select {{ health_columns_compared() }} from {{ this }}
        where date >= (select min(scored.date) - 7 from scored)
    {% endif %}
)

select
    scored.account_id,
    scored.date,
    scored.score,
    scored.tier,
    scored.coverage,
    scored.recency_score,
    scored.adoption_score,
    scored.support_score,
    scored.nps_score,
    scored.biggest_drag,
    round(scored.score - week_ago.score, 2) as score_change_7d,
    {{ change_reason('scored', 'week_ago', 'weighed.weighing <> weighed_before.weighing') }} as change_reason,
    scored.is_provisional,
    scored.policy_valid_from,
    scored.segment,
    scored.usage_type,
    scored.plan,
    scored.arr_usd,
    scored.days_since_activity,
    scored.active_channels,
    scored.features_used,
    scored.features_available,
    scored.recent_tickets,
    scored.recent_escalated_tickets,
    scored.stale_feeds,
    scored.seats,
    scored.active_users
from scored
left join known as week_ago
    on scored.account_id = week_ago.account_id
    and scored.date - 7 = week_ago.date
left join weighings as weighed
    on scored.signal_weights_from = weighed.valid_from
    and scored.segment = weighed.segment
    and scored.usage_type = weighed.usage_type
left join weighings as weighed_before
    on scored.signal_weights_from = weighed_before.valid_from
    and scored.segment = weighed_before.segment
    and week_ago.usage_type = weighed_before.usage_type
order by scored.date, scored.account_id
