{{ config(materialized='table') }}

with days as (
    select * from {{ ref('int_days') }}
),

tiers_hashes as (
    {{ policy_hashes(ref('tiers')) }}
),

routing_hashes as (
    {{ policy_hashes(ref('routing')) }}
),

scoring_windows_hashes as (
    {{ policy_hashes(ref('scoring_windows')) }}
),

segments_hashes as (
    {{ policy_hashes(ref('segments')) }}
),

currencies_hashes as (
    {{ policy_hashes(ref('currencies')) }}
),

signal_weights_hashes as (
    {{ policy_hashes(ref('signal_weights')) }}
),

response_curves_hashes as (
    {{ policy_hashes(ref('response_curves')) }}
),

support_contacts_hashes as (
    {{ policy_hashes(ref('support_contacts')) }}
),

versions as (
    select
        day,
        {{ policy_version(ref('tiers'), 'day') }} as tiers_from,
        {{ policy_version(ref('routing'), 'day') }} as routing_from,
        {{ policy_version(ref('scoring_windows'), 'day') }} as scoring_windows_from,
        {{ policy_version(ref('segments'), 'day') }} as segments_from,
        {{ policy_version(ref('currencies'), 'day') }} as currencies_from,
        {{ policy_version(ref('signal_weights'), 'day') }} as signal_weights_from,
        {{ policy_version(ref('response_curves'), 'day') }} as response_curves_from,
        {{ policy_version(ref('support_contacts'), 'day') }} as support_contacts_from
    from days
)

select
    versions.*,
    greatest(
        versions.tiers_from,
        versions.routing_from,
        versions.scoring_windows_from,
        versions.segments_from,
        versions.currencies_from,
        versions.signal_weights_from,
        versions.response_curves_from,
        versions.support_contacts_from
    ) as policy_valid_from,
    md5(concat(
        tiers_hashes.version_hash,
        routing_hashes.version_hash,
        scoring_windows_hashes.version_hash,
        segments_hashes.version_hash,
        currencies_hashes.version_hash,
        signal_weights_hashes.version_hash,
        response_curves_hashes.version_hash,
        support_contacts_hashes.version_hash
    )) as policy_fingerprint
from versions
inner join tiers_hashes on versions.tiers_from = tiers_hashes.valid_from
inner join routing_hashes on versions.routing_from = routing_hashes.valid_from
inner join scoring_windows_hashes on versions.scoring_windows_from = scoring_windows_hashes.valid_from
inner join segments_hashes on versions.segments_from = segments_hashes.valid_from
inner join currencies_hashes on versions.currencies_from = currencies_hashes.valid_from
inner join signal_weights_hashes on versions.signal_weights_from = signal_weights_hashes.valid_from
inner join response_curves_hashes on versions.response_curves_from = response_curves_hashes.valid_from
inner join support_contacts_hashes on versions.support_contacts_from = support_contacts_hashes.valid_from
