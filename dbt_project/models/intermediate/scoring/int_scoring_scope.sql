{{ config(
    materialized='table',
    post_hook="{{ note_scope() }}",
) }}

with accounts as (
    select * from {{ ref('int_accounts') }}
),

policy_days as (
    select * from {{ ref('int_policy_days') }}
),

-- `--full-refresh` scores the whole history again; the daily models themselves are never dropped for it
scored_days as (
    select * from {{ ref('stg_tierline__scored_days') }}
    {% if flags.FULL_REFRESH %}
        where false
    {% endif %}
),

-- what a build that failed has scored in its own way
unfinished_scopes as (
    select * from {{ ref('stg_tierline__unfinished_scopes') }}
),

changes as (
    select * from {{ ref('int_input_changes') }}
),

scoring_windows as (
    select * from {{ ref('scoring_windows') }}
),

run as (
    select * from {{ ref('int_run') }}
),

life as (
    select
        accounts.account_id,
        policy_days.day,
        policy_days.policy_fingerprint
    from accounts
    inner join policy_days on policy_days.day between accounts.started_on and accounts.last_on
),

-- days never scored, scored by another policy, or no longer part of the account's life
unmatched as (
    select
        coalesce(life.account_id, scored_days.account_id) as account_id,
        coalesce(life.day, scored_days.scored_on) as day
    from life
    full outer join scored_days
        on life.account_id = scored_days.account_id
        and life.day = scored_days.scored_on
    where life.policy_fingerprint is distinct from scored_days.policy_fingerprint
),

-- late data re-scores no further back than the policy looks; changed master data from today on
changed as (
    select
        accounts.account_id,
        greatest(
            coalesce(changes.changed_on, run.as_of),
            run.as_of - scoring_windows.late_data_lookback_days
        ) as day
    from changes
    cross join run
    inner join scoring_windows
        on scoring_windows.valid_from = {{ policy_version(ref('scoring_windows'), 'run.as_of') }}
    -- a change without an account (the feature catalogue) touches all of them
    inner join accounts on coalesce(changes.account_id, accounts.account_id) = accounts.account_id
),

to_score as (
    select * from unmatched
    union all
    select * from changed
    union all
    select * from unfinished_scopes
)

select
    account_id,
    min(day) as score_from
from to_score
group by account_id
