with tasks as (
    select * from {{ ref('stg_hubspot__tasks') }}
),

meetings as (
    select * from {{ ref('stg_hubspot__meetings') }}
),

calls as (
    select * from {{ ref('stg_hubspot__calls') }}
),

notes as (
    select * from {{ ref('stg_hubspot__notes') }}
),

contacts as (
    select * from {{ ref('stg_hubspot__contacts') }}
),

csms as (
    select * from {{ ref('int_hubspot__csms') }}
),

types as (
    {{ vocabulary('hubspot', 'activity_type') }}
),

-- what happened: not what is still to do, was cancelled or not answered
done as (
    select
        task_id as record_id,
        subject as text,
        type,
        completed_at as started_at,
        minutes,
        owner_id,
        company_id,
        contact_id,
        action_id
    from tasks
    where status = 'COMPLETED'
    union all
    select
        meeting_id as record_id,
        subject as text,
        type,
        started_at,
        minutes,
        owner_id,
        company_id,
        contact_id,
        action_id
    from meetings
    where coalesce(status, '') not in ('CANCELED', 'NO_SHOW', 'RESCHEDULED')
    union all
    select
        call_id as record_id,
        subject as text,
        coalesce(type, 'call') as type,
        started_at,
        minutes,
        owner_id,
        company_id,
        contact_id,
        action_id
    from calls
    where coalesce(status, 'COMPLETED') = 'COMPLETED'
    union all
    select
        note_id as record_id,
        cast(null as varchar) as text,
        cast(null as varchar) as type,
        started_at,
        minutes,
        owner_id,
        company_id,
        contact_id,
        action_id
    from notes
),

subjects as (
    {{ words_found('hubspot', 'activity_subject', 'done') }}
)

select
    done.record_id,
    done.owner_id as csm_record_id,
    coalesce(done.company_id, contacts.company_id) as account_record_id,
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
