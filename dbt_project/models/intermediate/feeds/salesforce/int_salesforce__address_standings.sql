{{ address_standings(ref('stg_salesforce__contacts')) }}
