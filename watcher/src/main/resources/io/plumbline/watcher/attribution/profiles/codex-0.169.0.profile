# Observed inside gVisor.
announces
include shared
lsb_release	-a
sh	/usr/bin/lsb_release -a
getconf	LONG_BIT
bash	-c	/shell_snapshots/
sh	-c	/shell_snapshots/
bash	-lc	# Snapshot file
sh	-c	# Snapshot file
rg	--version
