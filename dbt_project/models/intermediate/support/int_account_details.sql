{{ config(materialized='table') }}

with accounts as (
    select * from {{ ref('int_accounts') }}
),

records as (
    select * from {{ ref('dim_account_records') }}
),

users as (
    select * from {{ ref('int_users') }}
),

csms as (
    select * from {{ ref('int_csms') }}
),

given as (
    select
        account_id,
        account_id as detail,
        'id' as kind
    from accounts

    union all

    select
        account_id,
        name as detail,
        'company' as kind
    from accounts

    union all

    select
        account_id,
        domain as detail,
        'domain' as kind
    from accounts

    union all

    select
        account_id,
        record_id as detail,
        'id' as kind
    from records

    union all

    {% for column, kind in [('name', 'person'), ('email', 'id'), ('record_id', 'id'), ('external_id', 'id')] %}
        select
            account_id,
            {{ column }} as detail,
            '{{ kind }}' as kind
        from users
        union all
    {% endfor %}

    -- our own people are nobody's business either
    select
        accounts.account_id,
        csms.name as detail,
        'person' as kind
    from accounts
    cross join csms
),

-- people call a company and each other by part of the name, too
details as (
    select
        account_id,
        trim(detail) as detail,
        4 as shortest
    from given

    union all

    select
        account_id,
        {{ without_legal_form('detail') }} as detail,
        3 as shortest
    from given
    where kind = 'company'

    union all

    select
        account_id,
        {{ first_label('detail') }} as detail,
        4 as shortest
    from given
    where kind in ('domain', 'company')

    union all

    select
        account_id,
        {{ words_of('detail') }} as detail,
        3 as shortest
    from given
    where kind = 'person' and detail not like '%@%'
)

select distinct
    account_id,
    detail
from details
where account_id is not null and length(detail) >= shortest
