with source as (
    select * from {{ source('raw_ledger', 'deliveries') }}
),

renamed as (
    select
        action_id,
        channel,
        state,
        account_id,
        play_id,
        activity,
        mode,
        template_id,
        recipient,
        reason,
        suppressed_by,
        suppressed_reason,
        is_immediate,
        priority,
        decided_for,
        sla_due_at,
        policy_valid_from,
        facts,
        snapshot_version,
        created_at as enqueued_at,
        published_at,
        attempts,
        first_attempt_at,
        delivered_at,
        destination,
        destination_ref,
        last_error,
        send_after_at,
        expires_at,
        approved_at,
        approved_by
    from source
)

select * from renamed
