with users as (
    select * from {{ ref('int_users') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

-- one person may be known to several systems
persons as (
    select
        users.account_id,
        users.email,
        min(users.name) as name,
        bool_or(coalesce(users.is_champion, false)) as is_champion,
        min(users.created_at) as created_at
    from users
    cross join rollout
    where users.account_id is not null
        and users.email is not null
        and coalesce(cast(users.created_at as date) <= rollout.as_of, true)
    group by users.account_id, users.email
    having not bool_or(coalesce(cast(users.deactivated_at as date) <= rollout.as_of, false))
),

ranked as (
    select
        *,
        row_number() over (
            partition by account_id
            order by is_champion desc, created_at asc nulls last, email asc
        ) as position
    from persons
)

select
    account_id,
    email,
    name
from ranked
where position = 1
