{#
    Every kind of trigger a play may name, and the model that finds its episodes. A new kind is one line here and its model in
    `models/intermediate/decisions/triggers/`.
#}
{% macro trigger_kinds() %}
    {{ return({
        'tier_entered': 'int_tier_triggers',
        'score_below': 'int_score_triggers',
        'onboarding_step': 'int_onboarding_triggers',
        'usage_quiet': 'int_usage_quiet_triggers',
        'feature_unused': 'int_feature_adoption_triggers',
        'expansion_ready': 'int_expansion_triggers',
        'renewal_due': 'int_renewal_triggers',
        'qbr_due': 'int_qbr_triggers',
        'conversation_escalated': 'int_escalation_triggers',
        'stale_answer': 'int_stale_answer_triggers',
        'churn_risk_raised': 'int_churn_risk_triggers',
        'sponsor_needed': 'int_sponsor_triggers',
        'judgements_diverge': 'int_divergence_triggers',
        'alert_unanswered': 'int_alert_ladder_triggers',
    }) }}
{% endmacro %}
