-- One row per account, as the export knows it on its last day.
with account_rows as (
    select * from read_csv('ravenstack_accounts.csv', all_varchar = true)
),

subscriptions as (
    select
        account_id,
        strptime(start_date, '%d-%m-%Y')::date as started_on,
        strptime(end_date, '%d-%m-%Y')::date as ended_on,
        arr_amount::double as arr,
        billing_frequency
    from read_csv('ravenstack_subscriptions.csv', all_varchar = true)
),

churn_events as (
    select account_id, max(strptime(churn_date, '%d-%m-%Y')::date) as last_churned_on
    from read_csv('ravenstack_churn_events.csv', all_varchar = true)
    group by account_id
),

-- The last day anything in the export happened on.
export_end as (
    select max(happened_on) as ended_on
    from (
        select max(greatest(started_on, ended_on)) as happened_on from subscriptions
        union all
        select max(strptime(usage_date, '%d-%m-%Y')::date)
        from read_csv('ravenstack_feature_usage.csv', all_varchar = true)
        union all
        select max(strptime(submitted_at, '%d-%m-%Y')::date)
        from read_csv('ravenstack_support_tickets.csv', all_varchar = true)
    )
),

-- No subscription starts before its account's signup, so the first start is the contract's.
contracts as (
    select
        account_id,
        min(started_on) as contract_started_on,
        max(started_on) as last_started_on,
        sum(arr) filter (subscriptions.ended_on is null) as open_arr
    from subscriptions
    group by account_id
),

-- Paid subscriptions that are open at the end, and the first yearly anniversary of each after it. A monthly plan
-- rolls over by itself every month; its yearly anniversary is the next moment worth a conversation.
anniversaries as (
    select
        subscriptions.account_id,
        subscriptions.billing_frequency,
        (
            subscriptions.started_on
            + to_years(1 + date_sub('year', subscriptions.started_on, export_end.ended_on)::integer)
        )::date as renews_on
    from subscriptions
    cross join export_end
    where subscriptions.ended_on is null and subscriptions.arr > 0
),

-- The next one counts: of the annual contracts where there are any, else of the monthly ones.
renewals as (
    select
        account_id,
        coalesce(min(renews_on) filter (billing_frequency = 'annual'), min(renews_on)) as renewal_on
    from anniversaries
    group by account_id
),

-- `churn_flag` is not used: it contradicts the churn events (277 accounts have an event and no flag, 35 a flag and no
-- event) and carries no date. An account is churned when nothing was started after its last churn event; before
-- that day it was not, which the date lets the models see.
churned as (
    select churn_events.account_id, churn_events.last_churned_on as churned_on
    from churn_events
    inner join contracts using (account_id)
    where contracts.last_started_on <= churn_events.last_churned_on
)

select
    account_rows.account_id,
    account_rows.account_name as name,
    account_rows.industry,
    account_rows.plan_tier as plan,
    account_rows.country as region,
    strptime(account_rows.signup_date, '%d-%m-%Y') as signed_up_at,
    contracts.contract_started_on,
    case when churned.account_id is null then renewals.renewal_on end as renewal_on,
    coalesce(contracts.open_arr, 0) as arr,
    'USD' as currency,
    case when churned.account_id is null then 'active' else 'churned' end as status,
    churned.churned_on,
    account_rows.seats,
    account_rows.referral_source,
    account_rows.is_trial
from account_rows
left join contracts using (account_id)
left join renewals using (account_id)
left join churned using (account_id)
order by account_rows.account_id
