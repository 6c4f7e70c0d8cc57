{{ config(materialized='table') }}

with records as (
    select * from {{ ref('int_account_records') }}
),

given_references as (
    select * from {{ ref('int_given_references') }}
),

account_references as (
    select * from {{ ref('account_references') }}
),

crosswalk as (
    select * from {{ ref('crosswalk') }}
),

run as (
    select * from {{ ref('int_run') }}
),

decided as (
    select
        crosswalk.system,
        crosswalk.record_id,
        max_by(crosswalk.account_id, crosswalk.valid_from) as account_id
    from crosswalk
    cross join run
    where crosswalk.valid_from <= run.as_of
    group by crosswalk.system, crosswalk.record_id
),

referred as (
    select
        given_references.system,
        given_references.record_id,
        min(given_references.value) as account_id
    from given_references
    cross join run
    inner join account_references
        on given_references.system = account_references.system
        and given_references.field = account_references.field
        and account_references.valid_from = {{ policy_version(ref('account_references'), 'run.as_of') }}
    where account_references.refers_to = 'product'
    group by given_references.system, given_references.record_id
),

claims as (
    select
        records.system,
        records.record_id,
        records.is_founding,
        records.domain,
        {{ first_word('records.name') }} as first_word,
        {{ letters_of('records.name') }} as whole_name,
        referred.account_id
    from records
    inner join referred
        on records.system = referred.system
        and records.record_id = referred.record_id
),

-- an id that two systems say, and none that says who is a customer
agreed as (
    select account_id
    from claims
    group by account_id
    having count(distinct system) > 1
        and not bool_or(is_founding)
),

-- where several records of those that say who is a customer have a domain, it does not say whose an id is
crowded as (
    select domain
    from (
        select
            domain,
            system,
            {{ letters_of('name') }} as whole_name
        from records
        where is_founding
            and domain is not null
    ) as founding
    group by domain
    having count(*) > count(distinct system)
        or count(distinct whole_name) > 1
),

-- three joins by one key each: a single one with `or` would compare all with all
neighbours as (
    {% for key in ['account_id', 'domain', 'whole_name'] %}
        select
            claims.system,
            claims.record_id,
            others.account_id as other_id,
            claims.account_id = others.account_id as is_same_id,
            coalesce(claims.domain = others.domain, false) as is_same_domain,
            coalesce(claims.first_word = others.first_word, false) as is_same_word,
            claims.domain is null and claims.whole_name = others.whole_name as is_namesake,
            others.first_word is not null as is_named,
            others.account_id in (select agreed.account_id from agreed)
            and claims.domain not in (select crowded.domain from crowded)
                as is_agreed
        from claims
        inner join claims as others on claims.{{ key }} = others.{{ key }}
        where (claims.system, claims.record_id) <> (others.system, others.record_id)
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- an id that nothing else of its account agrees with, while domain (or, without one, the whole name) and name
-- are another account's, was mistyped; so was one that nobody else says, where two systems say another
mistaken as (
    select
        system,
        record_id,
        case
            when count(distinct case when is_namesake then other_id end) = 1
                then min(case when is_namesake then other_id end)
        end as namesakes_id
    from neighbours
    group by system, record_id
    having bool_or(not is_same_id and (is_same_domain or is_namesake) and is_same_word)
        and not bool_or(is_same_id and (is_same_domain or is_same_word))
        and (
            bool_or(is_same_id and is_named)
            or (
                not bool_or(is_same_id)
                and bool_or(is_agreed and is_same_domain and is_same_word)
            )
        )
),

-- a record without a domain has nothing but its name left; its own system knows nobody else by that id
corrected as (
    select mistaken.*
    from mistaken
    left join claims
        on mistaken.system = claims.system
        and mistaken.namesakes_id = claims.account_id
    where mistaken.namesakes_id is not null
        and claims.account_id is null
)

select
    records.system,
    records.record_id,
    referred.account_id as said_id,
    coalesce(
        decided.account_id,
        case when mistaken.record_id is null then referred.account_id else corrected.namesakes_id end
    ) as product_id,
    decided.account_id is not null as is_decided
from records
left join decided
    on records.system = decided.system
    and records.record_id = decided.record_id
left join referred
    on records.system = referred.system
    and records.record_id = referred.record_id
left join mistaken
    on records.system = mistaken.system
    and records.record_id = mistaken.record_id
left join corrected
    on records.system = corrected.system
    and records.record_id = corrected.record_id
where coalesce(decided.account_id, referred.account_id) is not null
