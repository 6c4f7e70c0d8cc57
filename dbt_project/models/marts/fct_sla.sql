with alerts as (
    select * from {{ ref('int_sla_alerts') }}
),

moments as (
    select * from {{ ref('int_sla_moments') }}
),

responses as (
    select * from {{ ref('int_sla_responses') }}
),

days as (
    select * from {{ ref('int_sla_days') }}
),

timed as (
    select
        alerts.*,
        due.reached_at as due_at,
        responses.responded_at,
        responses.response_kind,
        {{ sla_reading('answered', 'responses.responded_at') }} - ({{ sla_reading('routed', 'alerts.routed_at') }})
            as business_minutes
    from alerts
    left join moments as due
        on alerts.action_id = due.action_id
        and due.step = 'due'
    left join responses on alerts.action_id = responses.action_id
    left join days as routed
        on coalesce(alerts.csm_id, '') = routed.desk
        and routed.clock = 'business'
        and alerts.routed_at >= routed.begins_at
        and alerts.routed_at < routed.ends_at
    left join days as answered
        on coalesce(alerts.csm_id, '') = answered.desk
        and answered.clock = 'business'
        and responses.responded_at >= answered.begins_at
        and responses.responded_at < answered.ends_at
)

select
    action_id,
    account_id,
    csm_id,
    play_id,
    activity,
    mode,
    recipient_role,
    is_immediate,
    decided_for,
    delivery_state,
    routed_at,
    clock,
    sla_hours,
    due_at,
    responded_at,
    response_kind,
    cast(round({{ minutes_between('routed_at', 'responded_at') }}, 1) as double) as response_minutes,
    cast(round(business_minutes, 1) as double) as business_minutes,
    closed_on,
    coalesce(
        due_at <= observed_until
        and coalesce(responded_at, timestamp '9999-12-31') > due_at
        and coalesce(cast(closed_on as timestamp), timestamp '9999-12-31') > due_at,
        false
    ) as is_breached,
    case
        when responded_at <= due_at then 'answered'
        when responded_at is not null then 'answered_late'
        when closed_on is not null then 'closed'
        when due_at <= observed_until then 'overdue'
        else 'open'
    end as status
from timed
order by routed_at, action_id
