{#
    The days on which an account was seen in a channel (`channel` = `whole`), and of a channel that several sources feed
    also those of each source (`channel/source`): a select of account_id, system, whole, channel, used_on. What names no
    source is none: it falls silent when its senders begin to say who they are.
#}
{% macro usage_parts(usage, sources) -%}
    select
        account_id,
        system,
        channel as whole,
        channel,
        used_on
    from {{ usage }}

    union all

    select
        account_id,
        system,
        channel as whole,
        concat(channel, '/', source) as channel,
        used_on
    from {{ sources }}
    where source is not null
{%- endmacro %}
