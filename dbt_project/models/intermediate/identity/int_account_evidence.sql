{{ config(materialized='table') }}

with records as (
    select * from {{ ref('int_account_records') }}
),

product_ids as (
    select * from {{ ref('int_account_product_ids') }}
),

given_references as (
    select * from {{ ref('int_given_references') }}
),

account_references as (
    select * from {{ ref('account_references') }}
),

email_domains as (
    select * from {{ ref('int_account_email_domains') }}
),

run as (
    select * from {{ ref('int_run') }}
),

-- what a subsidiary shares with its parent speaks for the parent
domains as (
    select
        records.system,
        records.record_id,
        records.domain,
        records.name,
        coalesce(records.domain = parents.domain, false) as is_parents
    from records
    left join records as parents
        on records.system = parents.system
        and records.parent_record_id = parents.record_id
    where records.domain is not null
),

company_domains as (
    select * from domains
    where not is_parents
),

evidence as (
    select system, record_id, 'product id' as kind, product_id as token
    from product_ids
    where product_id is not null

    union all

    select system, record_id, 'reference' as kind, concat(system, ':', record_id) as token
    from records

    union all

    select
        given_references.system,
        given_references.record_id,
        'reference' as kind,
        concat(account_references.refers_to, ':', given_references.value) as token
    from given_references
    cross join run
    inner join account_references
        on given_references.system = account_references.system
        and given_references.field = account_references.field
        and account_references.valid_from = {{ policy_version(ref('account_references'), 'run.as_of') }}
    where account_references.refers_to <> 'product'

    union all

    select
        system,
        record_id,
        'domain and name' as kind,
        concat(domain, ' ', regexp_replace(lower(name), '[^[:alnum:]]', '', 'g')) as token
    from company_domains
    where name is not null

    union all

    select system, record_id, 'domain' as kind, domain as token
    from company_domains

    union all

    select system, record_id, 'family domain' as kind, domain as token
    from domains
    where is_parents

    union all

    select system, record_id, 'email domain' as kind, domain as token
    from company_domains

    union all

    select system, record_id, 'email domain' as kind, domain as token
    from email_domains
)

select distinct
    system,
    record_id,
    kind,
    token
from evidence
