{{ config(materialized='table') }}

with conversations as (
    select * from {{ ref('int_conversations') }}
),

tickets as (
    select * from {{ ref('int_tickets') }}
),

contacts as (
    select
        conversation_id as contact_id,
        cast(null as varchar) as ticket_id,
        account_id,
        lower(email) as email,
        started_at as contacted_at,
        question as said
    from conversations

    union all

    select
        concat('ticket ', ticket_id) as contact_id,
        ticket_id,
        account_id,
        lower(email) as email,
        created_at as contacted_at,
        subject as said
    from tickets
),

-- whoever has no name may be anyone of the account
later as (
    select
        conversations.conversation_id,
        contacts.contacted_at,
        {{ text_similarity('conversations.question', 'contacts.said') }} >= conversations.topic_similarity
            as is_on_topic
    from conversations
    inner join contacts
        on conversations.account_id = contacts.account_id
        and conversations.answered_at < contacts.contacted_at
        and conversations.window_ends_at >= contacts.contacted_at
        and conversations.known_until > contacts.contacted_at
        and (conversations.email is null or lower(conversations.email) = contacts.email)
    where contacts.contact_id <> conversations.conversation_id
        and contacts.ticket_id is distinct from conversations.ticket_id
)

select
    conversation_id,
    min(contacted_at) as recontacted_at,
    min(contacted_at) filter (where is_on_topic) as recontacted_on_topic_at
from later
group by conversation_id
