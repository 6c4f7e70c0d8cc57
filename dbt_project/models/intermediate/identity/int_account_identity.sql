{{ config(materialized='table') }}

with clusters as (
    select * from {{ ref('int_account_clusters') }}
),

records as (
    select * from {{ ref('int_account_records') }}
),

product_ids as (
    select * from {{ ref('int_account_product_ids') }}
),

previous as (
    select * from {{ ref('stg_tierline__account_records') }}
),

members as (
    select
        clusters.*,
        records.is_founding,
        records.survivorship_rank,
        product_ids.product_id,
        coalesce(product_ids.is_decided, false) as is_decided,
        coalesce(product_ids.is_name, false) as is_name,
        previous.account_id as previous_id
    from clusters
    inner join records
        on clusters.system = records.system
        and clusters.record_id = records.record_id
    left join product_ids
        on clusters.system = product_ids.system
        and clusters.record_id = product_ids.record_id
    left join previous
        on clusters.system = previous.system
        and clusters.record_id = previous.record_id
),

own_ids as (
    select
        cluster_id,
        min_by(product_id, (not is_name, not is_founding, survivorship_rank, system, record_id)) as product_id,
        bool_or(is_name) as is_named,
        min_by(concat(system, ':', record_id), (not is_founding, survivorship_rank, system, record_id)) as first_record
    from members
    group by cluster_id
    having bool_or(is_founding)
),

-- an id once given stays with the cluster that holds its first-ranked record, unless it is another's product id
inherited as (
    select
        members.previous_id,
        min_by(members.cluster_id, (members.survivorship_rank, members.system, members.record_id)) as cluster_id,
        min(members.survivorship_rank) as survivorship_rank
    from members
    inner join own_ids on members.cluster_id = own_ids.cluster_id
    where members.previous_id is not null
    group by members.previous_id
),

kept as (
    select
        inherited.cluster_id,
        min_by(inherited.previous_id, (inherited.survivorship_rank, inherited.previous_id)) as account_id
    from inherited
    left join own_ids as holders on inherited.previous_id = holders.product_id
    where coalesce(holders.cluster_id, inherited.cluster_id) = inherited.cluster_id
    group by inherited.cluster_id
),

golden as (
    select
        own_ids.cluster_id,
        case
            when own_ids.is_named then own_ids.product_id
            else coalesce(kept.account_id, own_ids.product_id, own_ids.first_record)
        end as account_id
    from own_ids
    left join kept on own_ids.cluster_id = kept.cluster_id
)

select
    members.system,
    members.record_id,
    golden.account_id,
    case
        when golden.account_id is null then 'unmatched'
        when members.is_decided then 'crosswalk'
        else coalesce(members.linked_by, 'alone')
    end as method
from members
left join golden on members.cluster_id = golden.cluster_id
