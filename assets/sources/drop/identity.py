"""Which account a row belongs to: known accounts, their users, e-mail addresses and domains.

The temporary table `identity(kind, value, account_id)` has one row per value; `account_id` is null where a
value fits several accounts, which resolves to none of them. Mail providers' domains never stand for an
account.
"""

import duckdb

from assets.sources.drop.schema import AccountLink, Table
from assets.sources.sql import one_row

# Domains that anyone can have an address at.
FREE_MAIL_DOMAINS = [
    "126.com",
    "163.com",
    "aol.com",
    "fastmail.com",
    "free.fr",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hey.com",
    "hotmail.com",
    "hotmail.co.uk",
    "hotmail.de",
    "hotmail.fr",
    "icloud.com",
    "laposte.net",
    "libero.it",
    "live.com",
    "mac.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "naver.com",
    "orange.fr",
    "outlook.com",
    "outlook.de",
    "outlook.fr",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "rediffmail.com",
    "rocketmail.com",
    "t-online.de",
    "tutanota.com",
    "web.de",
    "yahoo.co.in",
    "yahoo.co.jp",
    "yahoo.co.uk",
    "yahoo.com",
    "yahoo.de",
    "yahoo.fr",
    "yandex.com",
    "yandex.ru",
    "ymail.com",
    "zoho.com",
]

# Which identity a column's value is looked up in.
KIND_OF_COLUMN = {
    "account_id": "account_id",
    "user_id": "user_id",
    "email": "email",
    "requester_email": "email",
    "domain": "domain",
    "csm_id": "csm_id",
}

_DOMAIN = "nullif(regexp_replace(lower(trim({0})), '^(https?://)?(www\\.)?|[/:?].*$', '', 'g'), '')"


def lookup_value(kind: str, text: str) -> str:
    """The SQL expression under which `text` stands in `identity`."""
    match kind:
        case "email":
            return f"lower({text})"
        case "domain":
            return _DOMAIN.format(text)
        case _:
            return text


def email_domain(text: str) -> str:
    return _DOMAIN.format(f"case when contains({text}, '@') then split_part({text}, '@', -1) end")


def refresh(connection: duckdb.DuckDBPyConnection, *, name: str = "identity") -> None:
    """Build the table from what stands loaded now."""
    free = ", ".join(f"'{domain}'" for domain in FREE_MAIL_DOMAINS)
    only = "case when count(distinct account_id) = 1 then min(account_id) end as account_id"
    connection.execute(
        f"""
        create or replace temp table {name} as
        with accounts as (select account_id, {lookup_value("domain", "domain")} as domain
            from raw_drop_folder.accounts where not _is_duplicate),
        users as (select user_id, account_id, {lookup_value("email", "email")} as email
            from raw_drop_folder.users where not _is_duplicate)

        select 'account_id' as kind, account_id as value, account_id from accounts
        union all
        select 'domain', domain, {only} from accounts
        where domain is not null and domain not in ({free}) group by domain
        union all
        select 'user_id', user_id, account_id from users
        union all
        select 'email', email, {only} from users where email is not null group by email
        union all
        select 'csm_id', csm_id, csm_id from raw_drop_folder.csms where not _is_duplicate
        """
    )


def note_changes(connection: duckdb.DuckDBPyConnection) -> bool:
    """Fill `identity_changes(kind, value)` with what differs between `identity_before` and `identity`."""
    connection.execute(
        """
        create or replace temp table identity_changes as
        select distinct kind, value
        from (
            (from identity except from identity_before) union all (from identity_before except from identity)
        )
        """
    )
    return bool(one_row(connection, "select exists (from identity_changes)")[0])


def files_to_read_again(connection: duckdb.DuckDBPyConnection, table: Table) -> set[str]:
    """Files with a row that named an identity which has changed: quarantined for it, or attributed by it."""
    files = connection.execute(
        """
        select distinct rejected.file
        from raw_drop_folder._quarantine as rejected, unnest(rejected.unknown) as missing(identity)
        semi join identity_changes
            on missing.identity = identity_changes.kind || ':' || identity_changes.value
        where rejected.source_table = ?
        """,
        [table.name],
    ).fetchall()
    for kind, value in _lookups(table):
        files += connection.execute(
            f"select distinct _file from raw_drop_folder.{table.name} as loaded"
            f" semi join identity_changes"
            f" on identity_changes.kind = '{kind}' and identity_changes.value = {value}"
        ).fetchall()
    return {str(file) for (file,) in files}


def _lookups(table: Table) -> list[tuple[str, str]]:
    """(kind, SQL value) of everything a loaded row of the table was or could be attributed by."""
    found = []
    if table.account in (AccountLink.REQUIRED, AccountLink.OPTIONAL):
        found.append(("account_id", "loaded.account_id"))
    if table.account is AccountLink.RESOLVED:
        found.append(
            ("account_id", "case when loaded._resolved_by = 'account_id' then loaded.account_id end")
        )
        for column in table.identified_by[1:]:
            unless_given = f"case when loaded._resolved_by <> 'account_id' then loaded.{column} end"
            kind = KIND_OF_COLUMN[column]
            found.append((kind, lookup_value(kind, unless_given)))
            if kind == "email":
                found.append(("domain", email_domain(unless_given)))
    if table.requires_csm:
        found.append(("csm_id", "loaded.csm_id"))
    return found
