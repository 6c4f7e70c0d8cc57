{{ address_standings(ref('stg_intercom__contacts')) }}
