{#
    One round of identity, as a chain of CTEs: clusters of account records that share a token of `kind` become one.
    `before` names the CTE with the clusters so far (system, record_id, cluster_id, linked_by), `after` the one this leaves.

    A token joins clusters only if it can mean one account: at most one product id among those that are an account, and no
    system that says who is a customer with two clusters (unless the token is an id). What would join two accounts with ids in a
    roundabout way is left apart.
    `rounds` of passing the least cluster id along shared tokens reach every record a few tokens away.
#}
{% macro merged_clusters(before, after, kind, is_id, rounds=3) %}
{{ after }}_tokens as (
    select distinct
        clusters.cluster_id,
        evidence.token
    from {{ before }} as clusters
    inner join evidence
        on clusters.system = evidence.system
        and clusters.record_id = evidence.record_id
    where evidence.kind = '{{ kind }}'
),

{# what an account's own records say of its product id goes before what others say #}
{{ after }}_founded as (
    select
        clusters.cluster_id,
        coalesce(
            min(case when records.is_founding then product_ids.product_id end),
            min(product_ids.product_id)
        ) as product_id
    from {{ before }} as clusters
    inner join records
        on clusters.system = records.system
        and clusters.record_id = records.record_id
    left join product_ids
        on clusters.system = product_ids.system
        and clusters.record_id = product_ids.record_id
    group by clusters.cluster_id
    having bool_or(records.is_founding)
),

{{ after }}_traits as (
    select
        clusters.cluster_id,
        clusters.system,
        founded.product_id,
        bool_or(records.is_of_record) as is_of_record
    from {{ before }} as clusters
    inner join records
        on clusters.system = records.system
        and clusters.record_id = records.record_id
    left join {{ after }}_founded as founded on clusters.cluster_id = founded.cluster_id
    group by clusters.cluster_id, clusters.system, founded.product_id
),

{{ after }}_doubled as (
    select distinct tokens.token
    from {{ after }}_tokens as tokens
    inner join {{ after }}_traits as traits on tokens.cluster_id = traits.cluster_id
    where traits.is_of_record
    group by tokens.token, traits.system
    having count(distinct tokens.cluster_id) > 1
),

{{ after }}_joining as (
    select tokens.token
    from {{ after }}_tokens as tokens
    inner join {{ after }}_traits as traits on tokens.cluster_id = traits.cluster_id
    {% if not is_id %}
        where tokens.token not in (select doubled.token from {{ after }}_doubled as doubled)
    {% endif %}
    group by tokens.token
    having count(distinct tokens.cluster_id) > 1 and count(distinct traits.product_id) <= 1
),

{{ after }}_edges as (
    select tokens.cluster_id, tokens.token
    from {{ after }}_tokens as tokens
    inner join {{ after }}_joining using (token)
),

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
{{ after }}_sound as (
    select labels.label
    from {{ after }}_labels_{{ rounds }} as labels
    inner join {{ after }}_traits as traits on labels.cluster_id = traits.cluster_id
    group by labels.label
    having count(distinct traits.product_id) <= 1
),

{{ after }} as (
    select
        clusters.system,
        clusters.record_id,
        coalesce(sound.label, clusters.cluster_id) as cluster_id,
        coalesce(clusters.linked_by, case when sound.label is not null then '{{ kind }}' end) as linked_by
    from {{ before }} as clusters
    left join {{ after }}_labels_{{ rounds }} as labels on clusters.cluster_id = labels.cluster_id
    left join {{ after }}_sound as sound on labels.label = sound.label
)
{%- endmacro %}
