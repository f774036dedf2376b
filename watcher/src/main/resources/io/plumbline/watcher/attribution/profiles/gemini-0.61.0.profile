# From its source and from sessions inside gVisor.
announces
sets	GIT_ASKPASS	GIT_CONFIG_COUNT	GIT_CONFIG_GLOBAL	GIT_CONFIG_KEY_{n}	GIT_CONFIG_NOSYSTEM	GIT_CONFIG_SYSTEM	GIT_CONFIG_VALUE_{n}	GIT_PAGER	GIT_TERMINAL_PROMPT	PAGER	SSH_ASKPASS
include shared
sh	-c	ps -o ppid=,command= -p {n}
sh	-c	locale charmap
sh	-c	git --version
