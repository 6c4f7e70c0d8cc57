with tasks as (
    select * from {{ ref('stg_salesforce__tasks') }}
),

events as (
    select * from {{ ref('stg_salesforce__events') }}
),

contacts as (
    select * from {{ ref('stg_salesforce__contacts') }}
),

csms as (
    select * from {{ ref('int_salesforce__csms') }}
),

types as (
    {{ vocabulary('salesforce', 'activity_type') }}
),

done as (
    select
        task_id as record_id,
        subject as text,
        type,
        coalesce(completed_at, cast(due_on as timestamp)) as started_at,
        minutes,
        owner_id,
        account_id,
        contact_id,
        related_id,
        action_id
    from tasks
    where is_closed
    union all
    select
        event_id as record_id,
        subject as text,
        type,
        started_at,
        case when not is_all_day then minutes end as minutes,
        owner_id,
        account_id,
        contact_id,
        related_id,
        action_id
    from events
),

subjects as (
    {{ words_found('salesforce', 'activity_subject', 'done') }}
)

select
    done.record_id,
    done.owner_id as csm_record_id,
    -- 001 begins the ids of accounts
    coalesce(
        done.account_id,
        case when done.related_id like '001%' then done.related_id end,
        contacts.account_id
    ) as account_record_id,
    coalesce(subjects.value, types.value, anything.value) as kind,
    done.started_at,
    done.minutes,
    done.action_id
from done
inner join csms on done.owner_id = csms.record_id
left join contacts on done.contact_id = contacts.contact_id
left join subjects on done.record_id = subjects.record_id
left join types on lower(trim(done.type)) = types.source_value
left join types as anything on anything.source_value = '*'
