{#
    A text without what could lead to a customer: links, addresses, secrets, keys and ids, amounts of money, phone and other
    long numbers, domains, people who are greeted, sign or are called by a title, and what `pattern` finds (an expression:
    what is known of the account; null: nothing). What is struck out leaves a word in brackets. Rather too much than too
    little: a person reads it before it is used.
#}
{% macro without_account_details(text, pattern) -%}
    {{ return(adapter.dispatch('without_account_details', 'tierline')(text, pattern)) }}
{%- endmacro %}

{% macro default__without_account_details(text, pattern) -%}
    {#- in this order: a rule that finds less must not leave half of what another would find -#}
    {%- set secret = '(?:pass ?(?:word|code|phrase|wd)|pwd|pin|secret|token|key|credential|(?:access|login|security) code)s?' -%}
    {%- set currency = '(?:USD|EUR|GBP|CHF|JPY|CNY|CAD|AUD|NZD|INR|BRL|MXN|SEK|NOK|DKK|PLN|CZK)' -%}
    {%- set name = '\p{Lu}[\p{L}\'\'’-]+(?:\s+\p{Lu}[\p{L}\'\'’-]+){0,2}' -%}
    {%- set found = [
        ('(?i)(?:[a-z][a-z0-9+.-]*://|www\.)\S+', '[link]'),
        ('(?i)(' ~ secret ~ '["\'\'`]*\s*[:=]\s*)\S+', '\\1[secret]'),
        (
            '(?i)(' ~ secret ~ '\s+(?:is|was)\s+(?:now\s+)?|(?:password|passcode|pwd|\\bpin|bearer)\s+)'
            ~ '(?:["\'\'`]\S+|\S*(?:\d|[#$%^&*~+=!@]\w)\S*)', '\\1[secret]'
        ),
        ('\S*@\S+', '[e-mail]'),
        ('(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}', '[id]'),
        ('[A-Za-z0-9+/=_-]{24,}', '[id]'),
        ('\\b(?:sk|pk|rk|whsec|xox[a-z]|gh[a-z]|glpat|shp[a-z]{2})[_-][A-Za-z_-]*\d[A-Za-z0-9_-]*', '[id]'),
        ('\\b(?:AKIA|ASIA|AIza|eyJ)[A-Za-z0-9_.-]{6,}', '[id]'),
        ('(?i)(?:[0-9]{1,3}\.){3}[0-9]{1,3}|(?:[0-9a-f]{0,4}:){3,}[0-9a-f]{0,4}', '[address]'),
        (
            '(?:[$€£¥₹]|\\b' ~ currency ~ ')\s?\d(?:[\d., ’]*\d)?(?i:\s?(?:k|m|mn|bn|thousand|million)\\b)?', '[amount]'
        ),
        (
            '\d(?:[\d., ’]*\d)?(?i:\s?(?:k|m|mn|bn|thousand|million))?\s?'
            ~ '(?:[$€£¥₹]|' ~ currency ~ '\\b|(?i:dollars?|euros?|pounds?|francs?)\\b)', '[amount]'
        ),
        ('\+?\(?\d[\d\s().,/-]{6,}\d|\d{6,}', '[number]'),
        (
            '[A-Za-z0-9]*\d+(?:[A-Za-z]{2,}\d+[A-Za-z]|[A-Za-z]+\d+[A-Za-z]{2}|[A-Za-z]+\d+[A-Za-z]+\d)[A-Za-z0-9]*', '[id]'
        ),
        ('[A-Za-z][A-Za-z_-]*(?:\d[A-Za-z_-]*){4,}|\d+[A-Za-z_-]+(?:[A-Za-z_-]*\d){3,}[A-Za-z0-9_-]*', '[id]'),
        (
            '(?i)(?:[\p{L}\p{N}-]+\.)+(?:com|net|org|edu|gov|io|co|dev|app|ai|biz|info|cloud|tech|online|eu|us|uk|ca|au'
            ~ '|nz|de|at|ch|fr|es|it|nl|be|lu|pt|pl|cz|dk|no|fi|se|ie|jp|cn|in|br|mx|example|invalid|test)\\b', '[domain]'
        ),
        ('((?i:\\b(?:hi|hello|hey|dear|hallo|hola|bonjour))\s+)' ~ name, '\\1[name]'),
        ('(?i)(\\b(?:hi|hello|hey|dear|hallo|hola|bonjour)\s+)\p{L}+(\s*[,!])', '\\1[name]\\2'),
        ('((?i:\\b(?:mr|mrs|ms|dr|prof|herr|frau|madame|monsieur|señora?))\.?\s+)' ~ name, '\\1[name]'),
        ('((?i:\\b(?:my name is|colleague|teammate|manager|boss|spoke (?:to|with)))\s+)' ~ name, '\\1[name]'),
        (
            '(?m)((?i:\\b(?:thanks|thank you|cheers|best|wishes|regards|sincerely|yours))[,.!–-]*\s+)' ~ name
            ~ '([.!]?\s*)$', '\\1[name]\\2'
        ),
    ] -%}
    {%- set ns = namespace(text=text) -%}
    {%- for expression, word in found -%}
        {%- set ns.text = "regexp_replace(" ~ ns.text ~ ", '" ~ expression ~ "', '" ~ word ~ "', 'g')" -%}
    {%- endfor -%}
    {#- twice: what stands between two finds belongs to the first -#}
    {%- for _ in range(2) -%}
        {%- set ns.text = "regexp_replace(" ~ ns.text ~ ", coalesce(" ~ pattern ~ ", '(\\b\\B)()'), '\\1[name]\\2', 'g')" -%}
    {%- endfor -%}
    {{ ns.text }}
{%- endmacro %}

{# A pattern that finds any of the texts of a group as whole words, the longest first. #}
{% macro pattern_of_any(text) -%}
    {{ return(adapter.dispatch('pattern_of_any', 'tierline')(text)) }}
{%- endmacro %}

{% macro default__pattern_of_any(text) -%}
    concat(
        '(?i)(^|[^\p{L}\p{N}])(?:',
        string_agg(regexp_escape({{ text }}), '|' order by length({{ text }}) desc, {{ text }}),
        ')($|[^\p{L}\p{N}])'
    )
{%- endmacro %}
