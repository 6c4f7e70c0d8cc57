{{ config(materialized='table') }}

with entity_days as (
    select * from {{ ref('int_entity_days') }}
),

previous as (
    select * from {{ ref('stg_tierline__entity_days') }}
),

changed_usage_days as (
    select * from {{ ref('int_changed_usage_days') }}
),

changed_entities as (
    select
        coalesce(entity_days.account_id, previous.account_id) as account_id,
        coalesce(entity_days.changed_on, previous.changed_on) as changed_on
    from entity_days
    full outer join previous
        on entity_days.entity = previous.entity
        and entity_days.account_id is not distinct from previous.account_id
        and entity_days.changed_on is not distinct from previous.changed_on
    where entity_days.digest is distinct from previous.digest
)

select account_id, changed_on from changed_entities
union
select account_id, used_on as changed_on from changed_usage_days
