-- A play that a guard stops whatever is true of the account would only ever be suppressed.
select
    scopes.play_id,
    scopes.play_valid_from,
    scopes.guard_id,
    scopes.words
from {{ ref('int_guard_scopes') }} as scopes
where scopes.fact = 'always'
    and scopes.effect = 'suppress'
