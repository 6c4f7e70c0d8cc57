{{ config(materialized='table') }}

with identity as (
    select * from {{ ref('int_account_identity') }}
),

users as (
    {{ union_feeds('users') }}
),

shared_domains as (
    select * from {{ ref('int_shared_domains') }}
),

domains as (
    select * from {{ ref('int_domain_owners') }}
),

-- a person belongs to the account their system says, else to the one their address does
people as (
    select
        users.system,
        users.record_id,
        users.external_id,
        lower(trim(users.email)) as email,
        coalesce(identity.account_id, domains.account_id) as account_id
    from users
    left join identity
        on users.system = identity.system
        and users.account_record_id = identity.record_id
    left join domains on {{ email_domain('users.email') }} = domains.domain
),

keys as (
    select 'account' as kind, system, record_id as key, account_id from identity
    union all
    select 'user' as kind, system, record_id as key, account_id from people
    union all
    select 'product user' as kind, '*' as system, external_id as key, account_id from people
    union all
    select 'email' as kind, '*' as system, email as key, account_id from people
    union all
    select 'domain' as kind, '*' as system, domains.domain as key, domains.account_id
    from domains
    left join shared_domains on domains.domain = shared_domains.domain
    where shared_domains.domain is null
)

-- what could mean two accounts means none
select
    kind,
    system,
    key,
    min(account_id) as account_id
from keys
where key is not null
    and account_id is not null
group by kind, system, key
having count(distinct account_id) = 1
