"""Looking at the machine for `esimmon doctor`: read-only, one file a topic.

Nothing is started, activated, mounted or attached. What cannot be looked at is a fact
like any other. Where the kernel's and the system's files are is an argument.
"""
