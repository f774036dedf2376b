# From its source and from sessions inside gVisor.
announces
sets	GIT_PAGER	PAGER
include shared
sh	-c	ps -o ppid=,command= -p {n}
sh	-c	locale charmap
sh	-c	git --version
sh	-c	git rev-parse --abbrev-ref HEAD
sh	-c	git rev-parse --show-toplevel
sh	-c	git remote -v
sh	-c	git remote get-url origin
sh	-c	npm --version
sh	-c	ps -o comm= -p $PPID
sh	-c	command -v {w}
rg	--version
