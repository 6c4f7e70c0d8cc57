{{ config(materialized='table') }}

with users as (
    {{ union_feeds('users') }}
),

accounts as (
    {{ union_feeds('accounts') }}
),

named as (
    select
        system,
        record_id,
        min(name) as name
    from accounts
    group by 1, 2
),

addresses as (
    select
        system,
        account_record_id as record_id,
        {{ email_domain('email') }} as domain,
        count(*) as users
    from users
    where account_record_id is not null
        and email is not null
    group by 1, 2, 3
)

select
    addresses.*,
    named.name
from addresses
left join named
    on addresses.system = named.system
    and addresses.record_id = named.record_id
