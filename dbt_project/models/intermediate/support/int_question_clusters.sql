{{ config(materialized='table') }}

with recursive questions as (
    select * from {{ ref('int_resolved_questions') }}
),

rules as (
    select * from {{ ref('support_rules') }}
),

-- the same words are one form; it is as old as the first who used it
forms as (
    select
        words,
        min(resolved_at) as first_at,
        min_by(conversation_id, (resolved_at, conversation_id)) as first_conversation_id,
        {{ trigrams('words') }} as grams
    from questions
    group by words
),

placed as (
    select
        forms.*,
        row_number() over (order by forms.first_at, forms.first_conversation_id) as place,
        len(forms.grams) as size,
        rules.duplicate_similarity
    from forms
    inner join rules on rules.valid_from = {{ policy_version(ref('support_rules'), 'cast(forms.first_at as date)') }}
),

grams as (
    select
        place,
        size,
        duplicate_similarity,
        unnest(grams) as gram
    from placed
),

-- sets that differ more in size than this can't be that similar
alike as (
    select
        later.place,
        earlier.place as earlier_place
    from grams as later
    inner join grams as earlier
        on later.gram = earlier.gram
        and later.place > earlier.place
        and later.size * later.duplicate_similarity <= earlier.size
        and earlier.size * later.duplicate_similarity <= later.size
    group by later.place, earlier.place, later.size, earlier.size, later.duplicate_similarity
    having count(*) >= later.duplicate_similarity * (later.size + earlier.size - count(*))
),

-- each form follows the oldest one like it, so that a later question never moves an earlier one
followed as (
    select
        place,
        min(earlier_place) as earlier_place
    from alike
    group by place
),

led as (
    select
        placed.place,
        placed.place as leader
    from placed
    left join followed on placed.place = followed.place
    where followed.place is null

    union all

    select
        followed.place,
        led.leader
    from led
    inner join followed on led.place = followed.earlier_place
)

select
    questions.conversation_id,
    questions.own_candidate_id,
    {{ hash_key(['leaders.first_conversation_id']) }} as candidate_id
from questions
inner join placed on questions.words = placed.words
inner join led on placed.place = led.place
inner join placed as leaders on led.leader = leaders.place
