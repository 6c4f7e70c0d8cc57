with given_references as (
    select * from {{ ref('int_given_references') }}
),

account_references as (
    select * from {{ ref('account_references') }}
),

run as (
    select * from {{ ref('int_run') }}
)

select
    given_references.system,
    given_references.record_id,
    min(given_references.value) as product_id
from given_references
cross join run
inner join account_references
    on given_references.system = account_references.system
    and given_references.field = account_references.field
    and account_references.valid_from = {{ policy_version(ref('account_references'), 'run.as_of') }}
where account_references.refers_to = 'product'
group by given_references.system, given_references.record_id
