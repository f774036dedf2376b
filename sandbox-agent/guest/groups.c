/* Control groups with a freezer, version 1 (freezer.state) or 2 (cgroup.freeze). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "plumbline-guest.h"

enum { MAX_PATH = 600, MAX_MEMBERS = 16384, MAX_ROUNDS = 200 };

static int opened(const char *group, const char *file, int flags) {
    char path[MAX_PATH];
    int length = snprintf(path, sizeof path, "%s/%s", group, file);
    if (length < 0 || (size_t)length >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(path, flags | O_CLOEXEC);
}

static int put(const char *group, const char *file, const char *text) {
    int fd = opened(group, file, O_WRONLY);
    if (fd < 0) return -1;
    ssize_t n = write(fd, text, strlen(text));
    int error = errno;
    close(fd);
    errno = error;
    return n == (ssize_t)strlen(text) ? 0 : -1;
}

int placed(const char *option) {
    if (strncmp(option, "cgroup=", 7) == 0) return put(option + 7, "cgroup.procs", "0");
    if (strncmp(option, "nice=", 5) == 0) {
        errno = 0;
        return nice(atoi(option + 5)) == -1 && errno != 0 ? -1 : 0;
    }
    return 1;
}

int group_freeze(const char *group, int frozen) {
    if (put(group, "freezer.state", frozen ? "FROZEN" : "THAWED") == 0) return 0;
    return put(group, "cgroup.freeze", frozen ? "1" : "0");
}

int group_freezing(const char *group) {
    char text[16] = {0};
    int fd = opened(group, "freezer.state", O_RDONLY), unified = fd < 0;
    if (unified) fd = opened(group, "cgroup.freeze", O_RDONLY);
    if (fd < 0) return -1;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0) return -1;
    return unified ? text[0] == '1' : strncmp(text, "THAWED", 6) != 0;
}

/* Sends SIGKILL to every member; how many there were. */
static int signal_members(const char *group) {
    static char text[MAX_MEMBERS * 8];
    int fd = opened(group, "cgroup.procs", O_RDONLY), members = 0;
    if (fd < 0) return 0;
    size_t have = 0;
    for (ssize_t n; have < sizeof text - 1 && (n = read(fd, text + have, sizeof text - 1 - have)) > 0;) have += (size_t)n;
    close(fd);
    text[have] = 0;
    for (char *at = text, *end; *at != 0; at = *end == 0 ? end : end + 1) {
        long pid = strtol(at, &end, 10);
        if (end == at) break;
        if (pid > 1 && pid != getpid()) {
            kill((pid_t)pid, SIGKILL);
            members++;
        }
    }
    return members;
}

void group_kill(const char *group) {
    struct timespec moment = {.tv_nsec = 5 * 1000000};
    /* Whoever forks while the list is read is found in the next round; a frozen one does not fork. */
    group_freeze(group, 1);
    for (int round = 0; round < MAX_ROUNDS && signal_members(group) > 0; round++) {
        /* Version 1 holds even what has been killed. */
        group_freeze(group, 0);
        nanosleep(&moment, NULL);
    }
    group_freeze(group, 0);
}
