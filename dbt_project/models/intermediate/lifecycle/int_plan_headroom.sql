with plan_ladder as (
    select * from {{ ref('plan_ladder') }}
),

offers as (
    select * from {{ ref('int_feature_offers') }}
)

-- a feature without a plan is in every plan, and nothing to move up for
select
    plan_ladder.valid_from,
    plan_ladder.plan,
    plan_ladder.next_plan,
    count(distinct offers.feature) as new_features,
    string_agg(distinct offers.title, ', ' order by offers.title) as new_feature_titles
from plan_ladder
inner join offers on plan_ladder.next_plan = offers.plan
left join offers as own
    on plan_ladder.plan = own.plan
    and offers.feature = own.feature
where own.feature is null
group by plan_ladder.valid_from, plan_ladder.plan, plan_ladder.next_plan
