with poll_events as (
    select * from {{ ref('stg_pendo__poll_events') }}
),

polls as (
    select * from {{ ref('stg_pendo__polls') }}
),

kinds as (
    {{ vocabulary('pendo', 'poll_type') }}
),

ratings as (
    select
        poll_events.visitor_id,
        poll_events.poll_id,
        poll_events.guide_id,
        poll_events.account_id,
        poll_events.answered_at,
        polls.follow_up_poll_id,
        kinds.value as kind,
        try_cast(poll_events.poll_response as double) as score
    from poll_events
    inner join polls on poll_events.poll_id = polls.poll_id
    inner join kinds on lower(polls.poll_type) = kinds.source_value
),

comments as (
    select
        ratings.visitor_id,
        ratings.poll_id,
        ratings.answered_at,
        min_by(poll_events.poll_response, poll_events.answered_at) as comment
    from ratings
    inner join poll_events
        on ratings.visitor_id = poll_events.visitor_id
        and ratings.follow_up_poll_id = poll_events.poll_id
        and ratings.answered_at <= poll_events.answered_at
        and ratings.answered_at + interval 1 day > poll_events.answered_at
    group by 1, 2, 3
)

select
    concat_ws('/', ratings.poll_id, ratings.visitor_id, ratings.answered_at) as record_id,
    ratings.account_id as account_record_id,
    ratings.visitor_id as user_record_id,
    case when ratings.visitor_id like '%@%' then ratings.visitor_id end as email,
    ratings.answered_at as submitted_at,
    ratings.kind,
    ratings.score,
    comments.comment
from ratings
left join comments
    on ratings.visitor_id = comments.visitor_id
    and ratings.poll_id = comments.poll_id
    and ratings.answered_at = comments.answered_at
where ratings.score is not null
