{{ config(materialized='table') }}

with changes as (
    select * from {{ ref('stg_tierline__changes') }}
),

partitions as (
    select * from {{ ref('int_changed_usage_partitions') }}
),

usage_events as (
    select * from {{ ref('int_usage_events') }}
),

identity_keys as (
    select * from {{ ref('int_identity_keys') }}
),

moved_keys as (
    select * from {{ ref('int_moved_keys') }}
),

run as (
    select * from {{ ref('int_run') }}
),

-- what the last build left: this model comes before those that bring it up to date
standing as (
    {{ standing('int_usage_daily', {'account_id': 'varchar', 'system': 'varchar', 'used_on': 'date'}) }}
),

unmatched as (
    {{ standing('int_unmatched_usage_daily', {
        'system': 'varchar', 'account_record_id': 'varchar', 'user_record_id': 'varchar', 'email': 'varchar',
        'domain': 'varchar', 'used_on': 'date',
    }) }}
),

resolved_since as (
    {{ resolved('unmatched', by=['account', 'user', 'email', 'domain']) }}
),

moves as (
    select distinct from_account_id, to_account_id from moved_keys
),

changed as (
    -- a source that knows which account's days changed
    select
        identity_keys.account_id,
        changes.changed_on as used_on
    from changes
    cross join run
    inner join identity_keys
        on identity_keys.kind = 'account'
        and changes.source = identity_keys.system
        and changes.account_id = identity_keys.key
    where changes.table_name = 'usage_events'
        and changes.load_id > run.consumed_through_load

    union all

    -- one that knows the day: whoever used anything then, by what is loaded now and by what stood before
    select usage_events.account_id, usage_events.used_on
    from usage_events
    inner join partitions
        on usage_events.system = partitions.system
        and usage_events.used_on = partitions.used_on

    union all

    select standing.account_id, standing.used_on
    from standing
    inner join partitions
        on standing.system = partitions.system
        and standing.used_on = partitions.used_on

    union all

    -- what belongs to another account now leaves the one and joins the other
    select moves.from_account_id as account_id, standing.used_on
    from moves
    inner join standing on standing.account_id in (moves.from_account_id, moves.to_account_id)

    union all

    select moves.to_account_id as account_id, standing.used_on
    from moves
    inner join standing on standing.account_id in (moves.from_account_id, moves.to_account_id)

    union all

    select account_id, used_on from resolved_since
)

select distinct
    account_id,
    used_on
from changed
where account_id is not null
    and used_on is not null
