{{ config(materialized='table') }}

with identity as (
    select * from {{ ref('int_account_identity') }}
),

evidence as (
    select * from {{ ref('int_account_evidence') }}
),

records as (
    select * from {{ ref('int_account_records') }}
),

users as (
    {{ union_feeds('users') }}
),

shared_domains as (
    select * from {{ ref('int_shared_domains') }}
),

claims as (
    select distinct
        evidence.token,
        identity.account_id
    from evidence
    inner join identity
        on evidence.system = identity.system
        and evidence.record_id = identity.record_id
    where evidence.kind = 'email domain'
        and identity.account_id is not null
),

parents as (
    select
        identity.account_id,
        parent_identity.account_id as parent_account_id
    from records
    inner join identity
        on records.system = identity.system
        and records.record_id = identity.record_id
    inner join identity as parent_identity
        on records.system = parent_identity.system
        and records.parent_record_id = parent_identity.record_id
),

-- what a subsidiary shares with its parent means the parent
domains as (
    select
        claims.token as key,
        min(claims.account_id) as account_id
    from claims
    where not exists (
            select 1
            from parents
            inner join claims as parent_claims on parents.parent_account_id = parent_claims.account_id
            where parents.account_id = claims.account_id
                and parents.parent_account_id <> claims.account_id
                and parent_claims.token = claims.token
        )
    group by claims.token
    having count(distinct claims.account_id) = 1
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
    left join domains on {{ email_domain('users.email') }} = domains.key
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
    select 'domain' as kind, '*' as system, domains.key, domains.account_id
    from domains
    left join shared_domains on domains.key = shared_domains.domain
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
