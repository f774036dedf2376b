# Observed inside gVisor. Of the snapshot's script the middle depends on the machine: it is known by its beginning and its end.
announces
sets	GIT_EDITOR
include shared
git	-c	core.hooksPath=/dev/null	-c	core.fsmonitor=	-c	safe.bareRepository=explicit	-c	protocol.file.allow=never	ls-files	--error-unmatch	--	:(icase).claude/settings.local.json
bash	-c	env
bash	-c	-l	SNAPSHOT_FILE={p}/shell-snapshots/snapshot-bash-{n}-{w}.sh\n{any}\n      # Exit silently on success, only report errors\n      if [ ! -f "$SNAPSHOT_FILE" ]; then\n        echo "Error: Snapshot file was not created at $SNAPSHOT_FILE" >&2\n        exit 1\n      fi\n    
claude	--ripgrep	...
rg	--files	...
rg	--version
# In a repository it reads state and history, with every option that could run a program of the repository's switched off.
let harmless	-c	core.askPass=	-c	protocol.ext.allow=never	-c	core.alternateRefsCommand=f() { git --git-dir="$1" for-each-ref --format='%(objectname)'; }; f	-c	submodule.recurse=false	-c	log.showSignature=false	-c	format.pretty=medium	-c	gc.auto=0	-c	maintenance.auto=false	-c	diff.autoRefreshIndex=false	-c	hook.applypatch-msg.enabled=false	-c	hook.pre-applypatch.enabled=false	-c	hook.post-applypatch.enabled=false	-c	hook.pre-commit.enabled=false	-c	hook.pre-merge-commit.enabled=false	-c	hook.prepare-commit-msg.enabled=false	-c	hook.commit-msg.enabled=false	-c	hook.post-commit.enabled=false	-c	hook.pre-rebase.enabled=false	-c	hook.post-checkout.enabled=false	-c	hook.post-merge.enabled=false	-c	hook.pre-push.enabled=false	-c	hook.pre-receive.enabled=false	-c	hook.update.enabled=false	-c	hook.proc-receive.enabled=false	-c	hook.post-receive.enabled=false	-c	hook.post-update.enabled=false	-c	hook.reference-transaction.enabled=false	-c	hook.push-to-checkout.enabled=false	-c	hook.pre-auto-gc.enabled=false	-c	hook.post-rewrite.enabled=false	-c	hook.sendemail-validate.enabled=false	-c	hook.fsmonitor-watchman.enabled=false	-c	hook.p4-changelist.enabled=false	-c	hook.p4-prepare-changelist.enabled=false	-c	hook.p4-post-changelist.enabled=false	-c	hook.p4-pre-submit.enabled=false	-c	hook.post-index-change.enabled=false	-c	core.hooksPath=/dev/null	-c	core.fsmonitor=
let local	{harmless}	-c	safe.bareRepository=explicit	-c	protocol.file.allow=never
git	{local}	-c	core.hooksPath=/dev/null	-c	core.fsmonitor=	config	--local	--includes	-z	--list
git	{local}	-c	core.hooksPath=/dev/null	-c	core.fsmonitor=	config	--worktree	--includes	-z	--list
git	{local}	-c	core.ignorecase={w}	rev-parse	--is-inside-work-tree	--show-cdup
git	{local}	--no-optional-locks	log	--oneline	-n	{n}
git	{local}	--no-optional-locks	status	--short	--ignore-submodules=dirty
git	{local}	config	user.name
git	{harmless}	--version
git	{harmless}	-C	{p}	worktree	list	--porcelain	-z
git	{harmless}	remote	get-url	{w}
git	{harmless}	remote
