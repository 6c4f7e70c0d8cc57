with experiments as (
    select * from {{ ref('experiments') }}
),

accounts as (
    select * from {{ ref('dim_accounts') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

versions as (
    select
        valid_from,
        lead(valid_from) over (order by valid_from) - 1 as valid_through
    from (select distinct valid_from from experiments) as dates
),

running as (
    select
        experiments.*,
        greatest(experiments.valid_from, experiments.starts_on) as true_from,
        least(versions.valid_through, experiments.ends_on, rollout.as_of) as true_through
    from experiments
    cross join rollout
    inner join versions on experiments.valid_from = versions.valid_from
)

select
    accounts.account_id,
    'held_out' as fact,
    running.play_id,
    running.true_from,
    running.true_through,
    concat('experiment ', running.experiment_id) as evidence
from accounts
inner join running
    on {{ hash_share("concat(running.salt, accounts.account_id)") }} < running.share
where running.true_through >= running.true_from
