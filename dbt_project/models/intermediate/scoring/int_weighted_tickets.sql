with tickets as (
    select * from {{ ref('int_tickets') }}
),

support_contacts as (
    select * from {{ ref('support_contacts') }}
),

dated as (
    select
        ticket_id,
        account_id,
        cast(created_at as date) as created_on,
        handled_by,
        is_escalated
    from tickets
)

select
    dated.ticket_id,
    dated.account_id,
    dated.created_on,
    dated.is_escalated,
    support_contacts.contact_weight
from dated
-- a contact weighs what the policy of its own day says
inner join support_contacts
    on dated.handled_by = support_contacts.handled_by
    and dated.is_escalated = support_contacts.is_escalated
    and support_contacts.valid_from = {{ policy_version(ref('support_contacts'), 'dated.created_on') }}
