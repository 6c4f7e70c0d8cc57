{{ config(materialized='table') }}

with plays as (
    select * from {{ ref('plays') }}
),

activities as (
    select * from {{ ref('activities') }}
),

guards as (
    select * from {{ ref('guards') }}
),

versions as (
    select
        valid_from,
        lead(valid_from, 1, date '9999-12-31') over (order by valid_from) - 1 as valid_through
    from (select distinct valid_from from guards) as dates
)

select
    plays.play_id,
    plays.valid_from as play_valid_from,
    guards.guard_id,
    guards.fact,
    guards.effect,
    guards.spares_immediate,
    guards.limit_value,
    guards.priority,
    guards.is_liftable,
    guards.words,
    versions.valid_from as guard_from,
    versions.valid_through as guard_through
from plays
inner join activities
    on plays.activity = activities.activity
    and activities.valid_from = {{ policy_version(ref('activities'), 'plays.valid_from') }}
inner join guards
    on {{ word_in('plays.recipient_role', 'guards.recipient_role') }}
    and {{ word_in('plays.mode', 'guards.mode') }}
    and {{ word_in('plays.channel', 'guards.channel') }}
    and {{ word_in('plays.message_kind', 'guards.message_kind') }}
    and {{ word_in('plays.topic', 'guards.topic') }}
    and {{ word_in('activities.automation', 'guards.automation') }}
    and {{ word_in('plays.trigger_kind', 'guards.trigger_kind') }}
    and {{ word_in('cast(plays.rests_on_usage as varchar)', 'guards.rests_on_usage') }}
    and not (plays.segments <> '*' and coalesce({{ word_in('guards.spares_segment', 'plays.segments') }}, false))
inner join versions on guards.valid_from = versions.valid_from
