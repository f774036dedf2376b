# Observed inside gVisor.
announces
include shared
