{#
    What the churn model learns from: name, SQL over the columns of `measured` in int_churn_features, and what it is in words.
    Only what was dated when it happened: marks that are overwritten (who is champion, an opportunity's stage, the CSM) would
    tell of the past what was known later.
#}
{% macro churn_features() -%}
    {{ return({
        'usage_trend': (
            "case when has_baseline then ln((events_now + 0.5) / (events_before + 0.5)) end",
            'use against its own baseline',
        ),
        'people_trend': (
            "case when has_baseline then ln((people_now + 0.1) / (people_before + 0.1)) end",
            'people at work against the baseline',
        ),
        'active_days_share': ("case when has_usage then active_days_recent / recent_days end", 'share of days with any use'),
        'usage_per_seat': ("case when has_usage then ln((events_now + 0.1) / coalesce(nullif(seats, 0), 1)) end", 'use per seat'),
        'people_per_seat': (
            "case when has_usage and seats > 0 then least(people_now / seats, 1) end", 'share of seats at work on a day',
        ),
        'machine_share': ("machine_events / nullif(events, 0)", 'share of use through API and integrations'),
        'days_since_activity': ("ln(1 + days_since_activity)", 'days since any use'),
        'lead_user_silence': ("ln(1 + lead_user_silent_days)", 'days since the most active person was seen'),
        'adoption': ("case when has_usage then features_used / nullif(features_available, 0) end", 'share of key features in use'),
        'support_contacts': ("ln(1 + coalesce(contacts, 0))", 'support contacts'),
        'escalations': ("ln(1 + coalesce(escalations, 0))", 'escalated cases'),
        'recontacts': ("ln(1 + coalesce(recontacts, 0))", 'repeated contacts about the same'),
        'nps': ("nps_score", 'survey answers'),
        'nps_fall': ("points_lost", 'survey answers against earlier ones'),
        'seats_change': ("ln(seats / nullif(cast(seats_before as double), 0))", 'seats against a quarter before'),
        'spend_change': (
            "case when mrr_usd > 0 and mrr_usd_before > 0 then ln(mrr_usd / mrr_usd_before) end",
            'what it pays against a quarter before',
        ),
        'overdue': ("ln(1 + overdue_days)", 'days that invoices are past due'),
        'arr': ("case when has_dated_arr then ln(1 + arr_usd) end", 'size of the contract'),
        'tenure': ("ln(1 + age_days)", 'time as a customer'),
        'days_since_touch': ("ln(1 + days_since_touch)", 'days since a CSM was in touch'),
        'renewal_within_horizon': (
            "case when days_to_renewal <= horizon_days then 1 when days_to_renewal is not null then 0 end",
            'renewal within the period predicted',
        ),
        'renewal_distance': ("days_to_renewal / 365.0", 'time to the renewal'),
    }) }}
{%- endmacro %}

{% macro churn_features_sql() -%}
    {%- for name, (expression, words) in churn_features().items() %}
    cast({{ expression }} as double) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
