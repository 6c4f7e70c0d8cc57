with source as (
    select * from {{ source('raw_delighted', 'survey_responses') }}
),

renamed as (
    select
        id as response_id,
        person_id,
        person_email as email,
        person_name as name,
        survey_type,
        score,
        comment,
        created_at as submitted_at,
        account_id
    from source
)

select * from renamed
