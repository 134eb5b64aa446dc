"""esimmon as a service of systemd: installed, removed, looked at.

`shipped` has the files, `marks` knows whether one was changed by hand, `program` says
which program they start, `scopes` whose service it is: the system's, or a user's own.
`finding` looks at the machine, `installing` and `removing` say what is to be done,
`steps` does it. `running` is the only one that runs other programs.
"""
