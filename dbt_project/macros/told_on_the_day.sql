{#
    The CTE `due`: what falls due (`timed`, one row per candidate and its day), with what is said of it and who hears it.
    A risk and a divergence are told as they are on the day, not as they were when they were raised.
#}
{% macro told_on_the_day(timed, facts, divergences, recipients) %}
due as (
    select
        timed.* exclude (trigger_words, trigger_facts),
        coalesce(told_risks.risk_words, told_divergences.evidence, timed.trigger_words) as trigger_words,
        coalesce(
            told_risks.risk_facts,
            case
                when told_divergences.evidence is not null
                    then {{ json_object({'divergence': 'told_divergences.evidence'}) }}
            end,
            timed.trigger_facts
        ) as trigger_facts,
        facts.trigger_words as account_words,
        facts.facts as account_facts,
        facts.csm_id,
        coalesce(facts.is_immediate, false) or coalesce(timed.is_urgent, false) as is_immediate,
        recipients.* exclude (account_id, recipient_role, channel)
    from {{ timed }} as timed
    left join {{ facts }} as facts on timed.account_id = facts.account_id and timed.decided_for = facts.date
    left join {{ facts }} as told_risks
        on timed.account_id = told_risks.account_id and timed.decided_for = told_risks.date
        and timed.trigger_kind in ('churn_risk_raised', 'sponsor_needed')
    left join {{ divergences }} as told_divergences
        on timed.account_id = told_divergences.account_id and timed.decided_for = told_divergences.date
        and timed.trigger_kind = 'judgements_diverge' and timed.trigger_key = told_divergences.signal
    left join {{ recipients }} as recipients
        on timed.account_id = recipients.account_id
        and timed.recipient_role = recipients.recipient_role
        and timed.channel = recipients.channel
)
{% endmacro %}
