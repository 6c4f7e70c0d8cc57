with source as (
    select * from {{ source('raw_salesforce', 'events') }}
),

renamed as (
    select
        id as event_id,
        subject,
        coalesce(type, event_subtype) as type,
        start_date_time as started_at,
        end_date_time as ended_at,
        coalesce(is_all_day_event, false) as is_all_day,
        coalesce(minutes, {{ minutes_between('start_date_time', 'end_date_time') }}, duration_in_minutes) as minutes,
        owner_id,
        account_id,
        who_id as contact_id,
        what_id as related_id,
        action_id
    from source
    where
        not coalesce(is_deleted, false)
        and not coalesce(is_child, false)
        and not coalesce(is_recurrence, false)
)

select * from renamed
