-- Whoever scores below the bound on the day of the decision goes first. Earlier builds decided on what they knew.
select
    decisions.action_id,
    health.score
from {{ ref('fct_action_decisions') }} as decisions
inner join {{ ref('fct_account_health_daily') }} as health
    on decisions.account_id = health.account_id
    and decisions.decided_for = health.date
inner join {{ ref('routing') }} as routing
    on routing.valid_from = {{ policy_version(ref('routing'), 'decisions.decided_for') }}
cross join {{ ref('int_run') }} as run
where health.score < routing.immediate_below
    and not decisions.is_immediate
    and decisions.decided_for > coalesce(run.scored_through, date '0001-01-01')
