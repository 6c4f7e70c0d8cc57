-- Nobody is prompted, alerted on or escalated after they have left, as far as this build can know.
select
    decisions.action_id,
    accounts.churned_on
from {{ ref('fct_action_decisions') }} as decisions
inner join {{ ref('dim_accounts') }} as accounts on decisions.account_id = accounts.account_id
cross join {{ ref('int_run') }} as run
where decisions.decided_for >= accounts.churned_on
    and decisions.suppressed_by is null
    and decisions.decided_for > coalesce(run.scored_through, date '0001-01-01')
