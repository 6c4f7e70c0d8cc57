with features as (
    select * from {{ ref('int_features') }}
),

usage as (
    select * from {{ ref('int_usage_daily') }}
),

catalogue as (
    select
        feature,
        plan,
        date '0001-01-01' as known_from
    from features
    where coalesce(is_key, true)
),

-- without a catalogue, the features anyone has been seen to use by then
seen as (
    select
        feature,
        cast(null as varchar) as plan,
        min(used_on) as known_from
    from usage
    where feature <> '(none)'
        and not exists (select 1 from catalogue)
    group by feature
)

select feature, plan, known_from from catalogue
union all
select feature, plan, known_from from seen
