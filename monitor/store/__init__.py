"""The database: the only place that speaks SQL.

`engine` opens it, `writer` is the one way in, `queries` the one way out; `rollups`,
`retention` and `backup` are the calendar jobs. `schema` says what is kept.
Importing this package imports nothing else: `status` must stay cheap.
"""
