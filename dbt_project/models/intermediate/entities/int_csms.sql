{{ config(materialized='table') }}

with records as (
    select * from {{ ref('int_csm_records') }}
),

managers as (
    select
        records.csm_id,
        min(managers.csm_id) as manager_id
    from records
    inner join records as managers
        on records.system = managers.system
        and records.manager_record_id = managers.record_id
    group by records.csm_id
),

-- by system name: the contract's own files come before the CRMs
persons as (
    select
        csm_id,
        {% for field in ['name', 'email', 'slack_id', 'hours_per_week', 'hourly_cost', 'timezone'] %}
            min_by({{ field }}, (system, record_id)) filter (where {{ field }} is not null) as {{ field }},
        {% endfor %}
        count(*) as records
    from records
    group by csm_id
)

select
    persons.csm_id,
    persons.name,
    persons.email,
    persons.slack_id,
    managers.manager_id,
    persons.hours_per_week,
    persons.hourly_cost,
    persons.timezone
from persons
left join managers on persons.csm_id = managers.csm_id
