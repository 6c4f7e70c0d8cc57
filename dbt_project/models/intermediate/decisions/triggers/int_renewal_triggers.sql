{{ config(materialized='table') }}

{% set facts = {'step': 'windows.step', 'renews_on': 'windows.renewal_on'} %}
{% do facts.update(brief_facts('briefs')) %}

with windows as (
    select * from {{ ref('int_renewal_windows') }}
),

briefs as (
    select * from {{ ref('int_account_briefs') }}
)

select
    windows.account_id,
    'renewal_due' as trigger_kind,
    windows.step as trigger_key,
    cast(null as varchar) as subject,
    windows.opens_on as started_on,
    windows.lasted_through,
    concat(
        'Renewal on ', cast(windows.renewal_on as varchar), ', ',
        cast(windows.renewal_on - windows.acted_on as varchar), ' days away'
    ) as trigger_words,
    {{ json_object(facts) }} as trigger_facts
from windows
left join briefs
    on windows.account_id = briefs.account_id
    and windows.acted_on = briefs.brief_on
