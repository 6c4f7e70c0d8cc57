{{ config(materialized='table') }}

with occurrences as (
    select * from {{ ref('int_onboarding_occurrences') }}
),

accounts as (
    select * from {{ ref('int_onboarding_accounts') }}
),

paths as (
    select * from {{ ref('int_onboarding_paths') }}
),

onboarding_steps as (
    select * from {{ ref('onboarding_steps') }}
),

plays as (
    select * from {{ ref('plays') }}
),

user_days as (
    select * from {{ ref('int_user_days') }}
),

deliveries as (
    select * from {{ ref('fct_deliveries') }}
),

people as (
    select
        occurrences.account_id,
        occurrences.step,
        occurrences.feature,
        count(distinct user_days.user_key) as people_active
    from occurrences
    inner join user_days
        on occurrences.account_id = user_days.account_id
        and occurrences.started_on >= user_days.used_on
    group by occurrences.account_id, occurrences.step, occurrences.feature
),

-- whether policy lets a machine write to such a customer at this step
written_to as (
    select distinct
        paths.account_id,
        occurrences.step,
        occurrences.started_on
    from occurrences
    inner join paths using (account_id, started_on)
    inner join plays
        on plays.valid_from = {{ policy_version(ref('plays'), 'occurrences.started_on') }}
        and plays.trigger_kind = 'onboarding_step'
        and occurrences.step = plays.trigger_key
        and plays.recipient_role = 'account'
        and {{ word_in('paths.segment', 'plays.segments') }}
),

-- what reached the customer's people before that day: what goes out on the day is not sent yet
sent as (
    select
        occurrences.account_id,
        occurrences.step,
        occurrences.started_on,
        deliveries.action_id,
        deliveries.delivered_at,
        replace(deliveries.play_id, '_', ' ') as message
    from occurrences
    inner join accounts on occurrences.account_id = accounts.account_id
    inner join deliveries
        on occurrences.account_id = deliveries.account_id
        and deliveries.state = 'delivered'
        and accounts.begins_on <= deliveries.delivered_at
        and occurrences.started_on > deliveries.delivered_at
    inner join plays
        on plays.valid_from = {{ policy_version(ref('plays'), 'deliveries.decided_for') }}
        and deliveries.play_id = plays.play_id
        and plays.recipient_role = 'account'
    -- what the local sink keeps reached nobody
    where deliveries.destination is distinct from 'local_sink'
    group by all
),

sent_before as (
    select
        account_id,
        step,
        started_on,
        string_agg(
            concat(message, ' (', cast(cast(delivered_at as date) as varchar), ')'), ', '
            order by delivered_at, action_id
        ) as messages
    from sent
    group by account_id, step, started_on
),

known as (
    select
        occurrences.*,
        accounts.begins_on,
        occurrences.started_on - accounts.begins_on + 1 as days_in,
        case when accounts.first_used_on <= occurrences.started_on then accounts.first_used_on end as first_used_on,
        coalesce(people.people_active, 0) as people_active,
        paths.* exclude (account_id, started_on, segment),
        steps.link_title,
        steps.link_url,
        written_to.account_id is not null as is_written_to,
        sent_before.messages as sent_before
    from occurrences
    inner join accounts on occurrences.account_id = accounts.account_id
    inner join onboarding_steps as steps
        on occurrences.valid_from = steps.valid_from
        and occurrences.step = steps.step
    inner join paths
        on occurrences.account_id = paths.account_id
        and occurrences.started_on = paths.started_on
    left join people
        on occurrences.account_id = people.account_id
        and occurrences.step = people.step
        and occurrences.feature is not distinct from people.feature
    left join written_to
        on occurrences.account_id = written_to.account_id
        and occurrences.step = written_to.step
        and occurrences.started_on = written_to.started_on
    left join sent_before
        on occurrences.account_id = sent_before.account_id
        and occurrences.step = sent_before.step
        and occurrences.started_on = sent_before.started_on
)

select
    account_id,
    'onboarding_step' as trigger_kind,
    step as trigger_key,
    feature as subject,
    started_on,
    lasted_through,
    concat(
        'Day ', cast(days_in as varchar), ' since ', cast(begins_on as varchar),
        coalesce(', first used on ' || cast(first_used_on as varchar), ', not used yet'),
        coalesce(', ' || title || ' not used yet', ''),
        coalesce('; path ' || replace(path, '_', ' '), ''), coalesce(' (' || path_because || ')', '')
    ) as trigger_words,
    {{ json_object({
        'step': 'step',
        'days_in': 'days_in',
        'began_on': 'begins_on',
        'first_used_on': 'first_used_on',
        'clock_restarted': 'is_restarted',
        'people_active': 'people_active',
        'usage_type': 'usage_type',
        'path': 'path',
        'path_because': 'path_because',
        'configured_with': 'configured_with',
        'guide_title': 'guide_title',
        'guide_url': 'guide_url',
        'next_step': 'next_step',
        'feature_title': 'title',
        'tutorial_url': 'tutorial_url',
        'link_title': 'link_title',
        'link_url': 'link_url',
        'customer_written_to': 'is_written_to',
        'sent_before': 'sent_before',
    }) }} as trigger_facts
from known
