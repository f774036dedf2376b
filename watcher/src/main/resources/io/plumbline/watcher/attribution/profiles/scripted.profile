# The built-in scripted agent.
announces
include shared
