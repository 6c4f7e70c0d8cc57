{{ config(materialized='table') }}

{% set fields = feed_columns('accounts').keys()
    | reject('in', [
        'record_id', 'parent_record_id', 'csm_record_id', 'currency', 'wants_human', 'has_executive_sponsor'
    ]) | list %}

with identity as (
    select * from {{ ref('int_account_identity') }}
),

records as (
    select * from {{ ref('int_account_records') }}
),

csm_records as (
    select * from {{ ref('int_csm_records') }}
),

survivorship as (
    select * from {{ ref('survivorship') }}
),

run as (
    select * from {{ ref('int_run') }}
),

-- a system that is not named for a field comes after those that are
field_ranks as (
    select
        survivorship.system,
        {{ survivorship_ranks(fields + ['csm_id', 'parent_account_id']) }}
    from survivorship
    cross join run
    where survivorship.valid_from = {{ policy_version(ref('survivorship'), 'run.as_of') }}
    group by survivorship.system
),

joined as (
    select
        identity.account_id,
        records.*,
        csm_records.csm_id,
        parents.account_id as parent_account_id,
        {{ ranks_of_record(fields + ['csm_id', 'parent_account_id']) }}
    from identity
    inner join records
        on identity.system = records.system
        and identity.record_id = records.record_id
    left join identity as parents
        on records.system = parents.system
        and records.parent_record_id = parents.record_id
    left join csm_records
        on records.system = csm_records.system
        and records.csm_record_id = csm_records.record_id
    left join field_ranks on records.system = field_ranks.system
    where identity.account_id is not null
)

select
    account_id,
    {% for field in fields + ['csm_id'] %}
        {{ survivor(field) }} as {{ field }},
    {% endfor %}
    -- what one system knows of these is enough
    coalesce(bool_or(wants_human), false) as wants_human,
    coalesce(bool_or(has_executive_sponsor), false) as has_executive_sponsor,
    -- money and its currency come from one record
    coalesce(
        min_by(currency, (arr_rank, system, record_id)) filter (where arr is not null),
        min(currency)
    ) as currency,
    min_by(parent_account_id, (parent_account_id_rank, system, record_id))
    filter (where parent_account_id is not null and parent_account_id <> account_id) as parent_account_id,
    count(*) as records,
    string_agg(distinct system, ', ' order by system) as systems
from joined
group by account_id
