"""One file a kernel source, with the kernel's name for it: read and parse, no more."""
