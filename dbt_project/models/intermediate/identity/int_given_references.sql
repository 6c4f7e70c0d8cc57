with feeds as (
    {{ union_feeds('account_references') }}
)

select
    system,
    record_id,
    field,
    value
from feeds
where value <> ''
