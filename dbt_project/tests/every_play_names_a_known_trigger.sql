-- A kind without a model, or a tier without a bound, would never set off anything.
{% set kinds = trigger_kinds() | list + ['feed_stale', 'daily_list', 'weekly_digest'] %}

select
    plays.valid_from,
    plays.play_id,
    plays.trigger_kind,
    plays.trigger_key
from {{ ref('plays') }} as plays
left join {{ ref('tiers') }} as tiers
    on plays.trigger_key = tiers.tier
    and tiers.valid_from = {{ policy_version(ref('tiers'), 'plays.valid_from') }}
where not {{ word_in('plays.trigger_kind', "'" ~ kinds | join(' ') ~ "'") }}
    or (plays.trigger_kind = 'tier_entered' and tiers.tier is null)
