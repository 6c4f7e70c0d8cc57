with addresses as (
    select * from {{ ref('int_account_addresses') }}
),

shared_domains as (
    select * from {{ ref('int_shared_domains') }}
),

identity_rules as (
    select * from {{ ref('identity_rules') }}
),

run as (
    select * from {{ ref('int_run') }}
),

company_addresses as (
    select
        addresses.*,
        sum(addresses.users) over (partition by addresses.system, addresses.record_id) as users_of_record
    from addresses
    left join shared_domains on addresses.domain = shared_domains.domain
    where shared_domains.domain is null
)

select
    company_addresses.system,
    company_addresses.record_id,
    company_addresses.domain
from company_addresses
cross join run
inner join identity_rules
    on identity_rules.valid_from = {{ policy_version(ref('identity_rules'), 'run.as_of') }}
where company_addresses.users >= identity_rules.min_users_for_email_domain
    and company_addresses.users >= identity_rules.min_share_for_email_domain * company_addresses.users_of_record
