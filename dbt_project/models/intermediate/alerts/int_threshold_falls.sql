with health as (
    select * from {{ ref('fct_account_health_daily') }}
),

tiers as (
    select * from {{ ref('tiers') }}
),

routing as (
    select * from {{ ref('routing') }}
),

alert_thresholds as (
    select * from {{ ref('alert_thresholds') }}
),

budget as (
    select
        budget.*,
        run.as_of,
        run.as_of - 7 * budget.history_weeks as looked_after
    from {{ ref('alert_budget') }} as budget
    cross join {{ ref('int_run') }} as run
    where budget.valid_from = {{ policy_version(ref('alert_budget'), 'run.as_of') }}
),

-- what policy says of each bound: a tier is entered below the lower bound of the one above it
bounds as (
    select
        tiers.tier as bound,
        above.lower_bound as policy_threshold,
        tiers.lower_bound as floor,
        above.rise_margin,
        above.fall_margin
    from tiers
    cross join budget
    inner join tiers as above
        on tiers.valid_from = above.valid_from
        and tiers.tier_rank + 1 = above.tier_rank
    where tiers.valid_from = {{ policy_version(ref('tiers'), 'budget.as_of') }}

    union all

    select
        'immediate' as bound,
        routing.immediate_below as policy_threshold,
        0 as floor,
        routing.recovery_margin as rise_margin,
        0 as fall_margin
    from routing
    cross join budget
    where routing.valid_from = {{ policy_version(ref('routing'), 'budget.as_of') }}
),

candidates as (
    select
        bound,
        policy_threshold as threshold
    from bounds

    union

    select
        alert_thresholds.bound,
        alert_thresholds.threshold
    from alert_thresholds
    cross join budget
    where alert_thresholds.valid_from = {{ policy_version(ref('alert_thresholds'), 'budget.as_of') }}
),

-- below from `fall`, above from `rise`, as it was in between
states as (
    select
        health.account_id,
        health.date,
        health.score,
        bounds.floor,
        candidates.bound,
        candidates.threshold,
        last_value(
            case
                when health.score < candidates.threshold - bounds.fall_margin then 1
                when health.score >= candidates.threshold + bounds.rise_margin then 0
            end ignore nulls
        ) over (
            partition by health.account_id, candidates.bound, candidates.threshold
            order by health.date
            rows between unbounded preceding and current row
        ) as is_below
    from health
    cross join budget
    cross join candidates
    inner join bounds on candidates.bound = bounds.bound
    where health.date >= budget.looked_after
        and not health.is_provisional
),

steps as (
    select
        *,
        lag(is_below) over (partition by account_id, bound, threshold order by date) as was_below
    from states
),

falls as (
    select
        bound,
        threshold,
        count(*) as falls
    from steps
    where is_below = 1
        and was_below = 0
        -- who fell through it is told of by the bound below
        and score >= floor
    group by bound, threshold
)

select
    candidates.bound,
    candidates.threshold,
    candidates.threshold = bounds.policy_threshold as is_policy,
    coalesce(falls.falls, 0) as falls
from candidates
inner join bounds on candidates.bound = bounds.bound
left join falls on candidates.bound = falls.bound and candidates.threshold = falls.threshold
