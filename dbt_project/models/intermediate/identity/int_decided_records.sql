with records as (
    select * from {{ ref('int_account_records') }}
),

said as (
    select * from {{ ref('int_said_product_ids') }}
),

crosswalk as (
    select * from {{ ref('crosswalk') }}
),

previous as (
    select * from {{ ref('stg_tierline__account_records') }}
),

run as (
    select * from {{ ref('int_run') }}
),

decided as (
    select
        crosswalk.system,
        crosswalk.record_id,
        max_by(crosswalk.account_id, crosswalk.valid_from) as account_id
    from crosswalk
    cross join run
    where crosswalk.valid_from <= run.as_of
    group by crosswalk.system, crosswalk.record_id
),

names as (
    select
        system || ':' || record_id as account_id,
        system,
        record_id,
        0 as place
    from records

    union all

    select
        previous.account_id,
        records.system,
        records.record_id,
        records.survivorship_rank as place
    from previous
    inner join records
        on previous.system = records.system
        and previous.record_id = records.record_id
    where records.is_founding
),

-- the record behind an id of Tierline's own, which nobody calls the account by, or behind one that was the product's
named as (
    select
        account_id,
        min_by((system, record_id), (place, system, record_id)) as record
    from names
    where account_id not in (select said.product_id from said)
    group by account_id
)

select
    decided.system,
    decided.record_id,
    decided.account_id,
    named.record[1] as named_system,
    named.record[2] as named_record_id
from decided
left join named on decided.account_id = named.account_id
