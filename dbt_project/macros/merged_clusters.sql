{#
    One round of identity, as a chain of CTEs: clusters of account records that share a token of `kind` become one.
    `before` names the CTE with the clusters so far (system, record_id, cluster_id, linked_by), `after` the one this leaves.

    `token_edges` says which tokens may join which clusters; what would join two accounts in a roundabout way is left apart.
    `linked_by` is the evidence that brought a record into the account: of records that only know each other, the latest.
    `rounds` of passing the least cluster id along shared tokens reach every record a few tokens away.
#}
{% macro merged_clusters(before, after, kind, is_id, rounds=3) %}
{{ token_edges(before, after, kind, is_id) }},

{{ after }}_labels_0 as (
    select distinct cluster_id, cluster_id as label from {{ after }}_edges
),

{% for round in range(1, rounds + 1) %}
{{ after }}_labels_{{ round }} as (
    select
        edges.cluster_id,
        min(by_token.label) as label
    from {{ after }}_edges as edges
    inner join (
        select edges.token, min(labels.label) as label
        from {{ after }}_edges as edges
        inner join {{ after }}_labels_{{ round - 1 }} as labels on edges.cluster_id = labels.cluster_id
        group by edges.token
    ) as by_token on edges.token = by_token.token
    group by edges.cluster_id
),

{% endfor %}
{# two customers of one system, joined by way of others #}
{{ after }}_mixed as (
    select labels.label
    from {{ after }}_labels_{{ rounds }} as labels
    inner join {{ after }}_traits as traits on labels.cluster_id = traits.cluster_id
    where traits.is_of_record
    group by labels.label, traits.system
    having count(distinct labels.cluster_id) > 1
),

{{ after }}_sound as (
    select
        labels.label,
        coalesce(min(case when named.is_founded then named.product_id end), min(named.product_id)) as product_id,
        bool_and(named.product_id is null or workspaces.cluster_id is not null) as is_one_customers
    from {{ after }}_labels_{{ rounds }} as labels
    inner join {{ after }}_named as named on labels.cluster_id = named.cluster_id
    left join {{ after }}_workspaces as workspaces on labels.cluster_id = workspaces.cluster_id
    {% if kind != 'product id' %}
        where labels.label not in (select mixed.label from {{ after }}_mixed as mixed)
    {% endif %}
    group by labels.label
    having is_one_customers
        or (
            count(distinct case when named.is_founded then named.product_id end) <= 1
            and (bool_or(named.is_founded and named.product_id is not null) or count(distinct named.product_id) <= 1)
        )
),

{{ after }}_joined as (
    select
        labels.cluster_id,
        min(labels.cluster_id) over (partition by labels.label) as label
    from {{ after }}_labels_{{ rounds }} as labels
    inner join {{ after }}_sound as sound on labels.label = sound.label
    inner join {{ after }}_named as named on labels.cluster_id = named.cluster_id
    where named.product_id is null or named.product_id = sound.product_id or sound.is_one_customers
    qualify count(*) over (partition by labels.label) > 1
),

{{ after }} as (
    select
        clusters.system,
        clusters.record_id,
        coalesce(joined.label, clusters.cluster_id) as cluster_id,
        case
            when joined.label is not null and (clusters.linked_by is null or not named.is_founded) then '{{ kind }}'
            else clusters.linked_by
        end as linked_by
    from {{ before }} as clusters
    inner join {{ after }}_named as named on clusters.cluster_id = named.cluster_id
    left join {{ after }}_joined as joined on clusters.cluster_id = joined.cluster_id
)
{%- endmacro %}
