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

claims as (
    select
        evidence.token,
        identity.account_id,
        bool_or(evidence.kind = 'domain') as is_own
    from evidence
    inner join identity
        on evidence.system = identity.system
        and evidence.record_id = identity.record_id
    where evidence.kind in ('domain', 'email domain')
        and identity.account_id is not null
    group by evidence.token, identity.account_id
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

-- whose record names the domain owns it; whom people there work for decides only where no record does
strongest as (
    select * from claims
    qualify is_own = bool_or(is_own) over (partition by token)
),

-- what a subsidiary shares with its parent means the parent
unshared as (
    select *
    from strongest
    where not exists (
            select 1
            from parents
            inner join strongest as parent_claims on parents.parent_account_id = parent_claims.account_id
            where parents.account_id = strongest.account_id
                and parents.parent_account_id <> strongest.account_id
                and parent_claims.token = strongest.token
        )
)

-- what could mean two accounts means none
select
    token as domain,
    min(account_id) as account_id
from unshared
group by token
having count(distinct account_id) = 1
