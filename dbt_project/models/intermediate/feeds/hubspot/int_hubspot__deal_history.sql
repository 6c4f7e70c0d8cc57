with versions as (
    select * from {{ ref('stg_hubspot__deal_property_history') }}
),

-- a list, because what was cleared is a value too: no list means that nothing was said of the property then
moments as (
    select
        deal_id,
        changed_at,
        list(value) filter (property = 'dealstage') as dealstage,
        list(value) filter (property = 'amount') as amount,
        list(value) filter (property = 'closedate') as closedate,
        list(value) filter (property = 'hubspot_owner_id') as hubspot_owner_id,
        list(value) filter (property = 'pipeline') as pipeline
    from versions
    group by deal_id, changed_at
),

standing as (
    select
        deal_id,
        changed_at,
        last_value(dealstage ignore nulls) over so_far as dealstage,
        last_value(amount ignore nulls) over so_far as amount,
        last_value(closedate ignore nulls) over so_far as closedate,
        last_value(hubspot_owner_id ignore nulls) over so_far as hubspot_owner_id,
        last_value(pipeline ignore nulls) over so_far as pipeline
    from moments
    window so_far as (partition by deal_id order by changed_at)
)

select
    deal_id,
    dealstage[1] as stage,
    try_cast(amount[1] as double) as amount,
    cast({{ moment_of_text('closedate[1]') }} as date) as closes_on,
    hubspot_owner_id[1] as owner_id,
    pipeline[1] as pipeline,
    changed_at
from standing
