"""The register as a service (全市房地信息系统): Django and PostgreSQL around the pure core.

Inside an app: `urls` › `views | tasks` › `actions` › `queries` › `models`. What may be seen is cut to the user's divisions in
`queries`, with row-level security behind it; what is done goes through `actions`, one transaction and one act each.
"""
