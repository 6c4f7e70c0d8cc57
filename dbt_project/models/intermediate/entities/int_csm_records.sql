with feeds as (
    {{ union_feeds('csms') }}
),

-- two systems' records with one address are one person; the contract's own files name them
named as (
    select
        *,
        coalesce(lower(trim(email)), concat(system, ':', record_id)) as person
    from feeds
)

select
    *,
    coalesce(
        min(case when system = 'drop_folder' then record_id end) over (partition by person),
        person
    ) as csm_id
from named
