{{ config(materialized='table') }}

with key_features as (
    select * from {{ ref('int_key_features') }}
),

features as (
    select * from {{ ref('int_features') }}
)

-- two systems may describe one feature; the contract's own files come first by name
select
    key_features.feature,
    key_features.plan,
    min(key_features.known_from) as known_from,
    coalesce(
        min_by(features.title, features.system) filter (where features.title is not null),
        replace(key_features.feature, '_', ' ')
    ) as title,
    min_by(features.tutorial_url, features.system) filter (where features.tutorial_url is not null) as tutorial_url
from key_features
left join features
    on key_features.feature = features.feature
    and key_features.plan is not distinct from features.plan
group by key_features.feature, key_features.plan
