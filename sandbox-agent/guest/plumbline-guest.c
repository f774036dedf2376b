/*
 * The small static program of Plumbline's sandboxes.
 *
 *   plumbline-guest relay PORT=SOCKET... -- COMMAND ARGUMENTS
 *       Inside the sandbox. Binds each PORT on 127.0.0.1 and carries every connection to the Unix socket SOCKET. The parent
 *       becomes COMMAND, so that pid 1 and the exit status are the agent's; the child serves and ends with the sandbox.
 *   plumbline-guest hook SOCKET PATH [SECONDS]
 *       Inside the sandbox, for agents whose hooks are commands. POSTs the hook's JSON (stdin, at most 1 MiB) to PATH over
 *       SOCKET and prints the answer. Whatever goes wrong ends with a sentence on stderr and status 2, which blocks the call:
 *       these agents take every other failure for "allow".
 *   plumbline-guest warden
 *       On the host, one per session. "watch PID [GROUP]" on stdin makes it hold that process, and what is in the freezer
 *       control group GROUP; when stdin ends before "release" (its
 *       daemon has died), it kills the process, and when no "pulse" comes for ten seconds (its daemon hangs), it stops it: a
 *       session never runs unwatched.
 *   plumbline-guest tick FILE MILLISECONDS
 *       Inside the canary's sandbox. Counts in FILE.
 *   plumbline-guest read-only [nice=NUMBER] [cgroup=DIRECTORY...] [pin SOURCE TARGET] PATH... -- COMMAND ARGUMENTS
 *       On the host. Takes its place (lower priority, control groups), then becomes COMMAND in a mount namespace of its own in which SOURCE, usually
 *       /proc/PID/fd/N, is also at TARGET, and every PATH, with all that is mounted below it, is read-only. gVisor itself does not keep a read-only bind from being truncated: it opens the file on the host with
 *       O_TRUNC before it looks at its own mount's flags.
 *   plumbline-guest shim [nice=NUMBER] [cgroup=DIRECTORY...]
 *       On the host, one per session. Takes its place before anybody waits for it; then, for each request on stdin, does in a child what
 *       read-only does, and says on stdout how the command ended ("exit STATUS"). A request is its length (4 bytes, least first) and that
 *       many bytes: the files for stdin, stdout and stderr, then [pin SOURCE TARGET] PATH... -- COMMAND ARGUMENTS, each ended by a zero
 *       byte. Ends with stdin, or with a request that is none.
 *   plumbline-guest launch [nice=NUMBER] [cgroup=DIRECTORY...] gate=PIPE arguments=FILE [console=SOCKET] [owner=UID:GID] [pin SOURCE TARGET] -- COMMAND
 *       On the host. Likewise becomes COMMAND (bubblewrap) with the pipe as descriptor 3, the file as 4, a new terminal whose master
 *       goes to SOCKET, and standard streams that belong to UID.
 *   plumbline-guest become UID GID FILES terminal|streams -- COMMAND ARGUMENTS
 *       The first process inside bubblewrap. Gives up all rights, waits at the gate while the host looks at it, then becomes
 *       COMMAND.
 *   plumbline-guest version
 *       On the host. Prints the build: 16 hex digits over the sources, which the daemon holds against its own.
 *   plumbline-guest watch trace=SOCKET log=PIPE pid=PID uid=UID group=DIRECTORY [decoy=PATH...] -- ARGUMENTS
 *       On the host, one per session in bubblewrap: tells what the session does as gVisor's kernel would; see watch.c.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "plumbline-guest.h"

enum {
    MAX_PORTS = 64,
    MAX_CONNECTIONS = 512,
    BUFFER_BYTES = 64 * 1024,
    MAX_HOOK_BYTES = 1024 * 1024,
    MAX_ANSWER_BYTES = 1024 * 1024 + 16 * 1024,
    DEFAULT_HOOK_SECONDS = 60
};

void say(const char *format, ...) {
    va_list values;
    fputs("plumbline: ", stderr);
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fputc('\n', stderr);
}

static int unix_address(const char *path, struct sockaddr_un *address) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->sun_path) return -1;
    strcpy(address->sun_path, path);
    return 0;
}

static int connect_unix(const char *path) {
    struct sockaddr_un address;
    if (unix_address(path, &address) != 0) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/* ------------------------------------------------------------------------------------------------- relay */

/* One direction of a connection: what was read from one end and not yet written to the other. */
struct flow {
    char *bytes;
    size_t start, end;
    int source_ended, forwarded_end;
};

struct connection {
    int inner, outer; /* -1: unused */
    struct flow out, in;
};

static struct {
    int port, listener;
    const char *socket_path;
} doors[MAX_PORTS];
static int door_count;
static struct connection connections[MAX_CONNECTIONS];

static void close_connection(struct connection *c) {
    close(c->inner);
    close(c->outer);
    free(c->out.bytes);
    free(c->in.bytes);
    memset(c, 0, sizeof *c);
    c->inner = c->outer = -1;
}

static void accept_connection(int door) {
    int inner = accept4(doors[door].listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (inner < 0) return;
    struct connection *free_slot = NULL;
    for (int i = 0; i < MAX_CONNECTIONS && free_slot == NULL; i++)
        if (connections[i].inner < 0) free_slot = &connections[i];
    int outer = free_slot == NULL ? -1 : connect_unix(doors[door].socket_path);
    char *out = outer < 0 ? NULL : malloc(BUFFER_BYTES), *in = outer < 0 ? NULL : malloc(BUFFER_BYTES);
    if (out == NULL || in == NULL) {
        free(out);
        free(in);
        if (outer >= 0) close(outer);
        close(inner);
        return;
    }
    int on = 1;
    setsockopt(inner, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(outer, F_SETFL, O_NONBLOCK);
    memset(free_slot, 0, sizeof *free_slot);
    free_slot->inner = inner;
    free_slot->outer = outer;
    free_slot->out.bytes = out;
    free_slot->in.bytes = in;
}

static int wants_read(const struct flow *f) { return !f->source_ended && f->end < BUFFER_BYTES; }
static int wants_write(const struct flow *f) { return f->end > f->start; }

/* Moves what can be moved without waiting; -1: the connection is broken. */
static int move(struct flow *f, int from, int to, int readable, int writable) {
    if (readable && wants_read(f)) {
        ssize_t n = recv(from, f->bytes + f->end, BUFFER_BYTES - f->end, 0);
        if (n > 0) f->end += (size_t)n;
        else if (n == 0) f->source_ended = 1;
        else if (errno != EAGAIN && errno != EINTR) return -1;
        writable = 1;
    }
    if (writable && wants_write(f)) {
        ssize_t n = send(to, f->bytes + f->start, f->end - f->start, MSG_NOSIGNAL);
        if (n > 0) f->start += (size_t)n;
        else if (n < 0 && errno != EAGAIN && errno != EINTR) return -1;
        if (f->start == f->end) f->start = f->end = 0;
        else if (f->end == BUFFER_BYTES && f->start > 0) {
            memmove(f->bytes, f->bytes + f->start, f->end - f->start);
            f->end -= f->start;
            f->start = 0;
        }
    }
    if (f->source_ended && !wants_write(f) && !f->forwarded_end) {
        shutdown(to, SHUT_WR);
        f->forwarded_end = 1;
    }
    return 0;
}

static _Noreturn void serve(void) {
    static struct pollfd polled[MAX_PORTS + 2 * MAX_CONNECTIONS];
    static int slots[MAX_CONNECTIONS];
    for (;;) {
        int count = 0, open = 0;
        for (int i = 0; i < door_count; i++) polled[count++] = (struct pollfd){doors[i].listener, POLLIN, 0};
        for (int i = 0; i < MAX_CONNECTIONS; i++) {
            struct connection *c = &connections[i];
            if (c->inner < 0) continue;
            short inner = (short)((wants_read(&c->out) ? POLLIN : 0) | (wants_write(&c->in) ? POLLOUT : 0));
            short outer = (short)((wants_read(&c->in) ? POLLIN : 0) | (wants_write(&c->out) ? POLLOUT : 0));
            /* poll reports POLLHUP unasked: an end that nothing more is wanted of is left out, or this loop would spin. */
            polled[count++] = (struct pollfd){inner ? c->inner : -1, inner, 0};
            polled[count++] = (struct pollfd){outer ? c->outer : -1, outer, 0};
            slots[open++] = i;
        }
        if (poll(polled, (nfds_t)count, -1) < 0) {
            if (errno == EINTR) continue;
            _exit(1);
        }
        for (int k = 0; k < open; k++) {
            struct connection *c = &connections[slots[k]];
            short inner = polled[door_count + 2 * k].revents, outer = polled[door_count + 2 * k + 1].revents;
            int broken = move(&c->out, c->inner, c->outer, inner & (POLLIN | POLLHUP | POLLERR), outer & POLLOUT) != 0
                || move(&c->in, c->outer, c->inner, outer & (POLLIN | POLLHUP | POLLERR), inner & POLLOUT) != 0;
            if (broken || (c->out.forwarded_end && c->in.forwarded_end)) close_connection(c);
        }
        for (int i = 0; i < door_count; i++)
            if (polled[i].revents & POLLIN) accept_connection(i);
    }
}

static int relay(int argc, char **argv) {
    int i = 0;
    for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
        char *equals = strchr(argv[i], '='), *end;
        long port = strtol(argv[i], &end, 10);
        if (equals == NULL || end != equals || port < 1 || port > 65535 || door_count == MAX_PORTS) {
            say("relay: %s (expected: PORT=SOCKET, at most %d of them)", argv[i], MAX_PORTS);
            return 126;
        }
        struct sockaddr_un unused;
        if (unix_address(equals + 1, &unused) != 0) {
            say("relay: socket path too long: %s", equals + 1);
            return 126;
        }
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0
            || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 128) != 0) {
            say("relay: cannot listen on 127.0.0.1:%ld: %s", port, strerror(errno));
            return 126;
        }
        doors[door_count].port = (int)port;
        doors[door_count].listener = fd;
        doors[door_count++].socket_path = equals + 1;
    }
    if (i + 1 >= argc) {
        say("usage: relay PORT=SOCKET... -- COMMAND ARGUMENTS");
        return 126;
    }
    if (door_count > 0) {
        pid_t child = fork();
        if (child < 0) {
            say("relay: fork: %s", strerror(errno));
            return 126;
        }
        if (child == 0) {
            /* Output of the session must end with the agent, not with its relay. */
            int null = open("/dev/null", O_RDWR | O_CLOEXEC);
            if (null >= 0) for (int fd = 0; fd < 3; fd++) dup2(null, fd);
            setsid();
            signal(SIGPIPE, SIG_IGN);
            prctl(PR_SET_NAME, "relay");
            prctl(PR_SET_DUMPABLE, 0);
            for (int k = 0; k < MAX_CONNECTIONS; k++) connections[k].inner = connections[k].outer = -1;
            serve();
        }
    }
    execvp(argv[i + 1], argv + i + 1);
    say("cannot run %s: %s", argv[i + 1], strerror(errno));
    return errno == ENOENT ? 127 : 126;
}

/* -------------------------------------------------------------------------------------------------- hook */

static _Noreturn void blocked(const char *why) {
    say("hook: %s; the call is blocked because nobody could check it", why);
    _exit(2);
}

static void on_alarm(int signal_number) {
    static const char text[] = "plumbline: hook: no answer in time; the call is blocked because nobody could check it\n";
    (void)signal_number;
    if (write(2, text, sizeof text - 1) < 0) _exit(2);
    _exit(2);
}

static size_t read_all(int fd, char *bytes, size_t limit) {
    size_t have = 0;
    for (;;) {
        ssize_t n = read(fd, bytes + have, limit - have);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) blocked(strerror(errno));
        if (n == 0) return have;
        have += (size_t)n;
        if (have == limit) blocked("more bytes than a hook may carry");
    }
}

static void write_all(int fd, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t n = write(fd, bytes, length);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) blocked(strerror(errno));
        bytes += n;
        length -= (size_t)n;
    }
}

/* The value of a header in a NUL-ended head, or NULL. */
static const char *header(const char *head, const char *name) {
    size_t length = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
            line += length + 1;
            while (*line == ' ' || *line == '\t') line++;
            return line;
        }
    }
    return NULL;
}

/* Joins chunks in place; returns the body's length. */
static size_t unchunk(char *body, size_t length) {
    size_t from = 0, to = 0;
    for (;;) {
        char *line_end = memmem(body + from, length - from, "\r\n", 2), *end;
        if (line_end == NULL || !isxdigit((unsigned char)body[from])) blocked("cut answer");
        errno = 0;
        unsigned long size = strtoul(body + from, &end, 16);
        if (errno != 0 || end > line_end) blocked("bad answer");
        from = (size_t)(line_end - body) + 2;
        if (size == 0) return to;
        if (size > length - from || length - from - size < 2) blocked("cut answer");
        memmove(body + to, body + from, size);
        to += size;
        from += size + 2;
    }
}

static int hook(int argc, char **argv) {
    if (argc < 2 || argc > 3) blocked("usage: hook SOCKET PATH [SECONDS]");
    int seconds = argc == 3 ? atoi(argv[2]) : DEFAULT_HOOK_SECONDS;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGALRM, on_alarm);
    alarm(seconds > 0 ? (unsigned)seconds : DEFAULT_HOOK_SECONDS);

    char *input = malloc(MAX_HOOK_BYTES + 1), *answer = malloc(MAX_ANSWER_BYTES + 1);
    if (input == NULL || answer == NULL) blocked("out of memory");
    size_t input_length = read_all(0, input, MAX_HOOK_BYTES + 1);
    int fd = connect_unix(argv[0]);
    if (fd < 0) blocked(strerror(errno));
    char head[1024];
    int head_length = snprintf(head, sizeof head,
        "POST %s HTTP/1.1\r\nHost: plumbline\r\nContent-Type: application/json\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
        argv[1], input_length);
    if (head_length < 0 || (size_t)head_length >= sizeof head) blocked("path too long");
    write_all(fd, head, (size_t)head_length);
    write_all(fd, input, input_length);

    size_t length = 0;
    char *body = NULL;
    for (;;) {
        ssize_t n = read(fd, answer + length, MAX_ANSWER_BYTES - length);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) blocked(strerror(errno));
        length += (size_t)n;
        if (length == MAX_ANSWER_BYTES) blocked("answer too long");
        answer[length] = 0;
        if (body == NULL) {
            char *end = memmem(answer, length, "\r\n\r\n", 4);
            if (end != NULL) {
                *end = 0;
                body = end + 4;
            }
        }
        if (n == 0) break;
        if (body != NULL) {
            const char *value = header(answer, "content-length");
            if (value != NULL && length - (size_t)(body - answer) >= strtoul(value, NULL, 10)) break;
        }
    }
    if (body == NULL || strncmp(answer, "HTTP/1.", 7) != 0 || strlen(answer) < 12) blocked("no answer");
    if (answer[9] != '2') blocked("the monitor refused");
    size_t body_length = length - (size_t)(body - answer);
    const char *expected = header(answer, "content-length"), *encoding = header(answer, "transfer-encoding");
    if (encoding != NULL && strncasecmp(encoding, "chunked", 7) == 0) body_length = unchunk(body, body_length);
    else if (expected != NULL) {
        unsigned long promised = strtoul(expected, NULL, 10);
        if (body_length < promised) blocked("cut answer");
        body_length = promised;
    }
    while (body_length > 0 && isspace((unsigned char)body[body_length - 1])) body_length--;
    while (body_length > 0 && isspace((unsigned char)*body)) body++, body_length--;
    /* An empty or garbled answer would be taken for "allow". */
    if (body_length < 2 || body[0] != '{' || body[body_length - 1] != '}') blocked("the answer is not a JSON object");
    write_all(1, body, body_length);
    write_all(1, "\n", 1);
    return 0;
}

/* ------------------------------------------------------------------------------------------------ warden */

/* The longest silence of the daemon; Warden.SILENCE. */
enum { SILENCE_MS = 10 * 1000, MAX_LINE = 640 };

/* One line of stdin: its length, 0 at its end, -1 when none came in time. Reads byte by byte: lines are short and rare. */
static int line_in_time(char *line, int limit_ms) {
    int length = 0;
    struct timespec begun, now;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    while (length < MAX_LINE - 1) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        long gone = (now.tv_sec - begun.tv_sec) * 1000 + (now.tv_nsec - begun.tv_nsec) / 1000000;
        struct pollfd in = {.fd = 0, .events = POLLIN};
        int ready = limit_ms < 0 ? poll(&in, 1, -1) : gone >= limit_ms ? 0 : poll(&in, 1, (int)(limit_ms - gone));
        if (ready < 0 && errno == EINTR) continue;
        if (ready == 0) return -1;
        ssize_t got = read(0, line + length, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return 0;
        length++;
        if (line[length - 1] == '\n') break;
    }
    line[length] = 0;
    return length;
}

static void answer(const char *word) {
    puts(word);
    fflush(stdout);
}

static int warden(void) {
    int pidfd = -1, pulsed = 0;
    char line[MAX_LINE], group[MAX_LINE] = "";
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    setsid();
    for (;;) {
        /* Before the first pulse nothing runs that silence could hide. */
        int length = line_in_time(line, pidfd >= 0 && pulsed ? SILENCE_MS : -1);
        if (length == 0) break;
        if (length < 0) {
            /* Again at each silence: whoever let it go on meanwhile was not the daemon. */
            if (*group == 0 || group_freeze(group, 1) != 0) syscall(SYS_pidfd_send_signal, pidfd, SIGSTOP, NULL, 0);
            answer("stopped");
            continue;
        }
        if (strcmp(line, "release\n") == 0) return 0;
        if (strcmp(line, "pulse\n") == 0) {
            pulsed = 1;
            continue;
        }
        char *end;
        long pid = strncmp(line, "watch ", 6) == 0 ? strtol(line + 6, &end, 10) : 0;
        if (pid <= 1 || (*end != '\n' && *end != ' ') || line[length - 1] != '\n' || pidfd >= 0) {
            answer("refused");
            continue;
        }
        if (*end == ' ') {
            line[length - 1] = 0;
            strcpy(group, end + 1);
        }
        pidfd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
        answer(pidfd >= 0 ? "watching" : "gone");
    }
    if (pidfd >= 0) {
        /* First: with it ends everything inside, frozen or not, as soon as it is let go. */
        syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
        if (*group != 0) group_kill(group);
    }
    return pidfd >= 0 ? 1 : 0;
}

/* -------------------------------------------------------------------------------------------------- tick */

/* The workload of the canary: counts in a file, so that whoever reads it twice sees whether it stood still. */
static int tick(const char *path, const char *milliseconds) {
    long pause = strtol(milliseconds, NULL, 10);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0 || pause < 1) {
        say("tick: %s: %s", path, strerror(errno));
        return 125;
    }
    for (unsigned long count = 1;; count++) {
        char text[24];
        int length = snprintf(text, sizeof text, "%020lu\n", count);
        if (pwrite(fd, text, (size_t)length, 0) != length) return 125;
        struct timespec time = {.tv_sec = pause / 1000, .tv_nsec = pause % 1000 * 1000000};
        nanosleep(&time, NULL);
    }
}

/* ------------------------------------------------------------------------------------------------- pause */

/* The first process of a sandbox that waits for its session: does nothing, for as long as there is the sandbox. */
static int pause_for_ever(void) {
    while (pause() < 0) continue;
    return 0;
}

/* --------------------------------------------------------------------------------------------- read-only */

/* The kernel's struct mount_attr; older C libraries do not have it. */
struct mount_attributes {
    uint64_t set, clear, propagation, user_namespace;
};

enum {
    RECURSIVE = 0x8000,
    READ_ONLY = 1,
    CLONE_TREE = 1,
    FROM_DESCRIPTOR = 4,
    SYS_OPEN_TREE = 428,
    SYS_MOVE_MOUNT = 429,
    SYS_MOUNT_SETATTR = 442
};

int take_tree(const char *path) {
    return (int)syscall(SYS_OPEN_TREE, AT_FDCWD, path, CLONE_TREE | RECURSIVE | O_CLOEXEC);
}

int put_tree(int tree, const char *path) {
    return (int)syscall(SYS_MOVE_MOUNT, tree, "", AT_FDCWD, path, FROM_DESCRIPTOR);
}

/* Becomes the command of [pin SOURCE TARGET] PATH... -- COMMAND ARGUMENTS; returns a status when it cannot. */
static int confined(int argc, char **argv) {
    int i = 0;
    char **pin = argc > 2 && strcmp(argv[0], "pin") == 0 ? argv : NULL;
    /* Before the namespace is left: what a descriptor of another one leads to cannot be mounted. */
    int pinned = pin == NULL ? -1 : take_tree(pin[1]);
    if (pin != NULL && pinned < 0) {
        say("read-only: %s: %s", pin[1], strerror(errno));
        return 125;
    }
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        say("read-only: mount namespace: %s", strerror(errno));
        return 125;
    }
    if (pin != NULL) {
        if (put_tree(pinned, pin[2]) != 0) {
            say("read-only: %s: %s", pin[2], strerror(errno));
            return 125;
        }
        i += 3;
    }
    for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
        struct mount_attributes attributes = {.set = READ_ONLY};
        if (mount(argv[i], argv[i], NULL, MS_BIND | MS_REC, NULL) != 0
            || syscall(SYS_MOUNT_SETATTR, AT_FDCWD, argv[i], RECURSIVE, &attributes, sizeof attributes) != 0) {
            say("read-only: %s: %s", argv[i], strerror(errno));
            return 125;
        }
    }
    if (i + 1 >= argc) {
        say("usage: read-only [nice=NUMBER] [cgroup=DIRECTORY...] [pin SOURCE TARGET] PATH... -- COMMAND ARGUMENTS");
        return 125;
    }
    execv(argv[i + 1], argv + i + 1);
    say("cannot run %s: %s", argv[i + 1], strerror(errno));
    return 126;
}

/* Goes where the options say; how many there were, or -1. */
static int take_place(int argc, char **argv) {
    int i = 0, done = 0;
    while (i < argc && (done = placed(argv[i])) == 0) i++;
    if (done < 0) say("%s: %s", argv[i], strerror(errno));
    return done < 0 ? -1 : i;
}

static int read_only(int argc, char **argv) {
    int options = take_place(argc, argv);
    return options < 0 ? 125 : confined(argc - options, argv + options);
}

/* -------------------------------------------------------------------------------------------------- shim */

enum { MAX_SHIM_REQUEST = 256 * 1024, MAX_SHIM_WORDS = 4096 };

/*
 * gVisor's programs register for membarrier(2) when they start, which waits for every processor, and
 * only its kernel ever uses it. They start without when it is not there. Where this cannot be had, they start a little later.
 */
static void without_membarrier(void) {
#if defined(__x86_64__)
    enum { ARCHITECTURE = AUDIT_ARCH_X86_64 };
#elif defined(__aarch64__)
    enum { ARCHITECTURE = AUDIT_ARCH_AARCH64 };
#else
#error "which architecture do seccomp's records name here?"
#endif
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {.len = sizeof steps / sizeof *steps, .filter = steps};
    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &filter);
}

/* 1 when all was read, 0 at the end of the input before any of it, -1 otherwise. */
static int read_fully(int fd, unsigned char *to, size_t length) {
    for (size_t have = 0; have < length;) {
        ssize_t n = read(fd, to + have, length - have);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return n == 0 && have == 0 ? 0 : -1;
        have += (size_t)n;
    }
    return 1;
}

/* In a child: with streams that are these files. */
static int with_streams(char **files, int argc, char **argv) {
    static const int flags[] = {O_RDONLY, O_WRONLY | O_APPEND | O_CREAT, O_WRONLY | O_APPEND | O_CREAT};
    for (int i = 0; i < 3; i++) {
        int fd = open(files[i], flags[i] | O_CLOEXEC, 0600);
        if (fd < 0 || dup2(fd, i) < 0) return 125;
        close(fd);
    }
    return confined(argc, argv);
}

static int shim(int argc, char **argv) {
    static unsigned char request[MAX_SHIM_REQUEST];
    static char *words[MAX_SHIM_WORDS + 1];
    if (take_place(argc, argv) != argc) return 125;
    without_membarrier();
    for (;;) {
        unsigned char head[4];
        int got = read_fully(0, head, sizeof head);
        if (got == 0) return 0;
        size_t length = (size_t)head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
        if (got < 0 || length == 0 || length > sizeof request || read_fully(0, request, length) != 1 || request[length - 1] != 0) {
            say("shim: a request of %zu bytes (expected: 1 to %d, words that end with a zero byte)", length, MAX_SHIM_REQUEST);
            return 125;
        }
        int count = 0;
        for (size_t at = 0; at < length && count < MAX_SHIM_WORDS; at += strlen((char *)request + at) + 1) words[count++] = (char *)request + at;
        words[count] = NULL;
        if (count < 3 || count == MAX_SHIM_WORDS) {
            say("shim: %d words (expected: 3 to %d)", count, MAX_SHIM_WORDS - 1);
            return 125;
        }
        pid_t child = fork();
        if (child == 0) _exit(with_streams(words, count - 3, words + 3));
        int status = 0;
        while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
        if (dprintf(1, "exit %d\n", child < 0 ? 125 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)) < 0) return 125;
    }
}

int main(int argc, char **argv) {
    if (argc >= 2 && strcmp(argv[1], "relay") == 0) return relay(argc - 2, argv + 2);
    if (argc >= 2 && strcmp(argv[1], "hook") == 0) return hook(argc - 2, argv + 2);
    if (argc == 2 && strcmp(argv[1], "warden") == 0) return warden();
    if (argc == 4 && strcmp(argv[1], "tick") == 0) return tick(argv[2], argv[3]);
    if (argc == 2 && strcmp(argv[1], "pause") == 0) return pause_for_ever();
    if (argc >= 2 && strcmp(argv[1], "read-only") == 0) return read_only(argc - 2, argv + 2);
    if (argc >= 2 && strcmp(argv[1], "shim") == 0) return shim(argc - 2, argv + 2);
    if (argc >= 2 && strcmp(argv[1], "launch") == 0) return launch(argc - 2, argv + 2);
    if (argc >= 2 && strcmp(argv[1], "become") == 0) return become(argc - 2, argv + 2);
    if (argc >= 2 && strcmp(argv[1], "watch") == 0) return watch(argc - 2, argv + 2);
    if (argc == 2 && strcmp(argv[1], "version") == 0) return puts(PLUMBLINE_BUILD) < 0 ? 125 : 0;
    say("usage: plumbline-guest relay PORT=SOCKET... -- COMMAND | hook SOCKET PATH [SECONDS] | warden | tick FILE MILLISECONDS | pause | read-only [nice=NUMBER] [cgroup=DIRECTORY...] [pin SOURCE TARGET] PATH... -- COMMAND | shim | launch | become | watch | version");
    return 2;
}
