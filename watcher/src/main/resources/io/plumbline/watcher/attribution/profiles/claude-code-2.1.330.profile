# Observed inside gVisor. Of the snapshot's script the middle depends on the machine: it is known by its beginning and its end.
announces
include shared
git	-c	core.hooksPath=/dev/null	-c	core.fsmonitor=	-c	safe.bareRepository=explicit	-c	protocol.file.allow=never	ls-files	--error-unmatch	--	:(icase).claude/settings.local.json
bash	-c	env
bash	-c	-l	SNAPSHOT_FILE={p}/shell-snapshots/snapshot-bash-{n}-{w}.sh\n{any}\n      # Exit silently on success, only report errors\n      if [ ! -f "$SNAPSHOT_FILE" ]; then\n        echo "Error: Snapshot file was not created at $SNAPSHOT_FILE" >&2\n        exit 1\n      fi\n    
claude	--ripgrep	...
rg	--files	...
rg	--version
