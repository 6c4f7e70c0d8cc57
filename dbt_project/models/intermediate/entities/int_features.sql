with feeds as (
    {{ union_feeds('features') }}
)

select
    system,
    feature,
    plan,
    is_key,
    title,
    tutorial_url
from feeds
