with listed as (
    {% for kind in ['companies', 'contacts', 'deals', 'tickets'] %}
        select
            '{{ kind }}' as kind,
            id as merged_into,
            hs_merged_object_ids as merged_ids
        from {{ source('raw_hubspot', kind) }}
        {{ "where _dlt_valid_to is null" if kind != 'tickets' }}
        {{ "union all" if not loop.last }}
    {% endfor %}
),

records as (
    select
        kind,
        merged_into,
        trim(unnest(string_split(merged_ids, ';'))) as record_id
    from listed
)

-- the newest of several, which is the one that still stands
select
    kind,
    record_id,
    arg_max(merged_into, try_cast(merged_into as hugeint)) as merged_into
from records
where record_id not in ('', merged_into)
group by kind, record_id
