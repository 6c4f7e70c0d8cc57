with models as (
    select * from {{ ref('int_churn_models') }}
),

bins as (
    select
        model_version,
        {{ json_elements('bins') }} as one_bin
    from models
    where refused_because is null
)

select
    model_version,
    {{ json_text('one_bin', "'feature'") }} as feature,
    cast({{ json_text('one_bin', "'bin'") }} as integer) as bin,
    cast({{ json_text('one_bin', "'lower'") }} as double) as lower_value,
    cast({{ json_text('one_bin', "'upper'") }} as double) as upper_value,
    cast({{ json_text('one_bin', "'is_unknown'") }} as boolean) as is_unknown,
    cast({{ json_text('one_bin', "'share'") }} as double) as share
from bins
