{% set features = churn_features() %}

with scope as (
    select * from {{ ref('int_risk_rescore_scope') }}
),

features as (
    select * from {{ ref('int_churn_features') }}
),

methods as (
    select * from {{ ref('int_risk_methods_daily') }}
),

parameters as (
    select * from {{ ref('int_churn_model_parameters') }}
),

measured as (
    select
        features.*,
        methods.model_version
    from features
    inner join scope
        on features.account_id = scope.account_id
        and features.scored_on >= scope.judge_from
    inner join methods
        on features.scored_on = methods.day
        and methods.model_version is not null
),

listed as (
    {% for name, (expression, words) in features.items() %}
        select
            account_id,
            scored_on,
            model_version,
            '{{ name }}' as feature,
            '{{ words }}' as words,
            {{ name }} as value
        from measured
        where {{ name }} is not null
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

-- an unknown feature is taken for the mean, and so moves nothing
select
    listed.account_id,
    listed.scored_on,
    listed.model_version,
    listed.feature,
    -- on which side of the customers learned from; a renewal is near or it is not
    case
        when listed.feature = 'renewal_within_horizon'
            then concat(case when listed.value < parameters.mean then 'no ' end, listed.words)
        when listed.value < parameters.mean then concat(listed.words, ' (lower than usual)')
        else concat(listed.words, ' (higher than usual)')
    end as words,
    parameters.coefficient * (listed.value - parameters.mean) / parameters.scale as contribution
from listed
inner join parameters
    on listed.model_version = parameters.model_version
    and listed.feature = parameters.feature
