{{ config(materialized='table') }}

with health as (
    select * from {{ ref('fct_account_health_daily') }}
),

tiers as (
    select * from {{ ref('int_account_tiers_daily') }}
),

accounts as (
    select * from {{ ref('dim_accounts') }}
),

csms as (
    select * from {{ ref('int_csms') }}
),

risks as (
    select * from {{ ref('int_told_risks') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

usage as (
    select * from {{ ref('int_usage_daily') }}
),

seen as (
    select
        account_id,
        min(used_on) as first_used_on
    from usage
    group by account_id
)

-- where no use was ever seen a score counts from an account's beginning, which no message may call its last activity
select
    health.account_id,
    health.date,
    accounts.csm_id,
    tiers.is_immediate,
    concat(
        'Score ', cast(health.score as varchar), ' (', replace(coalesce(tiers.tier, health.tier), '_', ' '), ')',
        coalesce(', biggest drag ' || health.biggest_drag, '')
    ) as trigger_words,
    {{ json_object({
        'account_name': 'accounts.name',
        'segment': 'health.segment',
        'plan': 'health.plan',
        'arr': 'accounts.arr',
        'currency': 'accounts.currency',
        'renewal_on': 'accounts.renewal_on',
        'days_to_renewal': 'accounts.renewal_on - health.date',
        'csm_name': 'csms.name',
        'csm_email': 'csms.email',
        'csm_slack_id': 'csms.slack_id',
        'score': 'health.score',
        'tier': 'coalesce(tiers.tier, health.tier)',
        'previous_tier': 'day_before_stay.tier',
        'score_change_7d': 'health.score_change_7d',
        'change_reason': 'health.change_reason',
        'biggest_drag': 'health.biggest_drag',
        'recency_score': 'health.recency_score',
        'adoption_score': 'health.adoption_score',
        'support_score': 'health.support_score',
        'nps_score': 'health.nps_score',
        'coverage': 'health.coverage',
        'days_since_activity': 'case when seen.first_used_on <= health.date then health.days_since_activity end',
        'active_channels': 'health.active_channels',
        'features_used': 'health.features_used',
        'features_available': 'health.features_available',
        'recent_tickets': 'health.recent_tickets',
        'recent_escalated_tickets': 'health.recent_escalated_tickets',
    }) }} as facts,
    risks.risk_words,
    risks.risk_facts
from health
cross join rollout
inner join accounts on health.account_id = accounts.account_id
left join tiers
    on health.account_id = tiers.account_id
    and health.date = tiers.scored_on
left join tiers as day_before_stay
    on tiers.account_id = day_before_stay.account_id
    and tiers.tier_since - 1 = day_before_stay.scored_on
left join csms on accounts.csm_id = csms.csm_id
left join seen on health.account_id = seen.account_id
left join risks
    on health.account_id = risks.account_id
    and health.date = risks.date
where health.date >= rollout.live_on
