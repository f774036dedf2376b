/* What the files of the guest program share. */
#ifndef PLUMBLINE_GUEST_H
#define PLUMBLINE_GUEST_H

/* One line on stderr. */
void say(const char *format, ...);

/* Follows an option for this process and everything that comes of it: "cgroup=DIRECTORY", which it joins, or "nice=NUMBER", by which
 * it comes after others. 0; 1 for another option; -1 and errno when it cannot. */
int placed(const char *option);

/* A copy of the mounts at a path, to be put elsewhere by put_tree, also in another namespace; -1 and errno. */
int take_tree(const char *path);
int put_tree(int tree, const char *path);

/* Commands of the fallback runtime; see the head of plumbline-guest.c. Each returns an exit status. */
int launch(int argc, char **argv);
int become(int argc, char **argv);
int watch(int argc, char **argv);

/* Stops everything in a freezer control group, whatever its version, or lets it go on; -1 when it cannot. */
int group_freeze(const char *group, int frozen);
/* Whether a freeze of the group was asked for; -1: not known. */
int group_freezing(const char *group);
/* Kills everything in a freezer control group; what is frozen has its signal before it is let go. */
void group_kill(const char *group);

#endif
