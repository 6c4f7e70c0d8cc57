with decisions as (
    select * from {{ ref('fct_action_decisions') }}
),

deliveries as (
    select * from {{ ref('fct_deliveries') }}
),

scopes as (
    select * from {{ ref('int_guard_scopes') }}
),

facts as (
    select * from {{ ref('int_guard_facts') }}
),

lifts as (
    select * from {{ ref('int_guard_lifts') }}
),

contacts as (
    select * from {{ ref('int_account_contacts') }}
),

alerts as (
    select * from {{ ref('fct_alerts') }}
),

run as (
    select * from {{ ref('int_run') }}
),

-- what a build decided is sent the day after; people's overrides count for the day on which it is sent
delivery_guards as (
    select
        delivery_guards.*,
        run.as_of,
        run.as_of + 1 as sent_on
    from {{ ref('delivery_guards') }} as delivery_guards
    cross join run
    where delivery_guards.valid_from = {{ policy_version(ref('delivery_guards'), 'run.as_of') }}
),

unsettled as (
    select decisions.*
    from decisions
    left join deliveries on decisions.action_id = deliveries.action_id
    where decisions.suppressed_by is null
        and decisions.account_id is not null
        and coalesce(deliveries.state, 'pending') not in ('delivered', 'suppressed')
),

watched as (
    select
        unsettled.action_id,
        unsettled.account_id,
        unsettled.play_id,
        unsettled.channel,
        unsettled.recipient,
        scopes.guard_id,
        scopes.fact,
        scopes.effect,
        scopes.priority,
        delivery_guards.words,
        delivery_guards.as_of,
        delivery_guards.sent_on
    from unsettled
    inner join scopes
        on unsettled.play_id = scopes.play_id
        and unsettled.policy_valid_from = scopes.play_valid_from
        and not (scopes.spares_immediate and unsettled.is_immediate)
    inner join delivery_guards
        on scopes.guard_id = delivery_guards.guard_id
        and delivery_guards.as_of between scopes.guard_from and scopes.guard_through
    where not exists (
            select 1 from lifts
            where lifts.guard_id = scopes.guard_id
                and lifts.account_id in ('*', unsettled.account_id)
                and lifts.play_id in ('*', unsettled.play_id)
                and (
                    unsettled.decided_for between lifts.lifted_from and lifts.lifted_through
                    or delivery_guards.sent_on between lifts.lifted_from and lifts.lifted_through
                )
        )
),

stops as (
    select
        watched.*,
        facts.evidence,
        cast(null as varchar) as only_for,
        cast(null as varchar) as on_news
    from watched
    inner join facts
        on watched.account_id = facts.account_id
        and watched.fact = facts.fact
        and facts.play_id in ('*', watched.play_id)
        and case when watched.fact = 'blocked' then watched.sent_on else watched.as_of end
        between facts.true_from and facts.true_through
    where watched.fact not in ('contact_bounced', 'contact_unsubscribed')

    union all

    -- the person it goes to, whoever the account's first contact is by now; for whom nothing is known yet, the news
    -- of the address that would change it between this build and the sending
    select
        watched.*,
        contacts.email as evidence,
        watched.recipient as only_for,
        case
            when contacts.email is not null then null
            when watched.fact = 'contact_bounced' then 'hard_bounce'
            else 'unsubscribe complaint'
        end as on_news
    from watched
    left join contacts
        on watched.account_id = contacts.account_id
        and case
            when watched.channel in ('email', 'intercom') then lower(trim(watched.recipient)) = contacts.email
            else contacts.contact_rank = 1
        end
        and case watched.fact
            when 'contact_bounced' then contacts.is_bounced
            when 'contact_unsubscribed' then contacts.is_unsubscribed
        end
    where watched.fact in ('contact_bounced', 'contact_unsubscribed')
        and (contacts.email is not null or watched.channel in ('email', 'intercom'))

    union all

    select
        watched.*,
        cast(null as varchar) as evidence,
        cast(null as varchar) as only_for,
        cast(null as varchar) as on_news
    from watched
    where watched.effect = 'delay'
),

overs as (
    select
        unsettled.action_id,
        unsettled.account_id,
        delivery_guards.guard_id,
        concat(delivery_guards.words, ': ', alerts.closed_reason, ' on ', cast(alerts.closed_on as varchar)) as words
    from unsettled
    inner join alerts on unsettled.action_id = alerts.action_id
    inner join delivery_guards
        on delivery_guards.guard_id = 'alert_over'
        and {{ word_in('alerts.closed_reason', 'delivery_guards.closed_reasons') }}
    where not alerts.is_open
)

select
    action_id,
    account_id,
    guard_id,
    effect,
    max(only_for) as recipient,
    max(on_news) as on_news,
    concat(min(words), ': ' || min(evidence)) as words,
    min(priority) as priority
from stops
group by action_id, account_id, guard_id, effect

union all

select
    action_id,
    account_id,
    guard_id,
    'suppress' as effect,
    cast(null as varchar) as recipient,
    cast(null as varchar) as on_news,
    words,
    -- after the guards that say more
    1000 as priority
from overs

order by action_id, priority
