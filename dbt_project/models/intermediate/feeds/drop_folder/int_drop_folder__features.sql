with features as (
    select * from {{ ref('stg_drop_folder__features') }}
)

select
    feature,
    plan,
    is_key,
    title,
    tutorial_url
from features
