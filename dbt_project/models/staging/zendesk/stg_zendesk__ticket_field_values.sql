with source as (
    select * from {{ source('raw_zendesk', 'tickets') }}
),

unnested as (
    select
        id as ticket_id,
        {{ json_elements('custom_fields') }} as field
    from source
    where
        _dlt_valid_to is null
        and status <> 'deleted'
),

renamed as (
    select
        ticket_id,
        {{ json_text('field', "'id'") }} as field_id,
        nullif(trim({{ json_text('field', "'value'") }}), '') as value
    from unnested
)

select * from renamed
where value is not null
