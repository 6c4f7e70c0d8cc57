-- A setting spelt otherwise than accounts' settings are would fit nobody, and nobody would notice.
select
    valid_from,
    path,
    configurations
from {{ ref('onboarding_paths') }}
where configurations <> '*'
    and array_to_string(list_sort(list_distinct(string_split(configurations, ' '))), ' ')
    is distinct from {{ configuration_words("replace(configurations, ' ', ';')") }}
