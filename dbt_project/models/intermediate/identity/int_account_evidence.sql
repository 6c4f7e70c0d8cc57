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
        records.web_domain,
        records.name,
        parents.web_domain as parents_domain
    from records
    left join records as parents
        on records.system = parents.system
        and records.parent_record_id = parents.record_id
),

company_domains as (
    select * from domains
    where web_domain is not null
        and web_domain is distinct from parents_domain
),

evidence as (
    select system, record_id, 'product id' as kind, product_id as token
    from product_ids
    where product_id is not null

    union all

    -- an account that the product has no name for, of which a person said what is its
    select distinct
        records.system,
        records.record_id,
        'product id' as kind,
        product_ids.product_id as token
    from product_ids
    inner join records on product_ids.product_id = concat(records.system, ':', records.record_id)
    where product_ids.is_decided

    union all

    select system, record_id, 'reference' as kind, {{ reference_token('system', 'record_id') }} as token
    from records

    union all

    select
        given_references.system,
        given_references.record_id,
        'reference' as kind,
        {{ reference_token('account_references.refers_to', 'given_references.value') }} as token
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
        concat(web_domain, ' ', {{ letters_of('name') }}) as token
    from company_domains
    where {{ letters_of('name') }} is not null

    union all

    select system, record_id, 'domain' as kind, domain as token
    from company_domains
    where domain is not null

    union all

    select system, record_id, 'family domain' as kind, parents_domain as token
    from domains
    where parents_domain is not null

    union all

    select system, record_id, 'email domain' as kind, domain as token
    from company_domains
    where domain is not null

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
