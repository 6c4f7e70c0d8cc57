{{ config(materialized='table') }}

with addresses as (
    select * from {{ ref('int_account_addresses') }}
),

free_mail_domains as (
    select * from {{ ref('free_mail_domains') }}
),

identity_rules as (
    select * from {{ ref('identity_rules') }}
),

run as (
    select * from {{ ref('int_run') }}
),

-- a domain that many customers' people write from is a mail provider's, listed or not; workspaces that it is called
-- after are one customer's
spread as (
    select
        system,
        domain,
        count(distinct case
            when contains('.' || domain, '.' || {{ first_word('name') }}) then '.'
            else record_id
        end) as accounts
    from addresses
    group by system, domain
)

select domain from free_mail_domains
union
select spread.domain
from spread
cross join run
inner join identity_rules
    on identity_rules.valid_from = {{ policy_version(ref('identity_rules'), 'run.as_of') }}
where spread.accounts > identity_rules.max_accounts_per_email_domain
    and spread.domain is not null
