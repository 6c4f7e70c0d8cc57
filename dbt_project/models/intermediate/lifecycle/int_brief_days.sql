with renewal_windows as (
    select * from {{ ref('int_renewal_windows') }}
),

qbr_windows as (
    select * from {{ ref('int_qbr_windows') }}
)

select
    account_id,
    acted_on as brief_on
from renewal_windows

union

select
    account_id,
    acted_on as brief_on
from qbr_windows
