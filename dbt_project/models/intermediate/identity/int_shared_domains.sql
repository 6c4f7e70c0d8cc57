{{ config(materialized='table') }}

with users as (
    {{ union_feeds('users') }}
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

-- a domain that many customers' people write from is a mail provider's, listed or not
spread as (
    select
        system,
        {{ email_domain('email') }} as domain,
        count(distinct account_record_id) as accounts
    from users
    where email is not null
        and account_record_id is not null
    group by 1, 2
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
