with models as (
    select * from {{ ref('int_churn_models') }}
),

parameters as (
    select
        model_version,
        {{ json_elements('parameters') }} as parameter
    from models
    where refused_because is null
)

select
    model_version,
    {{ json_text('parameter', "'feature'") }} as feature,
    cast({{ json_text('parameter', "'mean'") }} as double) as mean,
    cast({{ json_text('parameter', "'scale'") }} as double) as scale,
    cast({{ json_text('parameter', "'coefficient'") }} as double) as coefficient
from parameters
