# Observed inside gVisor.
announces
include shared
git	-c core.hooksPath=/dev/null
bash	-c env
bash	-c -l SNAPSHOT_FILE=
bash	-c -l	SNAPSHOT_FILE=
claude	--ripgrep
rg	--files
rg	--version
