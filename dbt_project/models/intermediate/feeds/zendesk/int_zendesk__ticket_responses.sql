with comments as (
    select * from {{ ref('stg_zendesk__ticket_comments') }}
),

staff as (
    select * from {{ ref('int_zendesk__staff') }}
),

tickets as (
    select * from {{ ref('stg_zendesk__tickets') }}
),

answers as (
    select
        comments.ticket_id,
        comments.created_at,
        staff.is_ai
    from comments
    inner join staff on comments.author_id = staff.user_id
    inner join tickets on comments.ticket_id = tickets.ticket_id
    -- triggers and other bots are no staff; a ticket that staff opened for a customer is no answer to it
    where
        comments.is_public
        and not (comments.author_id = tickets.requester_id)
        and comments.created_at > tickets.created_at
)

select
    ticket_id,
    min(created_at) as first_response_at,
    min(created_at) filter (where not is_ai) as first_human_response_at
from answers
group by ticket_id
