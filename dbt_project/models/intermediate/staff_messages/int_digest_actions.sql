{{ config(materialized='table') }}

with led as (
    select * from {{ ref('int_led_accounts') }}
),

deliveries as (
    select * from {{ ref('stg_ledger__deliveries') }}
),

plays as (
    select * from {{ ref('plays') }}
),

run as (
    select * from {{ ref('int_run') }}
)

select
    led.leader_id,
    led.name,
    led.csm_id,
    led.hours_per_week,
    deliveries.mode,
    deliveries.state,
    deliveries.play_id,
    deliveries.decided_for,
    plays.recipient_role,
    plays.trigger_kind
from led
inner join deliveries on led.account_id = deliveries.account_id
cross join run
inner join plays
    on deliveries.play_id = plays.play_id
    and deliveries.policy_valid_from = plays.valid_from
where deliveries.decided_for between run.as_of - 6 and run.as_of
