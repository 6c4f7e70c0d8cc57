with identity as (
    select * from {{ ref('int_account_identity') }}
),

evidence as (
    select * from {{ ref('int_account_evidence') }}
),

witnesses as (
    select
        evidence.kind,
        evidence.token,
        identity.account_id,
        concat(identity.system, ':', identity.record_id) as record
    from evidence
    inner join identity
        on evidence.system = identity.system
        and evidence.record_id = identity.record_id
    where evidence.kind in ('product id', 'reference', 'domain', 'email domain')
),

tokens as (
    select
        kind,
        token,
        count(distinct account_id) as accounts,
        count(*) as records,
        count(*) - count(account_id) as unmatched_records,
        string_agg(distinct account_id, ', ' order by account_id) as account_ids,
        min(record) as example_record
    from witnesses
    group by kind, token
),

-- one token, several accounts: or an account, and records it could not be given to
conflicts as (
    select
        *,
        -- a record's own domain is one of its e-mail domains, too
        bool_or(kind = 'domain' and accounts > 1) over (partition by token) as is_contested_domain
    from tokens
    where accounts > 1
        or (accounts = 1 and unmatched_records > 0 and kind <> 'email domain')
)

select
    kind,
    token,
    accounts,
    records,
    unmatched_records,
    account_ids,
    example_record
from conflicts
where not (kind = 'email domain' and is_contested_domain)
order by kind, token
