-- A `never` activity has human plays only, and no machine acts alone on a topic that policy keeps from it.
select
    plays.valid_from,
    plays.play_id,
    plays.mode,
    plays.activity,
    plays.topic
from {{ ref('plays') }} as plays
inner join {{ ref('activities') }} as activities on plays.activity = activities.activity
inner join {{ ref('topics') }} as topics on plays.topic = topics.topic
where (activities.automation = 'never' and plays.mode <> 'human')
    or (topics.automation = 'never' and plays.mode = 'automated')
