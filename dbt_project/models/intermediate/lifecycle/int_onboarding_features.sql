{{ config(materialized='table') }}

with accounts as (
    select * from {{ ref('int_onboarding_accounts') }}
),

health as (
    select * from {{ ref('fct_account_health_daily') }}
),

offers as (
    select * from {{ ref('int_feature_offers') }}
),

first_uses as (
    select * from {{ ref('int_feature_first_use') }}
),

offered as (
    select
        accounts.account_id,
        accounts.begins_on,
        offers.feature,
        min(offers.title) as title,
        min(offers.tutorial_url) as tutorial_url
    from accounts
    inner join health
        on accounts.account_id = health.account_id
        and accounts.begins_on = health.date
    inner join offers
        on accounts.begins_on >= offers.known_from
        and coalesce(offers.plan, health.plan, '') = coalesce(health.plan, '')
    group by accounts.account_id, accounts.begins_on, offers.feature
),

-- what most others had taken up by then is offered first
popular as (
    select
        offered.account_id,
        offered.feature,
        count(first_uses.account_id) as takers
    from offered
    left join first_uses
        on offered.feature = first_uses.feature
        and offered.begins_on > first_uses.first_used_on
    group by offered.account_id, offered.feature
)

select
    offered.account_id,
    offered.feature,
    offered.title,
    offered.tutorial_url,
    popular.takers,
    own.first_used_on
from offered
inner join popular
    on offered.account_id = popular.account_id
    and offered.feature = popular.feature
left join first_uses as own
    on offered.account_id = own.account_id
    and offered.feature = own.feature
