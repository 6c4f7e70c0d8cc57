{{ config(materialized='table') }}

with users as (
    select * from {{ ref('int_users') }}
),

-- a person has a record in every system that knows them; one that calls them a champion is enough
persons as (
    select
        account_id,
        lower(trim(email)) as email,
        bool_or(coalesce(is_champion, false)) as is_champion,
        max(name) as name,
        min(created_at) as created_at,
        case when bool_or(deactivated_at is not null) then max(deactivated_at) end as deactivated_at
    from users
    where account_id is not null and email is not null
    group by account_id, lower(trim(email))
),

-- usage names people by the product's id, by a system's own, or by their address
keys as (
    select account_id, lower(trim(email)) as email, record_id as user_key from users
    where email is not null
    union
    select account_id, lower(trim(email)) as email, external_id as user_key from users
    where email is not null
    union
    select account_id, lower(trim(email)) as email, email as user_key from users
)

select distinct
    persons.account_id,
    persons.email,
    coalesce(persons.name, persons.email) as name,
    persons.created_at,
    persons.deactivated_at,
    keys.user_key
from persons
inner join keys
    on persons.account_id = keys.account_id
    and persons.email = keys.email
where persons.is_champion and keys.user_key is not null
