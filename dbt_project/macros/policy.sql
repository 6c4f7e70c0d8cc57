{# The version of a policy seed in force on a day: the newest `valid_from` that is not after it. #}
{% macro policy_version(seed, day) -%}
    (select max({{ seed.identifier }}.valid_from) from {{ seed }} where {{ seed.identifier }}.valid_from <= {{ day }})
{%- endmacro %}

{# One hash per version of a policy seed, over all its rows: it changes when anyone edits the version. #}
{% macro policy_hashes(seed) -%}
    {{ return(adapter.dispatch('policy_hashes', 'tierline')(seed)) }}
{%- endmacro %}

{% macro default__policy_hashes(seed) -%}
    select
        policy.valid_from,
        md5(string_agg(cast(policy as varchar), '|' order by cast(policy as varchar))) as version_hash
    from {{ seed }} as policy
    group by policy.valid_from
{%- endmacro %}
