{{ address_standings(ref('stg_hubspot__contacts')) }}
