with loads as (
    select * from {{ ref('stg_tierline__loads') }}
),

files as (
    select * from {{ ref('stg_tierline__files') }}
),

disconnected as (
    select * from {{ ref('int_disconnected_systems') }}
),

switched_off as (
    select * from {{ ref('stg_tierline__switched_off_tables') }}
),

-- a vendor that answers has said all there is; that somebody looked into a folder says nothing of what lies in it
arrivals as (
    select
        source as system,
        table_name,
        'last_load' as measure,
        max(finished_at) as arrived_at
    from loads
    where source <> 'drop_folder'
    group by source, table_name

    union all

    -- what ever gave a row is expected again, also where its file came empty or can't be looked at any more
    select
        given.source as system,
        given.table_name,
        'newest_file' as measure,
        coalesce(max(files.modified_at), max(given.given_at)) as arrived_at
    from (
        select source, table_name, max(finished_at) as given_at
        from loads
        where source = 'drop_folder' and rows_in > 0
        group by source, table_name
    ) as given
    left join files
        on given.source = files.source
        and given.table_name = files.table_name
    group by given.source, given.table_name
)

-- of what is not connected any more, or switched off, nothing is expected
select arrivals.*
from arrivals
left join disconnected on arrivals.system = disconnected.system
left join switched_off on arrivals.system = switched_off.system and arrivals.table_name = switched_off.table_name
where disconnected.system is null
    and switched_off.system is null
