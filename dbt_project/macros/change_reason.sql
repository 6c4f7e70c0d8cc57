{# The columns of a health row that explaining a change needs. #}
{% macro health_columns_compared() -%}
    account_id, date, score, usage_type, policy_valid_from,
    recency_score, adoption_score, support_score, nps_score
{%- endmacro %}

{#
    Why a score moved since the week before, as `kind: words`. Kinds: `stale` (a feed it rests on is silent), `unknown` (no score),
    `new` (nothing to compare with), `identity` (records joined or left the account), `policy`, `signals` (one appeared or went missing), `behaviour`, `unchanged`.
    `is_weighed_anew`: whether the usage type of now weighs the signals in another way than the one before did; else going from
    one to the other moves nothing.
#}
{% macro change_reason(now, before, is_weighed_anew) -%}
    {%- set signals = ['recency', 'adoption', 'support', 'nps'] -%}
    case
        when {{ now }}.stale_feeds is not null
            then concat('stale: no usage from ', {{ now }}.stale_feeds)
        when {{ now }}.score is null then 'unknown: too few signals to score'
        when {{ before }}.score is null then 'new: no score a week ago'
        when {{ now }}.identity_moves is not null and {{ now }}.score <> {{ before }}.score
            then concat('identity: ', {{ now }}.identity_moves)
        when {{ now }}.policy_valid_from <> {{ before }}.policy_valid_from
            then concat('policy: the version of ', cast({{ now }}.policy_valid_from as varchar), ' took force')
        {%- for signal in signals %}
        when {{ now }}.{{ signal }}_score is null and {{ before }}.{{ signal }}_score is not null
            then 'signals: no {{ signal }} any more'
        when {{ now }}.{{ signal }}_score is not null and {{ before }}.{{ signal }}_score is null
            then 'signals: {{ signal }} is known now'
        {%- endfor %}
        when {{ now }}.score = {{ before }}.score then 'unchanged'
        when {{ is_weighed_anew }}
            then concat('behaviour: usage went from ', {{ before }}.usage_type, ' to ', {{ now }}.usage_type)
        {%- for signal in signals %}
        when {{ largest_move(signal, signals, now, before) }}
            then concat(
                'behaviour: {{ signal }} ',
                case when {{ now }}.{{ signal }}_score > {{ before }}.{{ signal }}_score then '+' else '' end,
                cast(cast({{ now }}.{{ signal }}_score - {{ before }}.{{ signal }}_score as decimal(6, 1)) as varchar)
            )
        {%- endfor %}
        else 'behaviour: several signals moved a little'
    end
{%- endmacro %}

{# True where this signal moved furthest in the direction in which the score moved. #}
{% macro largest_move(signal, signals, now, before) -%}
    {%- set direction = 'sign(' ~ now ~ '.score - ' ~ before ~ '.score)' -%}
    {{ direction }} * ({{ now }}.{{ signal }}_score - {{ before }}.{{ signal }}_score) > 0
        and {{ direction }} * ({{ now }}.{{ signal }}_score - {{ before }}.{{ signal }}_score) >= greatest(
        {%- for other in signals %}
            coalesce({{ direction }} * ({{ now }}.{{ other }}_score - {{ before }}.{{ other }}_score), 0){{ ',' if not loop.last }}
        {%- endfor %}
        )
{%- endmacro %}
