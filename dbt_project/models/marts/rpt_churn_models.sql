{% set measures = [
    'auc', 'auc_low', 'auc_high', 'early_auc', 'base_rate', 'mean_predicted', 'brier', 'top_decile_lift',
    'top_decile_recall', 'lead_days', 'warned_share',
] %}

with models as (
    select * from {{ ref('int_churn_models') }}
)

select
    model_version,
    trained_on,
    refused_because is null as is_used,
    refused_because,
    window_from,
    window_to,
    training_rows,
    churned_accounts,
    test_from,
    test_to,
    cast({{ json_text('evaluation', "'churned_accounts'") }} as bigint) as test_churned_accounts,
    {% for measure in measures %}
        cast({{ json_text('evaluation', "'" ~ measure ~ "'") }} as double) as {{ measure }},
    {% endfor %}
    {{ json_text('evaluation', "'calibration'") }} as calibration,
    intercept,
    slope,
    margin_offset,
    parameters,
    policy_valid_from
from models
order by trained_on
