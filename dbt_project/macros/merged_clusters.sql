{#
    One round of identity, as a chain of CTEs: clusters of account records that share a token of `kind` become one.
    `before` names the CTE with the clusters so far (system, record_id, cluster_id, linked_by), `after` the one this leaves.

    A token joins clusters only if it can mean one account: at most one product id among those that are an account, and no
    system that says who is a customer with two clusters (unless the token is an id). Clusters of another product id are left out of
    it, and what would join two in a roundabout way is left apart. Where the customer who has the token is known without an id,
    and no subsidiary shares it, clusters of several ids are its workspaces.
    `linked_by` is the evidence that brought a record into the account: of records that only know each other, the latest.
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

{#
    what an account's own records say of its product id goes before what others say; where there are none, two systems must say
    the same: one alone may be mistyped, and its domain then knows better. A reference by id joins them all the same
#}
{{ after }}_named as (
    select
        clusters.cluster_id,
        bool_or(records.is_founding) as is_founded,
        bool_or(records.is_founding and product_ids.product_id is not null) as has_own_id,
        case
            when bool_or(records.is_founding)
                then coalesce(
                    min(case when records.is_founding then product_ids.product_id end),
                    min(product_ids.product_id)
                )
            {% if not is_id %}
                when count(distinct product_ids.product_id) = 1
                    and count(distinct case when product_ids.product_id is not null then clusters.system end) > 1
                    then min(product_ids.product_id)
            {% endif %}
        end as product_id
    from {{ before }} as clusters
    inner join records
        on clusters.system = records.system
        and clusters.record_id = records.record_id
    left join product_ids
        on clusters.system = product_ids.system
        and clusters.record_id = product_ids.record_id
    group by clusters.cluster_id
),

{{ after }}_traits as (
    select
        clusters.cluster_id,
        clusters.system,
        named.product_id,
        bool_or(records.is_of_record) as is_of_record
    from {{ before }} as clusters
    inner join records
        on clusters.system = records.system
        and clusters.record_id = records.record_id
    inner join {{ after }}_named as named on clusters.cluster_id = named.cluster_id
    group by clusters.cluster_id, clusters.system, named.product_id
),

{{ after }}_doubled as (
    select distinct tokens.token
    from {{ after }}_tokens as tokens
    inner join {{ after }}_traits as traits on tokens.cluster_id = traits.cluster_id
    where traits.is_of_record
    group by tokens.token, traits.system
    having count(distinct tokens.cluster_id) > 1
),

{# the product id that a token means, null where nobody says one; or that all that has it is one customer's #}
{{ after }}_meant as (
    select
        tokens.token,
        coalesce(
            min(case when named.is_founded then named.product_id end),
            case when count(distinct named.product_id) = 1 then min(named.product_id) end
        ) as product_id,
        {# where people write from says whom they work for, not whose workspace it is #}
        {{ 'true' if kind in ('domain and name', 'domain') else 'false' }}
        and bool_or(named.is_founded)
        and not bool_or(named.has_own_id)
        and tokens.token not in (select family.token from evidence as family where family.kind = 'family domain')
            as is_one_customers
    from {{ after }}_tokens as tokens
    inner join {{ after }}_named as named on tokens.cluster_id = named.cluster_id
    {% if not is_id %}
        where tokens.token not in (select doubled.token from {{ after }}_doubled as doubled)
    {% endif %}
    group by tokens.token
    having count(distinct tokens.cluster_id) > 1
        and count(distinct case when named.is_founded then named.product_id end) <= 1
),

{{ after }}_edges as (
    select tokens.cluster_id, tokens.token
    from {{ after }}_tokens as tokens
    inner join {{ after }}_meant as meant on tokens.token = meant.token
    inner join {{ after }}_named as named on tokens.cluster_id = named.cluster_id
    where named.product_id is null or named.product_id = meant.product_id or meant.is_one_customers
),

{{ after }}_workspaces as (
    select distinct edges.cluster_id
    from {{ after }}_edges as edges
    inner join {{ after }}_meant as meant on edges.token = meant.token
    where meant.is_one_customers
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
    {% if not is_id %}
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
