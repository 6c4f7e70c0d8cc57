-- A weight without a response curve would silently count as a missing signal.
with curves as (
    select distinct signal, usage_type from {{ ref('response_curves') }}
)

select distinct
    weights.signal,
    weights.usage_type
from {{ ref('signal_weights') }} as weights
left join curves using (signal, usage_type)
where curves.signal is null
