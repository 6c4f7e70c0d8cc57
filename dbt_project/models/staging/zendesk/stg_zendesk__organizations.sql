with source as (
    select * from {{ source('raw_zendesk', 'organizations') }}
),

renamed as (
    select
        id as organization_id,
        external_id,
        name,
        -- the first is the one that counts; the others are mostly aliases of it
        {{ web_domain("json_extract_string(domain_names, '$[0]')") }} as domain,
        organization_fields,
        created_at,
        updated_at
    from source
    where
        _dlt_valid_to is null
        and deleted_at is null
)

select * from renamed
