with feeds as (
    {{ union_feeds('external_scores') }}
),

identity as (
    select * from {{ ref('int_account_identity') }}
),

observed as (
    select
        feeds.system,
        identity.account_id,
        feeds.measure,
        cast(feeds.recorded_at as date) as observed_on,
        feeds.account_record_id,
        feeds.score,
        feeds.label,
        feeds.recorded_at,
        -- of several words on one day the last one counts, also where two records are one account
        row_number() over (
            partition by feeds.system, identity.account_id, feeds.measure, cast(feeds.recorded_at as date)
            order by feeds.recorded_at desc, feeds.account_record_id asc, feeds.score asc, feeds.label asc
        ) as recency
    from feeds
    inner join identity
        on feeds.system = identity.system
        and feeds.account_record_id = identity.record_id
    where identity.account_id is not null
)

select
    system,
    account_id,
    measure,
    observed_on,
    account_record_id,
    score,
    label,
    lag(score) over (partition by system, account_id, measure order by observed_on) as previous_score,
    lag(label) over (partition by system, account_id, measure order by observed_on) as previous_label,
    recorded_at
from observed
where recency = 1
order by system, account_id, measure, observed_on
