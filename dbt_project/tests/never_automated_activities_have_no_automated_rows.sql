-- What policy says a machine must never do is never decided as automated, nor as assisted.
select
    decisions.action_id,
    decisions.activity,
    decisions.mode
from {{ ref('fct_action_decisions') }} as decisions
inner join {{ ref('activities') }} as activities
    on decisions.activity = activities.activity
    and activities.valid_from = {{ policy_version(ref('activities'), 'decisions.decided_for') }}
where activities.automation = 'never'
    and decisions.mode <> 'human'
