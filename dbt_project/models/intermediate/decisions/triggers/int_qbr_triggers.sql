{{ config(materialized='table') }}

{% set facts = {
    'last_review_on': 'windows.last_review_on', 'review_due_on': 'windows.due_on',
    'meeting_minutes': 'windows.meeting_minutes', 'first_week_on': 'schedule.first_week_on',
    'second_week_on': 'schedule.second_week_on', 'third_week_on': 'schedule.third_week_on', 'schedule_why': 'schedule.why',
} %}
{% do facts.update(brief_facts('briefs')) %}

with windows as (
    select * from {{ ref('int_qbr_windows') }}
),

schedule as (
    select * from {{ ref('fct_qbr_schedule') }}
),

briefs as (
    select * from {{ ref('int_account_briefs') }}
),

-- a customer is asked which week suits unless the schedule has none (a wait that is over has no schedule any more);
-- the CSM hears of every review
ways as (
    select unnest([null, 'week_found']) as trigger_key
)

select
    windows.account_id,
    'qbr_due' as trigger_kind,
    ways.trigger_key,
    cast(null as varchar) as subject,
    windows.opens_on as started_on,
    windows.lasted_through,
    concat(
        'Business review due on ', cast(windows.due_on as varchar),
        coalesce(', the last one was on ' || cast(windows.last_review_on as varchar), ', the first one')
    ) as trigger_words,
    {{ json_object(facts) }} as trigger_facts
from windows
cross join ways
left join schedule
    on windows.account_id = schedule.account_id
    and windows.due_on = schedule.due_on
left join briefs
    on windows.account_id = briefs.account_id
    and windows.acted_on = briefs.brief_on
where ways.trigger_key is null
    or schedule.account_id is null
    or schedule.first_week_on is not null
