{% set features = churn_features() %}

with run as (
    select * from {{ ref('int_run') }}
),

methods as (
    select * from {{ ref('int_risk_methods_daily') }}
),

features as (
    select * from {{ ref('int_churn_features') }}
),

bins as (
    select * from {{ ref('int_churn_model_bins') }}
),

risk_model as (
    select * from {{ ref('risk_model') }}
),

-- a whole week: of a Saturday every account would look as if it had drifted
today as (
    select
        features.*,
        methods.model_version
    from features
    inner join run on features.scored_on between run.as_of - 6 and run.as_of
    inner join methods on run.as_of = methods.day
),

speaking as (
    select distinct model_version from today
),

listed as (
    {% for name in features %}
        select account_id, model_version, '{{ name }}' as feature, {{ name }} as value from today
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

counted as (
    select
        bins.model_version,
        bins.feature,
        bins.bin,
        bins.is_unknown,
        bins.share as share_then,
        count(listed.account_id) as account_days
    from bins
    inner join speaking on bins.model_version = speaking.model_version
    left join listed
        on bins.model_version = listed.model_version
        and bins.feature = listed.feature
        and bins.is_unknown = (listed.value is null)
        and coalesce(bins.lower_value <= listed.value, true)
        and coalesce(bins.upper_value > listed.value, true)
    group by bins.model_version, bins.feature, bins.bin, bins.is_unknown, bins.share
),

-- half an account day where there is none: an empty range has no logarithm
shares as (
    select
        *,
        sum(account_days) over (partition by feature) as all_account_days,
        greatest(account_days, 0.5) / sum(account_days) over (partition by feature) as share_now,
        greatest(share_then, 0.5 / sum(account_days) over (partition by feature)) as share_before
    from counted
),

indexed as (
    select
        model_version,
        feature,
        max(all_account_days) as account_days,
        max(case when is_unknown then share_then end) as unknown_share_then,
        max(case when is_unknown then account_days / all_account_days end) as unknown_share_now,
        cast(sum(cast(
            case
                when account_days > 0 or share_then > 0
                    then (share_now - share_before) * ln(share_now / share_before)
            end
            as decimal(18, 9)
        )) as double) as stability_index
    from shares
    where all_account_days > 0
    group by model_version, feature
)

select
    run.as_of,
    indexed.model_version,
    indexed.feature,
    cast(indexed.account_days as bigint) as account_days,
    indexed.unknown_share_then,
    indexed.unknown_share_now,
    indexed.stability_index,
    indexed.stability_index > risk_model.drift_index as is_drifted
from indexed
cross join run
inner join risk_model on risk_model.valid_from = {{ policy_version(ref('risk_model'), 'run.as_of') }}
order by indexed.stability_index desc, indexed.feature asc
