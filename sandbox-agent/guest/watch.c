/*
 * What a session in bubblewrap does, told as gVisor's kernel would: its protocol on the trace socket, its dropped count in each
 * message. Processes come from the kernel's process connector, opens from fanotify, which holds each open until it was told.
 * What the kernel could not queue counts as dropped. A decoy's open is held until the session's freeze is asked for, and refused.
 *
 * Before an open is let go, everything the connector had queued is told: a program that loads a library is known to have been
 * started before it runs. Process ids are the host's, but for the first process, which is 1 as in gVisor.
 *
 * "count" on stdin is answered with "dropped N"; "release" ends the watch; the end of stdin or of the trace socket (the daemon has
 * died) ends the session with it.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "plumbline-guest.h"

#ifndef FAN_REPORT_TID
#define FAN_REPORT_TID 0x100
#endif

enum {
    TABLE = 1 << 15,
    MAX_TASKS = TABLE / 2,
    MAX_MESSAGE = 120 * 1024,
    MAX_ARGUMENTS_BYTES = 64 * 1024,
    MAX_ENVIRONMENT_BYTES = 32 * 1024,
    MAX_DECOYS = 64,
    HOLD_MS = 500,
    END_MS = 1000,
    RECEIVE_BUFFER = 4 << 20
};

/* Beside gVisor's own fields of a program that was started: its arguments are not all there; its variables have no values. */
enum { ARGUMENTS_CUT = 1000, VALUES_LEFT_OUT = 1001 };

/* Message types of gVisor's remote sink. */
enum { CONTAINER_START = 1, CLONE = 2, EXECVE = 3, EXIT_NOTIFY_PARENT = 4, TASK_EXIT = 5, OPEN = 7, NOTHING = 0xffff };

/* Events of the process connector. */
enum { FORK = 1, EXEC = 2, COMM = 0x200 };
#define EXIT 0x80000000u

struct task {
    pid_t id, group;
    int64_t start;
    char name[16];
    enum { FREE, ALIVE, GONE, REMOVED } state;
};

static struct task tasks[TABLE];
static int known;     /* slots that are not FREE */
static int processes; /* alive */
static int trace = -1, netlink = -1, fans = -1;
static pid_t first;
static uint32_t uid, dropped;
static const char *group;
static int64_t clock_offset;
static int first_ended, first_executed, first_pidfd = -1;
/* The end of the first process's first thread, while others of it go on: its status, and that it came. */
static uint32_t first_status;
static int first_thread_ended;
static struct { const char *path; dev_t device; ino_t inode; int there; } decoys[MAX_DECOYS];
static int decoy_count;

/* ---------------------------------------------------------------------------------------------- messages */

/* Protobuf, into a buffer that what is written always fits: texts are cut before. */
struct buffer {
    size_t length;
    unsigned char bytes[MAX_MESSAGE + 16 * 1024];
};

static struct buffer message, context;

static void put_number(struct buffer *out, uint64_t value) {
    for (; value >= 0x80; value >>= 7) out->bytes[out->length++] = (unsigned char)(value | 0x80);
    out->bytes[out->length++] = (unsigned char)value;
}

static void put_field(struct buffer *out, int field, uint64_t value) {
    put_number(out, (uint64_t)field << 3);
    put_number(out, value);
}

/* Nothing, and 0, when it does not fit. */
static int put_bytes(struct buffer *out, int field, const void *bytes, size_t length) {
    if (out->length + length + 32 > MAX_MESSAGE) return 0;
    put_number(out, (uint64_t)field << 3 | 2);
    put_number(out, length);
    memcpy(out->bytes + out->length, bytes, length);
    out->length += length;
    return 1;
}

static int put_text(struct buffer *out, int field, const char *text) { return put_bytes(out, field, text, strlen(text)); }

/* The receiver is gone: nobody watches, so nothing may run. */
static _Noreturn void abandon(void) {
    group_kill(group);
    _exit(1);
}

static void send_message(uint16_t type) {
    unsigned char *bytes = message.bytes;
    uint16_t size = 8;
    memcpy(bytes, &size, 2);
    memcpy(bytes + 2, &type, 2);
    memcpy(bytes + 4, &dropped, 4);
    while (send(trace, bytes, message.length, MSG_NOSIGNAL) < 0) {
        if (errno == EINTR) continue;
        if (first_ended) return;
        abandon();
    }
}

static void lost(void) {
    dropped++;
    message.length = 8;
    send_message(NOTHING);
}

static int64_t now(clockid_t which) {
    struct timespec time;
    clock_gettime(which, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static pid_t shown(pid_t id) { return id == first ? 1 : id; }

/* A link's text, "" when it cannot be read. */
static const char *link_text(char *text, size_t size, const char *format, int number) {
    char name[64];
    snprintf(name, sizeof name, format, number);
    ssize_t n = readlink(name, text, size - 1);
    text[n < 0 ? 0 : n] = 0;
    return text;
}

/* Begins a message with who did it. */
static void begin(const struct task *task, pid_t thread, int64_t time) {
    char folder[4096];
    context.length = 0;
    put_field(&context, 1, (uint64_t)time);
    put_field(&context, 2, (uint64_t)shown(thread));
    put_field(&context, 3, (uint64_t)task->start);
    put_field(&context, 4, (uint64_t)shown(task->group));
    put_field(&context, 5, (uint64_t)task->start);
    /* Credentials, of which only the effective user matters: nothing inside can change it. */
    unsigned char credentials[8];
    struct buffer *out = &context;
    size_t length = 0;
    credentials[length++] = 2 << 3;
    uint32_t value = uid;
    for (; value >= 0x80; value >>= 7) credentials[length++] = (unsigned char)(value | 0x80);
    credentials[length++] = (unsigned char)value;
    put_bytes(out, 7, credentials, length);
    put_text(out, 8, task->state == GONE ? "" : link_text(folder, sizeof folder, "/proc/%d/cwd", task->group));
    put_bytes(out, 9, task->name, strnlen(task->name, sizeof task->name));
    message.length = 8;
    put_bytes(&message, 1, context.bytes, context.length);
}

/* ------------------------------------------------------------------------------------------------- tasks */

static struct task *slot(pid_t id, int insert) {
    struct task *reusable = NULL;
    for (uint32_t i = (uint32_t)id * 2654435761u >> 17, tried = 0; tried < TABLE; i = (i + 1) % TABLE, tried++) {
        struct task *task = &tasks[i % TABLE];
        if (task->state == FREE) return !insert ? NULL : reusable != NULL ? reusable : task;
        if (task->state == REMOVED) reusable = reusable == NULL ? task : reusable;
        else if (task->id == id) return task;
    }
    return insert ? reusable : NULL;
}

static void forget(struct task *task) {
    if (task->state == ALIVE && task->id == task->group) processes--;
    task->state = REMOVED;
}

/* Makes room by dropping what has ended; the places of removed ones are found again only by a new table. */
static void sweep(void) {
    static struct task kept[TABLE];
    int count = 0;
    for (int i = 0; i < TABLE; i++)
        if (tasks[i].state == ALIVE) kept[count++] = tasks[i];
    memset(tasks, 0, sizeof tasks);
    known = count;
    for (int i = 0; i < count; i++) *slot(kept[i].id, 1) = kept[i];
}

static struct task *add(pid_t id, pid_t of, int64_t start, const char *name) {
    if (known >= MAX_TASKS) sweep();
    if (known >= MAX_TASKS) {
        lost();
        return NULL;
    }
    struct task *task = slot(id, 1);
    if (task == NULL) return NULL;
    if (task->state == ALIVE || task->state == GONE) forget(task);
    else if (task->state == FREE) known++;
    *task = (struct task){.id = id, .group = of, .start = start, .state = ALIVE};
    memcpy(task->name, name, sizeof task->name);
    if (id == of) processes++;
    return task;
}

static size_t content(char *text, size_t size, const char *format, int number) {
    char name[64];
    snprintf(name, sizeof name, format, number);
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    size_t have = 0;
    for (ssize_t n; have < size - 1 && (n = read(fd, text + have, size - 1 - have)) > 0;) have += (size_t)n;
    close(fd);
    text[have] = 0;
    return have;
}

static void read_name(struct task *task) {
    char text[32];
    size_t length = content(text, sizeof text, "/proc/%d/comm", task->group);
    if (length == 0) return;
    text[strcspn(text, "\n")] = 0;
    memset(task->name, 0, sizeof task->name);
    memcpy(task->name, text, strnlen(text, sizeof task->name - 1));
}

/* One that the connector did not tell of, because it could not: what /proc says of it. */
static struct task *met(pid_t thread) {
    static char status[4096];
    char *line;
    if (content(status, sizeof status, "/proc/%d/status", thread) == 0 || (line = strstr(status, "\nTgid:")) == NULL) return NULL;
    pid_t of = atoi(line + 6);
    struct task *process = slot(of, 0);
    char name[16] = {0};
    if (process == NULL || process->state != ALIVE) {
        process = add(of, of, now(CLOCK_REALTIME), name);
        if (process == NULL) return NULL;
        read_name(process);
    }
    return thread == of ? process : add(thread, of, process->start, process->name);
}

static struct task *alive(pid_t id) {
    struct task *task = slot(id, 0);
    return task != NULL && task->state == ALIVE ? task : NULL;
}

/* --------------------------------------------------------------------------------------------- connector */

static void forked(pid_t parent, pid_t parent_group, pid_t child, pid_t child_group, int64_t time) {
    int thread = child != child_group;
    /* The parent of a thread is the parent of its process. */
    struct task *maker = thread ? alive(child_group) : alive(parent);
    if (maker == NULL && !thread) maker = alive(parent_group);
    if (maker == NULL) {
        struct task *stale = slot(child, 0);
        if (stale != NULL) forget(stale);
        return;
    }
    /* Kept apart: a new entry may move the others. */
    struct task actor = *maker;
    int64_t start = thread ? actor.start : time;
    if (add(child, child_group, start, actor.name) == NULL) return;
    begin(&actor, thread ? actor.group : parent, time);
    put_field(&message, 3, (uint64_t)shown(child));
    put_field(&message, 4, (uint64_t)shown(child_group));
    put_field(&message, 5, (uint64_t)start);
    send_message(CLONE);
}

/* Every word of a text of NUL-ended words as a field; only names of variables. 0: not all of them fit. */
static int put_words(int field, const char *text, size_t length, int names) {
    int all = 1;
    for (size_t at = 0; at < length;) {
        size_t end = at + strnlen(text + at, length - at), last = end;
        if (names) {
            const char *equals = memchr(text + at, '=', end - at);
            last = equals == NULL ? at : (size_t)(equals - text) + 1;
        }
        all &= put_bytes(&message, field, text + at, last - at);
        at = end + 1;
    }
    return all;
}

static void executed(pid_t id, pid_t of, int64_t time) {
    static char words[MAX_ARGUMENTS_BYTES + 2];
    struct task *task = slot(of, 0);
    if (task == NULL || task->state == REMOVED) task = slot(id, 0);
    if (task == NULL || task->state == REMOVED) return;
    if (task->state == GONE) {
        /* Its first thread had ended; another one of it goes on under its number. */
        task->state = ALIVE;
        processes++;
    }
    read_name(task);
    if (of == first && !first_executed) {
        /* The gate has become what was announced as the first program. */
        first_executed = 1;
        return;
    }
    char binary[4096];
    begin(task, of, time);
    put_text(&message, 2, link_text(binary, sizeof binary, "/proc/%d/exe", of));
    /* Room for one byte more than is told of: when it is there, something is missing. */
    size_t length = content(words, sizeof words, "/proc/%d/cmdline", of), kept = length > MAX_ARGUMENTS_BYTES ? MAX_ARGUMENTS_BYTES : length;
    if (!put_words(3, words, kept, 0) || kept < length) put_field(&message, ARGUMENTS_CUT, 1);
    put_words(4, words, content(words, MAX_ENVIRONMENT_BYTES, "/proc/%d/environ", of), 1);
    put_field(&message, VALUES_LEFT_OUT, 1);
    send_message(EXECVE);
}

static int first_is_over(void) {
    struct pollfd over = {.fd = first_pidfd, .events = POLLIN};
    return poll(&over, 1, 0) == 1;
}

static void ended(pid_t id, pid_t of, uint32_t status, int64_t time) {
    struct task *task = slot(id, 0);
    if (task == NULL || task->state != ALIVE) return;
    if (id == first && !first_is_over()) {
        first_status = status;
        first_thread_ended = 1;
        return;
    }
    if (id != of) {
        forget(task);
        return;
    }
    task->state = GONE;
    processes--;
    begin(task, id, time);
    put_field(&message, 2, status);
    if (id == first) {
        first_ended = 1;
        send_message(TASK_EXIT);
    } else send_message(EXIT_NOTIFY_PARENT);
}

static void renamed(pid_t of, const char *name) {
    struct task *task = alive(of);
    if (task == NULL) return;
    memcpy(task->name, name, sizeof task->name);
    task->name[sizeof task->name - 1] = 0;
}

/* what, cpu, time, then what belongs to it: see struct proc_event of linux/cn_proc.h. */
static void told(const unsigned char *event, size_t length) {
    uint32_t what, more[4] = {0};
    uint64_t time;
    if (length < 16 + sizeof more) return;
    memcpy(&what, event, 4);
    memcpy(&time, event + 8, 8);
    memcpy(more, event + 16, sizeof more);
    int64_t epoch = (int64_t)time + clock_offset;
    if (what == FORK) forked((pid_t)more[0], (pid_t)more[1], (pid_t)more[2], (pid_t)more[3], epoch);
    else if (what == EXEC) executed((pid_t)more[0], (pid_t)more[1], epoch);
    else if (what == EXIT) ended((pid_t)more[0], (pid_t)more[1], more[2], epoch);
    else if (what == COMM && length >= 40 && more[0] == more[1]) renamed((pid_t)more[1], (const char *)event + 24);
}

/* After a loss: whoever is in the group and not known. */
static void meet_members(void) {
    static char text[256 * 1024];
    char name[700];
    snprintf(name, sizeof name, "%s/cgroup.procs", group);
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    size_t have = 0;
    for (ssize_t n; have < sizeof text - 1 && (n = read(fd, text + have, sizeof text - 1 - have)) > 0;) have += (size_t)n;
    close(fd);
    text[have] = 0;
    for (char *at = text, *end; *at != 0; at = *end == 0 ? end : end + 1) {
        long pid = strtol(at, &end, 10);
        if (end == at) break;
        char namespace[64], own[64];
        /* bubblewrap itself is in the group, and not in the session's process namespace. */
        link_text(namespace, sizeof namespace, "/proc/%d/ns/pid", (int)pid);
        link_text(own, sizeof own, "/proc/%d/ns/pid", (int)first);
        if (alive((pid_t)pid) == NULL && *own != 0 && strcmp(namespace, own) == 0) met((pid_t)pid);
    }
}

/* Everything that the connector has queued. */
static void drain(void) {
    static unsigned char bytes[64 * 1024];
    for (;;) {
        struct sockaddr_nl from;
        struct iovec vector = {.iov_base = bytes, .iov_len = sizeof bytes};
        struct msghdr head = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &vector, .msg_iovlen = 1};
        ssize_t n = recvmsg(netlink, &head, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == ENOBUFS) {
            lost();
            meet_members();
            continue;
        }
        if (n <= 0) return;
        /* Only the kernel's own word. */
        if (from.nl_pid != 0) continue;
        size_t left = (size_t)n;
        for (struct nlmsghdr *m = (struct nlmsghdr *)bytes; NLMSG_OK(m, left); m = NLMSG_NEXT(m, left)) {
            size_t payload = m->nlmsg_len - NLMSG_HDRLEN;
            struct cn_msg connector;
            if (payload < sizeof connector) continue;
            memcpy(&connector, NLMSG_DATA(m), sizeof connector);
            if (connector.id.idx != CN_IDX_PROC || connector.len > payload - sizeof connector) continue;
            told((unsigned char *)NLMSG_DATA(m) + sizeof connector, connector.len);
        }
    }
}

static int listen_to_processes(void) {
    struct {
        struct nlmsghdr head;
        struct cn_msg connector;
        uint32_t listen;
    } __attribute__((packed)) order = {
        .head = {.nlmsg_len = sizeof order, .nlmsg_type = NLMSG_DONE},
        .connector = {.id = {CN_IDX_PROC, CN_VAL_PROC}, .len = 4},
        .listen = 1};
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};
    int size = RECEIVE_BUFFER;
    netlink = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_CONNECTOR);
    if (netlink < 0 || bind(netlink, (struct sockaddr *)&address, sizeof address) != 0) return -1;
    setsockopt(netlink, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    return send(netlink, &order, sizeof order, 0) == (ssize_t)sizeof order ? 0 : -1;
}

/* ---------------------------------------------------------------------------------------------- fanotify */

/* File systems whose opens cannot be held, or whose files cannot be opened a second time without consequences. */
static int is_watched(const char *type) {
    static const char *const others[] = {"proc", "sysfs", "devtmpfs", "devpts", "mqueue", "cgroup", "cgroup2"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(type, others[i]) == 0) return 0;
    return 1;
}

static void unescape(char *text) {
    char *to = text;
    for (char *from = text; *from != 0; from++) {
        if (from[0] == '\\' && isdigit((unsigned char)from[1]) && isdigit((unsigned char)from[2]) && isdigit((unsigned char)from[3])) {
            *to++ = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
            from += 3;
        } else *to++ = *from;
    }
    *to = 0;
}

/* Marks every mount of the session's namespace; how many, or -1. */
static int mark_mounts(void) {
    static char line[16 * 1024], path[8 * 1024], place[4096], type[64];
    int count = 0;
    snprintf(path, sizeof path, "/proc/%d/mountinfo", (int)first);
    FILE *mounts = fopen(path, "re");
    if (mounts == NULL) return -1;
    while (fgets(line, sizeof line, mounts) != NULL) {
        char *dash = strstr(line, " - ");
        if (dash == NULL || sscanf(line, "%*s %*s %*s %*s %4095s", place) != 1 || sscanf(dash + 3, "%63s", type) != 1) {
            count = -1;
            break;
        }
        if (!is_watched(type)) continue;
        unescape(place);
        snprintf(path, sizeof path, "/proc/%d/root%s", (int)first, strcmp(place, "/") == 0 ? "/" : place);
        if (fanotify_mark(fans, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_OPEN_PERM, AT_FDCWD, path) != 0) {
            say("watch: fanotify_mark %s: %s", place, strerror(errno));
            count = -1;
            break;
        }
        count++;
    }
    fclose(mounts);
    return count;
}

static void find_decoys(void) {
    for (int i = 0; i < decoy_count; i++) {
        char path[4500];
        struct stat found;
        snprintf(path, sizeof path, "/proc/%d/root%s", (int)first, decoys[i].path);
        decoys[i].there = stat(path, &found) == 0;
        decoys[i].device = found.st_dev;
        decoys[i].inode = found.st_ino;
    }
}

/* The system call that a thread is in: whether it executes a program, and the flags and mode of an open. */
static int is_exec(pid_t thread, uint32_t *flags, uint32_t *mode) {
    char text[256];
    unsigned long number = 0, a[4] = {0};
    *flags = *mode = 0;
    if (content(text, sizeof text, "/proc/%d/syscall", thread) == 0
        || sscanf(text, "%lu %lx %lx %lx %lx", &number, a, a + 1, a + 2, a + 3) < 5) return 0;
    if (number == SYS_execve || number == SYS_execveat) return 1;
    if (number == SYS_openat) {
        *flags = (uint32_t)a[2];
        *mode = (uint32_t)a[3];
    }
#ifdef SYS_open
    else if (number == SYS_open) {
        *flags = (uint32_t)a[1];
        *mode = (uint32_t)a[2];
    } else if (number == SYS_creat) {
        *flags = O_CREAT | O_WRONLY | O_TRUNC;
        *mode = (uint32_t)a[1];
    }
#endif
    else if (number == SYS_openat2) {
        /* The flags lie in the workload's memory: the best that can be said of them. */
        uint64_t how[2] = {0};
        char name[64];
        snprintf(name, sizeof name, "/proc/%d/mem", thread);
        int memory = open(name, O_RDONLY | O_CLOEXEC);
        if (memory >= 0) {
            if (pread(memory, how, sizeof how, (off_t)a[2]) == (ssize_t)sizeof how) {
                *flags = (uint32_t)how[0];
                *mode = (uint32_t)how[1];
            }
            close(memory);
        }
    }
    /* Without a mode there is none that counts. */
    if ((*flags & (O_CREAT | __O_TMPFILE)) == 0) *mode = 0;
    return 0;
}

static void tell_open(pid_t thread, const char *path, uint32_t flags, uint32_t mode) {
    struct task *task = alive(thread);
    if (task == NULL) task = met(thread);
    struct task nobody = {.id = thread, .group = thread, .state = GONE};
    begin(task == NULL ? &nobody : task, thread, now(CLOCK_REALTIME));
    put_field(&message, 4, (uint64_t)(uint32_t)AT_FDCWD);
    put_text(&message, 6, path);
    put_field(&message, 7, flags);
    put_field(&message, 8, mode);
    send_message(OPEN);
}

/* Until the host has asked for the freeze; what is refused then goes on into it without a further step. */
static void await_freeze(void) {
    struct timespec moment = {.tv_nsec = 500000};
    for (int64_t end = now(CLOCK_MONOTONIC) + HOLD_MS * 1000000LL; now(CLOCK_MONOTONIC) < end && group_freezing(group) != 1;)
        nanosleep(&moment, NULL);
}

static void asked(const struct fanotify_event_metadata *event) {
    if (event->mask & FAN_Q_OVERFLOW) {
        lost();
        return;
    }
    if (event->fd < 0) return;
    struct fanotify_response response = {.fd = event->fd, .response = FAN_ALLOW};
    char path[4097];
    uint32_t flags, mode;
    struct stat found;
    int exec = is_exec(event->pid, &flags, &mode), decoy = -1;
    link_text(path, sizeof path, "/proc/self/fd/%d", event->fd);
    if (decoy_count > 0 && fstat(event->fd, &found) == 0)
        for (int i = 0; i < decoy_count && decoy < 0; i++)
            if ((decoys[i].there && decoys[i].device == found.st_dev && decoys[i].inode == found.st_ino)
                || strcmp(decoys[i].path, path) == 0) decoy = i;
    if (decoy >= 0) {
        tell_open(event->pid, decoys[decoy].path, flags, mode);
        await_freeze();
        response.response = FAN_DENY;
    } else if (!exec) tell_open(event->pid, path, flags, mode);
    if (write(fans, &response, sizeof response) < 0) lost();
    close(event->fd);
}

static void opens(void) {
    static struct fanotify_event_metadata events[4096 / sizeof(struct fanotify_event_metadata)];
    ssize_t n = read(fans, events, sizeof events);
    drain();
    if (n < 0 && errno != EAGAIN && errno != EINTR) lost();
    ssize_t left = n < 0 ? 0 : n;
    for (struct fanotify_event_metadata *event = events; FAN_EVENT_OK(event, left); event = FAN_EVENT_NEXT(event, left)) {
        if (event->vers != FANOTIFY_METADATA_VERSION) abandon();
        asked(event);
    }
}

/* ------------------------------------------------------------------------------------------------- watch */

static int connect_trace(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    unsigned char word[64] = {8, 1};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    trace = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    return trace >= 0 && connect(trace, (struct sockaddr *)&address, sizeof address) == 0 && send(trace, word, 2, MSG_NOSIGNAL) == 2
            && recv(trace, word, sizeof word, 0) >= 2 ? 0 : -1;
}

/* The second channel has nothing to tell here, and says so; it stays open for as long as the watch lasts. */
static int open_log(const char *path) {
    static const char line[] = "{\"msg\":\"the fallback runtime writes no log of system calls\",\"level\":\"info\"}\n";
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
    return fd >= 0 && write(fd, line, sizeof line - 1) == (ssize_t)sizeof line - 1 ? fd : -1;
}

static int failed(const char *what) {
    say("watch: %s: %s", what, strerror(errno));
    return 125;
}

int watch(int argc, char **argv) {
    const char *socket_path = NULL, *log_path = NULL;
    int i = 0;
    for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strncmp(argv[i], "trace=", 6) == 0) socket_path = argv[i] + 6;
        else if (strncmp(argv[i], "log=", 4) == 0) log_path = argv[i] + 4;
        else if (strncmp(argv[i], "pid=", 4) == 0) first = atoi(argv[i] + 4);
        else if (strncmp(argv[i], "uid=", 4) == 0) uid = (uint32_t)strtoul(argv[i] + 4, NULL, 10);
        else if (strncmp(argv[i], "group=", 6) == 0) group = argv[i] + 6;
        else if (strncmp(argv[i], "decoy=", 6) == 0 && decoy_count < MAX_DECOYS) decoys[decoy_count++].path = argv[i] + 6;
        else break;
    }
    if (socket_path == NULL || first <= 1 || group == NULL || i + 1 >= argc || strcmp(argv[i], "--") != 0) {
        say("usage: watch trace=SOCKET [log=PIPE] pid=PID uid=UID group=DIRECTORY [decoy=PATH...] -- ARGUMENTS");
        return 125;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    setsid();
    clock_offset = now(CLOCK_REALTIME) - now(CLOCK_MONOTONIC);
    if (group_freezing(group) < 0) return failed(group);
    char own[64], others[64];
    link_text(own, sizeof own, "/proc/%d/ns/mnt", getpid());
    link_text(others, sizeof others, "/proc/%d/ns/mnt", first);
    if (*own == 0 || *others == 0 || strcmp(own, others) == 0) {
        say("watch: pid %d: the mounts of the host itself (expected: a namespace of its own)", (int)first);
        return 125;
    }
    first_pidfd = (int)syscall(SYS_pidfd_open, first, 0);
    if (first_pidfd < 0) return failed("pidfd_open");
    int log = log_path == NULL ? -1 : open_log(log_path);
    if (log_path != NULL && log < 0) return failed("log");
    fans = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK | FAN_REPORT_TID | FAN_UNLIMITED_QUEUE, O_RDONLY | O_NONBLOCK | O_LARGEFILE | O_CLOEXEC);
    if (fans < 0) return failed("fanotify_init");
    if (listen_to_processes() != 0) return failed("process connector");
    if (mark_mounts() <= 0) return failed("mounts");
    find_decoys();
    if (connect_trace(socket_path) != 0) return failed("trace socket");
    char name[16] = {0};
    struct task *task = add(first, first, now(CLOCK_REALTIME), name);
    if (task == NULL) return failed("task");
    read_name(task);
    begin(task, first, task->start);
    put_text(&message, 3, "");
    int all = 1;
    for (int k = i + 1; k < argc; k++) all &= put_text(&message, 4, argv[k]);
    if (!all) put_field(&message, ARGUMENTS_CUT, 1);
    send_message(CONTAINER_START);
    puts("watching");
    fflush(stdout);

    char line[64];
    size_t have = 0;
    int64_t end_by = 0;
    for (int telling = 1;;) {
        struct pollfd polled[] = {
            {.fd = 0, .events = POLLIN},
            {.fd = fans, .events = POLLIN},
            {.fd = netlink, .events = POLLIN},
            {.fd = telling && end_by == 0 ? first_pidfd : -1, .events = POLLIN},
            {.fd = telling ? trace : -1, .events = 0}};
        if (poll(polled, sizeof polled / sizeof *polled, end_by != 0 && telling ? 20 : -1) < 0 && errno != EINTR) abandon();
        if (polled[1].revents) opens();
        if (polled[2].revents) drain();
        if (polled[3].revents) {
            drain();
            /* The kernel makes the end visible a moment before it tells of it. */
            for (int turn = 0; turn < 50 && !first_ended && !first_thread_ended; turn++) {
                struct pollfd more = {.fd = netlink, .events = POLLIN};
                if (poll(&more, 1, 10) > 0) drain();
            }
            if (!first_ended && first_thread_ended) ended(first, first, first_status, now(CLOCK_REALTIME));
            /* An end that was not told was lost; without it the stream ends early, which is the truth. */
            if (!first_ended) lost();
            end_by = now(CLOCK_MONOTONIC) + END_MS * 1000000LL;
        }
        if (polled[4].revents & (POLLHUP | POLLERR)) abandon();
        if (telling && end_by != 0 && (processes <= 0 || now(CLOCK_MONOTONIC) > end_by)) {
            telling = 0;
            shutdown(trace, SHUT_RDWR);
            close(trace);
            trace = -1;
            if (log >= 0) close(log);
            close(netlink);
            netlink = -1;
        }
        if (polled[0].revents) {
            ssize_t n = read(0, line + have, sizeof line - 1 - have);
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) abandon();
            have += (size_t)n;
            line[have] = 0;
            if (strchr(line, '\n') == NULL) {
                if (have == sizeof line - 1) abandon();
                continue;
            }
            have = 0;
            if (strncmp(line, "release", 7) == 0) return 0;
            printf("dropped %u\n", dropped);
            fflush(stdout);
        }
    }
}
