{{ config(materialized='table') }}

with records as (
    select * from {{ ref('int_account_records') }}
),

product_ids as (
    select * from {{ ref('int_account_product_ids') }}
),

evidence as (
    select * from {{ ref('int_account_evidence') }}
),

apart as (
    select
        system,
        record_id,
        concat(system, ':', record_id) as cluster_id,
        cast(null as varchar) as linked_by
    from records
),

-- the strongest evidence first; weaker evidence joins only what is still apart, and never two accounts with ids
{{ merged_clusters('apart', 'by_product_id', 'product id', is_id=true) }},

{{ merged_clusters('by_product_id', 'by_reference', 'reference', is_id=true) }},

{{ merged_clusters('by_reference', 'by_domain_and_name', 'domain and name', is_id=false) }},

{{ merged_clusters('by_domain_and_name', 'by_domain', 'domain', is_id=false) }},

{{ merged_clusters('by_domain', 'by_email_domain', 'email domain', is_id=false) }}

select
    system,
    record_id,
    cluster_id,
    linked_by
from by_email_domain
