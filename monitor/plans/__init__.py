"""Data plans: what was bought, what became of it, how it stands.

Pure: a function of plan, ledger, samples and the instant asked. `terms`, `timing`,
`offers` and `entries` are the words, `account` is the running state, `status` and
`forecast` are the answers.
"""
