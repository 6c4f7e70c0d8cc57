{#
    The rows of a CTE with the account each belongs to: by the system's account record, by its person, by the product's id of
    that person, by the address, by the address's domain. `account_id` is null where nothing leads to exactly one account.
    Expects a CTE `identity_keys`. `by`: which of the ways the rows have columns for.
#}
{% macro resolved(rows, by=['account', 'user', 'email']) -%}
    select
        {{ rows }}.*,
        coalesce(
            by_account.account_id
            {%- if 'user' in by %}, by_user.account_id, by_product_user.account_id{% endif %}
            {%- if 'email' in by %}, by_email.account_id, by_email_domain.account_id{% endif %}
            {%- if 'domain' in by %}, by_domain.account_id{% endif %}
        ) as account_id
    from {{ rows }}
    left join identity_keys as by_account
        on by_account.kind = 'account'
        and {{ rows }}.system = by_account.system
        and {{ rows }}.account_record_id = by_account.key
    {% if 'user' in by %}
        left join identity_keys as by_user
            on by_user.kind = 'user'
            and {{ rows }}.system = by_user.system
            and {{ rows }}.user_record_id = by_user.key
        left join identity_keys as by_product_user
            on by_product_user.kind = 'product user'
            and {{ rows }}.user_record_id = by_product_user.key
    {% endif %}
    {% if 'email' in by %}
        left join identity_keys as by_email
            on by_email.kind = 'email'
            and lower(trim({{ rows }}.email)) = by_email.key
        left join identity_keys as by_email_domain
            on by_email_domain.kind = 'domain'
            and {{ email_domain(rows ~ '.email') }} = by_email_domain.key
    {% endif %}
    {% if 'domain' in by %}
        left join identity_keys as by_domain
            on by_domain.kind = 'domain'
            and lower({{ rows }}.domain) = by_domain.key
    {% endif %}
{%- endmacro %}
