-- On any channel: who works through the API is never told that it was not seen, has not begun, or does not use a
-- feature that it uses.
with triggers as (
    select * from {{ ref('int_usage_quiet_triggers') }}
    union all
    select * from {{ ref('int_onboarding_triggers') }}
    where trigger_key in (
            select step from {{ ref('onboarding_steps') }}
            where condition = 'not_started'
        )
    union all
    select * from {{ ref('int_feature_adoption_triggers') }}
),

silences as (
    select
        *,
        case
            when trigger_kind = 'usage_quiet'
                then cast({{ json_text('trigger_facts', "'last_active_on'") }} as date)
            when trigger_key = 'abandoned'
                then cast({{ json_text('trigger_facts', "'feature_last_used_on'") }} as date)
        end as silent_after
    from triggers
)

select
    silences.account_id,
    silences.trigger_kind,
    silences.trigger_key,
    silences.subject,
    silences.started_on,
    usage.used_on,
    usage.channel
from silences
inner join {{ ref('int_usage_daily') }} as usage
    on silences.account_id = usage.account_id
    and silences.lasted_through >= usage.used_on
    and usage.used_on > coalesce(silences.silent_after, date '0001-01-01')
    and (silences.subject is null or silences.subject = usage.feature)
