{{ config(materialized='table') }}

with records as (
    {{ union_feeds('accounts') }}
),

account_systems as (
    select * from {{ ref('account_systems') }}
),

shared_domains as (
    select * from {{ ref('int_shared_domains') }}
),

free_mail_domains as (
    select * from {{ ref('free_mail_domains') }}
),

run as (
    select * from {{ ref('int_run') }}
),

cleaned as (
    select
        * exclude (domain),
        {{ web_domain('domain') }} as domain
    from records
),

ranked as (
    select
        cleaned.* exclude (domain),
        -- a mail provider's domain is nobody's; what many customers write from may be one customer's all the same, but
        -- says so only together with a name
        case when shared_domains.domain is null then cleaned.domain end as domain,
        case when free_mail_domains.domain is null then cleaned.domain end as web_domain,
        -- a record without a name is an id that was merely seen
        coalesce(account_systems.is_account_of_record, false) and cleaned.name is not null as is_of_record,
        coalesce(account_systems.survivorship_rank, 1000) as survivorship_rank
    from cleaned
    cross join run
    left join shared_domains on cleaned.domain = shared_domains.domain
    left join free_mail_domains on cleaned.domain = free_mail_domains.domain
    left join account_systems
        on cleaned.system = account_systems.system
        and account_systems.valid_from = {{ policy_version(ref('account_systems'), 'run.as_of') }}
)

select
    *,
    -- where no system says who is a customer, each record does
    is_of_record or not bool_or(is_of_record) over () as is_founding
from ranked
