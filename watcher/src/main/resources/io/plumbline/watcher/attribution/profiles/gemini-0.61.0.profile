# From its source and from sessions inside gVisor.
announces
include shared
sh	-c	ps -o ppid=,command= -p {n}
sh	-c	locale charmap
sh	-c	git --version
