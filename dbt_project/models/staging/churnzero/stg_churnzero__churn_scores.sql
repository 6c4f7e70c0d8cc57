with source as (
    select * from {{ source('raw_churnzero', 'churn_scores') }}
),

renamed as (
    select
        id as churn_score_id,
        name
    from source
)

select * from renamed
