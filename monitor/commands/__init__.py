"""One file a sub-command, imported only when it is called."""
