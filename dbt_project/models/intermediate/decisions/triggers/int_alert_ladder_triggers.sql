{{ config(materialized='table') }}

with alerts as (
    select * from {{ ref('int_sla_alerts') }}
),

moments as (
    select * from {{ ref('int_sla_moments') }}
),

responses as (
    select * from {{ ref('int_sla_responses') }}
),

csms as (
    select * from {{ ref('int_csms') }}
),

-- what is reached on a day is decided for the day before, as everything that goes out on that day is
reached as (
    select
        alerts.*,
        moments.step,
        moments.reached_at,
        due.reached_at as due_at,
        responses.responded_at,
        cast(moments.reached_at as date) - 1 as started_on
    from alerts
    inner join moments
        on alerts.action_id = moments.action_id
        and moments.step <> 'due'
        and alerts.observed_until >= moments.reached_at
    inner join moments as due
        on alerts.action_id = due.action_id
        and due.step = 'due'
    left join responses on alerts.action_id = responses.action_id
    where coalesce(responses.responded_at, timestamp '9999-12-31') > moments.reached_at
        and coalesce(cast(alerts.closed_on as timestamp), timestamp '9999-12-31') > moments.reached_at
),

-- A step that the next one overtook before anybody heard of it is not taken any more; nor is one of a day whose answer
-- came before its decisions did.
episodes as (
    select
        *,
        least(
            as_of,
            cast(responded_at as date) - 2,
            closed_on - 1,
            lead(started_on) over (partition by action_id order by reached_at) - 1
        ) as lasted_through
    from reached
)

select
    episodes.account_id,
    'alert_unanswered' as trigger_kind,
    episodes.step as trigger_key,
    episodes.action_id as subject,
    episodes.started_on,
    episodes.lasted_through,
    concat(
        'No answer to ', replace(episodes.play_id, '_', ' '), ' of ', cast(cast(episodes.routed_at as date) as varchar),
        case episodes.delivery_state
            when 'dead' then ' (not delivered)'
            when 'held' then ' (perhaps not delivered)'
        end,
        case when episodes.due_at <= episodes.reached_at then ', which was due on ' else ', which is due on ' end,
        left(cast(episodes.due_at as varchar), 16), ' UTC'
    ) as trigger_words,
    {{ json_object({
        'alert_action_id': 'episodes.action_id',
        'alert_play': 'episodes.play_id',
        'alert_reason': 'episodes.reason',
        'alert_routed_at': "left(cast(episodes.routed_at as varchar), 16)",
        'alert_due_at': "left(cast(episodes.due_at as varchar), 16)",
        'alert_overdue': 'episodes.due_at <= episodes.reached_at',
        'alert_state': 'episodes.delivery_state',
        'alert_owner': 'csms.name',
    }) }} as trigger_facts
from episodes
left join csms on episodes.csm_id = csms.csm_id
where episodes.lasted_through >= episodes.started_on
