with accounts as (
    select * from {{ ref('int_accounts') }}
),

csm_activities as (
    select * from {{ ref('int_csm_activities') }}
),

qbr_cadence as (
    select * from {{ ref('qbr_cadence') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

held as (
    select distinct
        csm_activities.account_id,
        cast(csm_activities.started_at as date) as held_on
    from csm_activities
    cross join rollout
    where csm_activities.kind = 'qbr'
        and cast(csm_activities.started_at as date) <= rollout.as_of
),

-- every review, and the beginning, is what the next one counts from
anchors as (
    select
        account_id,
        held_on as counts_from,
        true as is_review
    from held

    union all

    select
        account_id,
        started_on as counts_from,
        false as is_review
    from accounts
    where started_on is not null
),

followed as (
    select
        anchors.*,
        lead(anchors.counts_from) over (
            partition by anchors.account_id order by anchors.counts_from, anchors.is_review
        ) as next_review_on
    from anchors
),

dated as (
    select
        followed.account_id,
        cadence.segment,
        followed.is_review,
        followed.counts_from,
        followed.next_review_on,
        cadence.cadence_days,
        cadence.lead_days,
        cadence.meeting_minutes,
        cadence.preparation_minutes,
        followed.counts_from
        + case when followed.is_review then cadence.cadence_days else cadence.first_after_days end as due_on,
        accounts.last_on
    from followed
    inner join accounts on followed.account_id = accounts.account_id
    inner join qbr_cadence as cadence
        on cadence.valid_from = {{ policy_version(ref('qbr_cadence'), 'followed.counts_from') }}
)

-- whether an old account was ever reviewed before there were records nobody knows: their first reviews are spread over
-- one cadence after go-live, each account on a day of its own
select
    dated.account_id,
    dated.segment,
    case when dated.is_review then dated.counts_from end as last_review_on,
    dated.next_review_on,
    case
        when not dated.is_review and dated.due_on < rollout.live_on
            then rollout.live_on + cast(
                    floor({{ hash_share("concat('qbr', dated.account_id)") }} * dated.cadence_days) as integer
                )
        else dated.due_on
    end as due_on,
    dated.cadence_days,
    dated.lead_days,
    dated.meeting_minutes,
    dated.preparation_minutes,
    least(dated.next_review_on - 1, dated.last_on) as lasted_through
from dated
cross join rollout
