with forecasts as (
    select * from {{ ref('stg_drop_folder__renewal_forecasts') }}
)

-- how its CSM calls the renewal, as the stages of Salesforce do
select
    account_id as account_record_id,
    'renewal_forecast' as measure,
    cast(null as double) as score,
    forecast as label,
    forecast_at as recorded_at
from forecasts
