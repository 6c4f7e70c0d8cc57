with conversations as (
    select * from {{ ref('fct_ai_conversations') }}
),

tickets as (
    select * from {{ ref('fct_tickets') }}
),

benchmarks as (
    select * from {{ ref('benchmarks') }}
),

-- shares: 1 for what counts, 0 for what does not, null for what can't be known (yet)
conversation_values as (
    {% set shares = {
        'deflection': 'is_deflected',
        'containment': 'is_contained',
        'assumed_resolution': 'is_assumed_resolution',
        'verified_resolution': 'case when is_recontact_window_over then is_verified_resolution end',
        'recontact': 'case when is_recontact_window_over then recontacted_at is not null end',
        'answer_accuracy': 'is_answer_correct',
        'answer_accuracy_fresh': 'case when not is_answer_stale then is_answer_correct end',
        'answer_accuracy_stale': 'case when is_answer_stale then is_answer_correct end',
        'stale_answers': 'is_answer_stale',
    } %}
    {% for measure, condition in shares.items() %}
        select
            cast({{ dbt.date_trunc('month', 'started_at') }} as date) as month,
            '{{ measure }}' as measure,
            'share' as unit,
            cast(cast({{ condition }} as integer) as double) as value
        from conversations
        union all
    {% endfor %}
    select
        cast({{ dbt.date_trunc('month', 'started_at') }} as date) as month,
        'first_response_ai_seconds' as measure,
        'median' as unit,
        first_response_seconds as value
    from conversations
),

ticket_values as (
    {% for measure in ['first_human_response_minutes', 'first_human_response_business_minutes', 'resolution_minutes'] %}
        select
            cast({{ dbt.date_trunc('month', 'created_at') }} as date) as month,
            '{{ measure }}' as measure,
            'median' as unit,
            {{ measure }} as value
        from tickets
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

all_values as (
    select * from conversation_values
    union all
    select * from ticket_values
),

measured as (
    select
        month,
        measure,
        case
            when unit = 'share' then avg(value)
            else percentile_cont(0.5) within group (order by value)
        end as value,
        unit,
        count(*) as cases
    from all_values
    where value is not null
    group by month, measure, unit
)

select
    measured.month,
    measured.measure,
    measured.value,
    measured.unit,
    measured.cases,
    benchmarks.benchmark_low,
    benchmarks.benchmark_high
from measured
left join benchmarks
    on measured.measure = benchmarks.measure
    and benchmarks.valid_from = {{ policy_version(ref('benchmarks'), 'measured.month') }}
order by measured.month, measured.measure
