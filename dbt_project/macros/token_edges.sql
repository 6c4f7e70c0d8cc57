{#
    What a token of `kind` may join, as a chain of CTEs: for `merged_clusters`, which says what `before` and `after` name.

    A token joins clusters only if it can mean one account: at most one product id among those that are an account, and no
    system that says who is a customer with two clusters (unless the token is an id). Clusters of another product id are left out of
    it; so are, by a reference to one record, those that hold another record of its system. Where the customer who has the token is known without an id, and no subsidiary shares it, clusters of several ids are its
    workspaces.
    Leaves `…_named` and `…_traits` (of clusters), `…_edges` (clusters and tokens that join them) and `…_workspaces`.
#}
{% macro token_edges(before, after, kind, is_id) %}
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

{% if kind == 'reference' %}
{# clusters that know their customer by another record of the system than the one they name #}
{{ after }}_of_others as (
    select
        tokens.cluster_id,
        tokens.token
    from {{ after }}_tokens as tokens
    inner join {{ before }} as members on tokens.cluster_id = members.cluster_id
    inner join records
        on members.system = records.system
        and members.record_id = records.record_id
    where starts_with(tokens.token, concat(members.system, ':'))
    group by tokens.cluster_id, tokens.token
    having bool_or(records.is_of_record)
        and not bool_or(tokens.token = {{ reference_token('members.system', 'members.record_id') }})
),

{% endif %}
{{ after }}_edges as (
    select tokens.cluster_id, tokens.token
    from {{ after }}_tokens as tokens
    inner join {{ after }}_meant as meant on tokens.token = meant.token
    inner join {{ after }}_named as named on tokens.cluster_id = named.cluster_id
    where (named.product_id is null or named.product_id = meant.product_id or meant.is_one_customers)
    {% if kind == 'reference' %}
        and (tokens.cluster_id, tokens.token) not in (
            select (others.cluster_id, others.token) from {{ after }}_of_others as others
        )
    {% endif %}
),

{{ after }}_workspaces as (
    select distinct edges.cluster_id
    from {{ after }}_edges as edges
    inner join {{ after }}_meant as meant on edges.token = meant.token
    where meant.is_one_customers
)
{%- endmacro %}
