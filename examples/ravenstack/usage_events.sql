-- One row per row of the export: the use of one feature on one day under one subscription, `quantity` times.
-- In the export's own order, so that of two rows with one usage_id the later one counts.
with usage_rows as (
    select *, row_number() over () as export_row
    from read_csv('ravenstack_feature_usage.csv', all_varchar = true)
),

-- Usage hangs on subscriptions; the account is the subscription's.
subscriptions as (
    select subscription_id, account_id
    from read_csv('ravenstack_subscriptions.csv', all_varchar = true)
)

select
    usage_rows.usage_id as event_id,
    strptime(usage_rows.usage_date, '%d-%m-%Y') as occurred_at,
    subscriptions.account_id,
    'feature_used' as event,
    usage_rows.feature_name as feature,
    -- The export measures seconds spent in a feature, which only a screen has.
    'ui' as channel,
    usage_rows.usage_count as quantity,
    to_json({
        subscription_id: usage_rows.subscription_id,
        duration_seconds: usage_rows.usage_duration_secs::bigint,
        errors: usage_rows.error_count::bigint,
        is_beta: usage_rows.is_beta_feature::boolean
    }) as properties
from usage_rows
left join subscriptions using (subscription_id)
order by usage_rows.export_row
