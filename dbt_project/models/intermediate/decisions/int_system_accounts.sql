with records as (
    select * from {{ ref('dim_account_records') }}
),

given_references as (
    select * from {{ ref('int_given_references') }}
),

-- ChurnZero is written to by the external id it has of an account, the others by their own id
addressed as (
    select
        records.account_id,
        records.system,
        records.name,
        case when records.system = 'churnzero' then given_references.value else records.record_id end as external_id
    from records
    left join given_references
        on records.system = given_references.system
        and records.record_id = given_references.record_id
        and given_references.field = 'external_id'
)

-- of several records of one account, always the same one; without a name it may be one that was merged away
select
    account_id,
    system,
    min_by(external_id, (name is null, external_id)) as external_id
from addressed
where account_id is not null
    and external_id is not null
group by account_id, system
