{{ config(materialized='table') }}

with users as (
    select * from {{ ref('int_users') }}
),

user_days as (
    select * from {{ ref('int_user_days') }}
),

address_standing as (
    select * from {{ ref('int_address_standing') }}
),

contact_order as (
    select * from {{ ref('contact_order') }}
),

scoring_windows as (
    select * from {{ ref('scoring_windows') }}
),

run as (
    select * from {{ ref('int_run') }}
),

reachable as (
    select
        users.*,
        lower(trim(users.email)) as contact_email
    from users
    cross join run
    where users.account_id is not null
        and users.email like '%_@_%._%'
        and coalesce(cast(users.created_at as date) <= run.as_of, true)
),

-- one person in several systems is one contact: what any of them knows counts, but who left one has left
people as (
    select
        reachable.account_id,
        reachable.contact_email,
        min_by(reachable.name, reachable.system) filter (where reachable.name is not null) as name,
        coalesce(bool_or(reachable.is_champion), false) as is_champion,
        coalesce(bool_or(reachable.is_unsubscribed or address_standing.is_unsubscribed), false) as is_unsubscribed,
        coalesce(bool_or(reachable.is_bounced or address_standing.is_bounced), false) as is_bounced,
        string_agg(distinct replace(lower(trim(reachable.role)), ' ', '_'), ' ') as roles
    from reachable
    left join address_standing
        on reachable.contact_email = address_standing.email
    where not exists (
            select 1
            from users as gone
            cross join run
            where lower(trim(gone.email)) = reachable.contact_email
                and gone.account_id = reachable.account_id
                and cast(gone.deactivated_at as date) <= run.as_of
        )
    group by reachable.account_id, reachable.contact_email
),

-- usage names a person by the product's id or by the address
keys as (
    select distinct account_id, contact_email, coalesce(external_id, record_id) as user_key from reachable
    union
    select distinct account_id, contact_email, record_id as user_key from reachable
    union
    select distinct account_id, contact_email, contact_email as user_key from reachable
),

activity as (
    select
        keys.account_id,
        keys.contact_email,
        count(distinct user_days.used_on) as active_days,
        max(user_days.used_on) as last_active_on
    from keys
    cross join run
    inner join scoring_windows
        on scoring_windows.valid_from = {{ policy_version(ref('scoring_windows'), 'run.as_of') }}
    inner join user_days
        on keys.account_id = user_days.account_id
        and keys.user_key = user_days.user_key
        and user_days.used_on between run.as_of - scoring_windows.support_window_days + 1 and run.as_of
    group by keys.account_id, keys.contact_email
),

placed as (
    select
        people.account_id,
        people.contact_email,
        people.name,
        people.is_unsubscribed,
        people.is_bounced,
        coalesce(activity.active_days, 0) as active_days,
        activity.last_active_on,
        min(contact_order.place) as place,
        min_by(contact_order.contact_kind, contact_order.place) as contact_kind
    from people
    cross join run
    left join activity
        on people.account_id = activity.account_id
        and people.contact_email = activity.contact_email
    inner join contact_order
        on contact_order.valid_from = {{ policy_version(ref('contact_order'), 'run.as_of') }}
        and case contact_order.contact_kind
            when 'champion' then people.is_champion
            when 'role' then {{ share_a_word('people.roles', 'contact_order.roles') }}
            when 'most_active' then activity.active_days > 0
            else true
        end
    group by all
)

select
    account_id,
    contact_email as email,
    name,
    contact_kind,
    active_days,
    last_active_on,
    is_unsubscribed,
    is_bounced,
    -- whoever mail does not reach comes last, and before them who does not want it
    row_number() over (
        partition by account_id
        order by is_bounced, is_unsubscribed, place, -active_days, contact_email
    ) as contact_rank
from placed
