{{ config(materialized='table') }}

with records as (
    select * from {{ ref('int_account_records') }}
),

said as (
    select * from {{ ref('int_said_product_ids') }}
),

decided as (
    select * from {{ ref('int_decided_records') }}
),

claims as (
    select
        records.system,
        records.record_id,
        records.is_founding,
        records.domain,
        {{ first_word('records.name') }} as first_word,
        {{ letters_of('records.name') }} as whole_name,
        said.product_id as account_id
    from records
    inner join said
        on records.system = said.system
        and records.record_id = said.record_id
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
),

believed as (
    select
        records.system,
        records.record_id,
        said.product_id as said_id,
        decided.account_id as decided_id,
        decided.named_system,
        decided.named_record_id,
        case when mistaken.record_id is null then said.product_id else corrected.namesakes_id end as product_id
    from records
    left join decided
        on records.system = decided.system
        and records.record_id = decided.record_id
    left join said
        on records.system = said.system
        and records.record_id = said.record_id
    left join mistaken
        on records.system = mistaken.system
        and records.record_id = mistaken.record_id
    left join corrected
        on records.system = corrected.system
        and records.record_id = corrected.record_id
    where coalesce(decided.account_id, said.product_id) is not null
)

-- a decision that names the account by another record means the product's id of that, if it has one
select
    believed.system,
    believed.record_id,
    believed.said_id,
    coalesce(
        others.decided_id,
        others.product_id,
        believed.named_system || ':' || believed.named_record_id,
        believed.decided_id,
        believed.product_id
    ) as product_id,
    believed.decided_id is not null as is_decided,
    believed.decided_id is not null and believed.named_system is null as is_name
from believed
left join believed as others
    on believed.named_system = others.system
    and believed.named_record_id = others.record_id
