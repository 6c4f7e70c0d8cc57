{#
    The CTE `announced`: what goes to our own people, whatever account sets it off (`feed_alerts`, `staff_messages`), with each CSM's daily list completed by what `decided` sends about their accounts, which
    goes out the same morning and can't be in the ledger yet. A list that was empty before is one no more. `accounts` lends the names.
    Staff messages end with entries (listed so far), max_lines (null: no list of the day) and play_reason, which are left out.
#}
{% macro lists_completed(feed_alerts, staff_messages, decided, accounts) %}
{% set announcements = 'announcements' %}
announcements as (
    select
        *,
        cast(null as bigint) as entries,
        cast(null as integer) as max_lines,
        cast(null as varchar) as play_reason
    from {{ feed_alerts }}
    union all
    select * from {{ staff_messages }}
),

new_entries as (
    select
        {{ decided }}.csm_id,
        case when {{ decided }}.mode = 'assisted' then 2 else 1 end as kind_rank,
        coalesce({{ decided }}.sla_due_at, {{ decided }}.expires_at) as ordered_by,
        concat(
            case when {{ decided }}.mode = 'assisted' then 'Waits for your approval' else 'Answer' end,
            coalesce(
                case when {{ decided }}.mode = 'assisted' then ' until ' else ' by ' end
                || left(cast(coalesce({{ decided }}.sla_due_at, {{ decided }}.expires_at) as varchar), 16) || ' UTC',
                ''
            ),
            ': ', {{ accounts }}.name, ', ', replace({{ decided }}.play_id, '_', ' ')
        ) as line
    from {{ decided }}
    inner join {{ accounts }} on {{ decided }}.account_id = {{ accounts }}.account_id
    where {{ decided }}.suppressed_by is null
        and (
            {{ decided }}.mode = 'assisted'
            or ({{ decided }}.recipient_role = 'csm' and {{ decided }}.sla_due_at is not null)
        )
),

new_lines as (
    select
        csm_id,
        count(*) as entries,
        array_agg(line order by kind_rank, ordered_by, line) as lines
    from new_entries
    group by csm_id
),

announced as (
    select
        {{ announcements }}.* exclude (entries, max_lines, play_reason)
        replace (
            case
                when new_lines.entries is not null
                    then
                        concat(
                            cast({{ announcements }}.entries + new_lines.entries as varchar),
                            case when {{ announcements }}.entries + new_lines.entries = 1 then ' entry. ' else ' entries. ' end,
                            {{ announcements }}.play_reason
                        )
                else {{ announcements }}.reason
            end as reason,
            -- a list that somebody can get was kept for being empty
            case
                when new_lines.entries is null
                    or {{ announcements }}.entries > 0
                    or {{ announcements }}.recipient is null
                    then {{ announcements }}.suppressed_by
            end as suppressed_by,
            case
                when new_lines.entries is null
                    or {{ announcements }}.entries > 0
                    or {{ announcements }}.recipient is null
                    then {{ announcements }}.suppressed_reason
            end as suppressed_reason,
            case
                when new_lines.entries is not null
                    then
                        {{ json_merged(
                            announcements ~ '.facts',
                            json_object({
                                'list_new': 'new_lines.lines[1:greatest(' ~ announcements ~ '.max_lines - ' ~ announcements ~ '.entries, 0)]',
                                'list_left_out': 'greatest(' ~ announcements ~ '.entries + new_lines.entries - ' ~ announcements ~ '.max_lines, 0)',
                            }),
                        ) }}
                else {{ announcements }}.facts
            end as facts
        )
    from {{ announcements }}
    left join new_lines
        on {{ announcements }}.subject = new_lines.csm_id
        and {{ announcements }}.max_lines is not null
)
{% endmacro %}
