# Observed inside gVisor.
announces
# It puts a folder of its own before the others.
sets	PATH	GIT_PAGER	PAGER
include shared
lsb_release	-a
sh	/usr/bin/lsb_release	-a
getconf	LONG_BIT
bash	-c	set -e; . "{p}/shell_snapshots/{w}"
sh	-c	set -e; . "{p}/shell_snapshots/{w}"
bash	-lc	if [ -z "${BASH_ENV-}" ] && [ -n "${HOME-}" ] && [ -r "$HOME/.bashrc" ]; then\n  . "$HOME/.bashrc"\nfi\necho '# Snapshot file'\necho '# Unset all aliases to avoid conflicts with functions'\necho 'unalias -a 2>/dev/null || true'\nshopt -p || true\necho '# Functions'\ndeclare -f\necho ''\n\n__codex_snapshot_command() {\n  if command -v "$1" >/dev/null 2>&1; then\n    "$@"\n  else\n    command -p "$@"\n  fi\n}\nbash_opts=$(set -o | __codex_snapshot_command awk '$2=="on"{print $1}')\nbash_opt_count=$(printf '%s\\n' "$bash_opts" | __codex_snapshot_command sed '/^$/d' | __codex_snapshot_command wc -l | __codex_snapshot_command tr -d ' ')\necho "# setopts $bash_opt_count"\nif [ -n "$bash_opts" ]; then\n  printf 'set -o %s\\n' $bash_opts\nfi\necho ''\nprintf '\\0'\nalias_count=$(\\alias -p | __codex_snapshot_command wc -l | __codex_snapshot_command tr -d ' ')\necho "# aliases $alias_count"\n\\alias -p\necho ''\n\nprintf '\\0'\n(\n  while IFS= read -r __codex_snapshot_export_name; do\n    case "$__codex_snapshot_export_name" in\n      ""|[0-9]*|*[!A-Za-z0-9_]*|PWD|OLDPWD) continue ;;\n    esac\n    printf '%s\\0' "$__codex_snapshot_export_name"\n    declare -xp "$__codex_snapshot_export_name" 2>/dev/null || true\n    printf '\\0'\n  done < <(compgen -e)\n)\n\nprintf '\\0'\n\n
rg	--version
# In a repository it reads where it is, with what could run a program of the repository's switched off.
let harmless	-c	safe.bareRepository=explicit	-c	core.hooksPath=/dev/null	-c	core.fsmonitor=false
git	{harmless}	rev-parse	--git-dir
git	{harmless}	rev-parse	HEAD
git	{harmless}	rev-parse	--abbrev-ref	HEAD
git	{harmless}	remote	get-url	{w}
git	{harmless}	remote	-v
git	{harmless}	status	--porcelain	--ignore-submodules=dirty
git	-c	safe.bareRepository=explicit	config	--null	--get	core.fsmonitor
