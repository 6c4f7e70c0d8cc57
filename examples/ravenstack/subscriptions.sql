-- One row per subscription. A trial's amounts are 0, and stay so: a trial is no revenue.
select
    subscription_id,
    account_id,
    strptime(start_date, '%d-%m-%Y')::date as started_on,
    strptime(end_date, '%d-%m-%Y')::date as ended_on,
    mrr_amount as mrr,
    'USD' as currency,
    plan_tier as plan,
    seats,
    is_trial,
    billing_frequency,
    auto_renew_flag as is_auto_renewed
from read_csv('ravenstack_subscriptions.csv', all_varchar = true)
order by subscription_id
