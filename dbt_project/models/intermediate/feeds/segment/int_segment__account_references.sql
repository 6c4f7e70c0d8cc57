with traits as (
    select * from {{ ref('stg_segment__traits') }}
),

account_references as (
    select * from {{ ref('account_references') }}
),

fields as (
    select distinct field
    from account_references
    where system = 'segment'
),

latest as (
    select
        key,
        trait,
        max_by(value, row(last_seen_at, value)) as value
    from traits
    where kind = 'group'
    group by key, trait
)

select
    latest.key as record_id,
    fields.field,
    latest.value
from latest
-- the group's own id is the trait `id`
inner join fields on fields.field = case when latest.trait = 'id' then 'group_id' else latest.trait end
