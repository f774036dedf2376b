# What every agent runs: our hook, and git to look at the workspace.
plumbline-guest	 hook 
sh	-c 	plumbline-guest hook 
bash	-c 	plumbline-guest hook 
git	rev-parse
git	ls-files
git	status --
git	config --
git	remote
git	branch --
git	log -
git	--version
uname
which
