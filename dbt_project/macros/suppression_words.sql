{# What a suppression rule says to a person who asks why nothing was sent. #}
{% macro suppression_words(rule) -%}
    case {{ rule }}
        when 'too_old' then 'The day it was decided for lies too far back to act on now'
        when 'cool_down' then 'The same play reached this account not long ago; its cool-down still runs'
        when 'covered_by_tier_play' then 'Another message of the same day already puts a person on this account'
        when 'wants_human' then 'The customer asked for people, not machines'
        when 'holdout' then 'The account is in the holdout group that automation is measured against'
        when 'no_recipient' then 'Nobody to send it to: no owner and no fallback address in policy'
    end
{%- endmacro %}
