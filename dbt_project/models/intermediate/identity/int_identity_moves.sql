{{ config(materialized='table') }}

with noted as (
    select * from {{ ref('stg_tierline__identity_moves') }}
),

previous as (
    select * from {{ ref('stg_tierline__account_records') }}
),

identity as (
    select * from {{ ref('int_account_identity') }}
),

run as (
    select * from {{ ref('int_run') }}
),

-- what this build finds is noted at its end
found as (
    select
        run.as_of,
        previous.system,
        previous.record_id,
        previous.account_id as from_account_id,
        identity.account_id as to_account_id
    from previous
    cross join run
    left join identity
        on previous.system = identity.system
        and previous.record_id = identity.record_id
    where previous.account_id is distinct from identity.account_id
),

moves as (
    select * from noted
    union
    select * from found
),

sides as (
    select as_of, from_account_id as account_id, 'left' as direction, system
    from moves
    where from_account_id is not null
    union all
    select as_of, to_account_id as account_id, 'joined' as direction, system
    from moves
    where to_account_id is not null
)

select
    as_of as moved_on,
    account_id,
    concat(
        count(*), ' record', case when count(*) > 1 then 's' else '' end, ' of ',
        string_agg(distinct system, ', ' order by system), ' ',
        string_agg(distinct direction, ' or ' order by direction)
    ) as words
from sides
group by as_of, account_id
