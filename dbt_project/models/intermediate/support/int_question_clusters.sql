{{ config(materialized='table') }}

with recursive questions as (
    select * from {{ ref('int_resolved_questions') }}
),

rules as (
    select * from {{ ref('support_rules') }}
),

features as (
    select * from {{ ref('int_features') }}
),

feature_names as (
    select feature, {{ plain_words('feature') }} as name from features
    union
    select feature, {{ plain_words('title') }} as name from features
    where title is not null
),

-- the same words are one form; it is as old as the first who used it
forms as (
    select
        words,
        min(resolved_at) as first_at,
        min_by(conversation_id, (resolved_at, conversation_id)) as first_conversation_id,
        min_by(sources, (resolved_at, conversation_id)) as first_sources,
        {{ trigrams('words') }} as grams
    from questions
    group by words
),

form_words as (
    select distinct
        words,
        unnest(string_split(words, ' ')) as word
    from forms
),

-- a name's first word finds the forms that could hold it
named as (
    select
        form_words.words,
        string_agg(distinct feature_names.feature, ' ' order by feature_names.feature) as features
    from form_words
    inner join feature_names
        on form_words.word = split_part(feature_names.name, ' ', 1)
        and concat(' ', form_words.words, ' ') like concat('% ', feature_names.name, ' %')
    where feature_names.name <> ''
    group by form_words.words
),

placed as (
    select
        forms.*,
        coalesce(named.features, '') as features,
        {{ cited_paths('forms.first_sources') }} as paths,
        row_number() over (order by forms.first_at, forms.first_conversation_id) as place,
        len(forms.grams) as size,
        rules.duplicate_similarity
    from forms
    left join named on forms.words = named.words
    inner join rules on rules.valid_from = {{ policy_version(ref('support_rules'), 'cast(forms.first_at as date)') }}
),

grams as (
    select
        place,
        size,
        features,
        duplicate_similarity,
        unnest(grams) as gram
    from placed
),

-- names of features are so alike that words alone would take one for another;
-- sets that differ more in size than this can't be that similar
alike_in_words as (
    select
        later.place,
        earlier.place as earlier_place
    from grams as later
    inner join grams as earlier
        on later.gram = earlier.gram
        and later.features = earlier.features
        and later.place > earlier.place
        and later.size * later.duplicate_similarity <= earlier.size
        and earlier.size * later.duplicate_similarity <= later.size
    group by later.place, earlier.place, later.size, earlier.size, later.duplicate_similarity
    having count(*) >= later.duplicate_similarity * (later.size + earlier.size - count(*))
),

-- answers that cite nothing in common answer different questions; where one cites nothing, the words decide
alike as (
    select alike_in_words.*
    from alike_in_words
    inner join placed as later on alike_in_words.place = later.place
    inner join placed as earlier on alike_in_words.earlier_place = earlier.place
    where coalesce(list_has_any(later.paths, earlier.paths), true)
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
