with identity as (
    select * from {{ ref('int_account_identity') }}
),

evidence as (
    select * from {{ ref('int_account_evidence') }}
),

product_ids as (
    select * from {{ ref('int_account_product_ids') }}
),

records as (
    select * from {{ ref('int_account_records') }}
),

witnesses as (
    select
        evidence.kind,
        evidence.token,
        identity.system,
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
        count(distinct system) as systems,
        string_agg(distinct account_id, ', ' order by account_id) as account_ids,
        min(record) as example_record
    from witnesses
    group by kind, token
),

-- one token, several accounts: or an account, and records it could not be given to; or a customer of no account
conflicts as (
    select
        * replace (if(kind = 'product id' and accounts = 0, 'product id of no account', kind) as kind),
        -- a record's own domain is one of its e-mail domains, too
        bool_or(kind = 'domain' and accounts > 1) over (partition by token) as is_contested_domain
    from tokens
    where accounts > 1
        or (accounts = 1 and unmatched_records > 0 and kind <> 'email domain')
        or (accounts = 0 and systems > 1 and kind = 'product id')
),

-- what the product calls each account, as the accounts' ids are chosen
own_ids as (
    select
        identity.account_id,
        min_by(
            product_ids.product_id,
            (
                not product_ids.is_name, not records.is_founding, records.survivorship_rank,
                records.system, records.record_id
            )
        ) as product_id
    from identity
    inner join product_ids
        on identity.system = product_ids.system
        and identity.record_id = product_ids.record_id
    inner join records
        on identity.system = records.system
        and identity.record_id = records.record_id
    where product_ids.product_id is not null
    group by identity.account_id
),

-- what an account's other workspaces are called: several systems say it, or an id led there
workspaces as (
    select
        identity.account_id,
        product_ids.product_id
    from product_ids
    inner join identity
        on product_ids.system = identity.system
        and product_ids.record_id = identity.record_id
    where product_ids.product_id is not null
    group by identity.account_id, product_ids.product_id
    having count(distinct identity.system) > 1
        or bool_or(identity.method in ('product id', 'reference', 'crosswalk'))
),

single_records as (
    -- a record that says it is another account than everything else about it says
    select
        'product id overruled' as kind,
        product_ids.said_id as token,
        identity.account_id,
        identity.system,
        identity.record_id
    from product_ids
    inner join identity
        on product_ids.system = identity.system
        and product_ids.record_id = identity.record_id
    left join own_ids on identity.account_id = own_ids.account_id
    left join workspaces
        on identity.account_id = workspaces.account_id
        and product_ids.product_id = workspaces.product_id
    where not product_ids.is_decided
        and product_ids.said_id <> identity.account_id
        and product_ids.said_id is distinct from own_ids.product_id
        and (workspaces.product_id is null or product_ids.said_id <> product_ids.product_id)

    union all

    -- what a person decided, and no account is called
    select
        'crosswalk to no account' as kind,
        product_ids.product_id as token,
        identity.account_id,
        identity.system,
        identity.record_id
    from product_ids
    inner join identity
        on product_ids.system = identity.system
        and product_ids.record_id = identity.record_id
    where product_ids.is_decided
        and identity.account_id is null

    union all

    -- a customer's domain that people of so many write from that it speaks for nobody
    select
        'domain of many' as kind,
        records.web_domain as token,
        identity.account_id,
        identity.system,
        identity.record_id
    from records
    inner join identity
        on records.system = identity.system
        and records.record_id = identity.record_id
    where records.is_of_record
        and records.web_domain is not null
        and records.domain is null
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

union all

select
    kind,
    token,
    count(distinct account_id) as accounts,
    count(*) as records,
    count(*) - count(account_id) as unmatched_records,
    string_agg(distinct account_id, ', ' order by account_id) as account_ids,
    min(concat(system, ':', record_id)) as example_record
from single_records
group by kind, token

order by kind, token
