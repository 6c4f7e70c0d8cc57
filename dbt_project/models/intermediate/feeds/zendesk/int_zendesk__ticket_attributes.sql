with field_values as (
    select * from {{ ref('stg_zendesk__ticket_field_values') }}
),

fields as (
    select * from {{ ref('stg_zendesk__ticket_fields') }}
),

meanings as (
    {{ vocabulary('zendesk', 'ticket_field') }}
)

select
    field_values.ticket_id,
    max(field_values.value) filter (where meanings.value = 'topic') as topic,
    max(lower(field_values.value)) filter (where meanings.value = 'handled_by') as handled_by,
    max(try_cast(field_values.value as double)) filter (where meanings.value = 'csat') as csat
from field_values
inner join fields on field_values.field_id = fields.field_id
inner join meanings on lower(trim(fields.title)) = meanings.source_value
group by field_values.ticket_id
