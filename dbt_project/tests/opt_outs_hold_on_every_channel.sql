select
    plays.play_id,
    plays.valid_from
from {{ ref('plays') }} as plays
left join {{ ref('int_guard_scopes') }} as scopes
    on plays.play_id = scopes.play_id
    and plays.valid_from = scopes.play_valid_from
    and scopes.fact = 'contact_unsubscribed'
where plays.recipient_role = 'account'
    and plays.message_kind = 'marketing'
    and scopes.guard_id is null
