/* Where gVisor cannot run: how a session gets into bubblewrap's namespaces, and what it is before its first instruction. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "plumbline-guest.h"

/* Descriptors that pass through bubblewrap: the gate, and its own arguments. */
enum { GATE = 3, ARGUMENTS = 4 };

/* ------------------------------------------------------------------------------------------------ launch */

static int inherited(const char *path, int flags, int number) {
    int fd = open(path, flags);
    if (fd < 0) return -1;
    if (fd == number) return 0;
    int moved = dup2(fd, number);
    close(fd);
    return moved == number ? 0 : -1;
}

/* A new terminal: its master goes to the socket, its other end becomes the standard streams. */
static int terminal(const char *socket_path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(socket_path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, socket_path);
    char name[64];
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0 || ptsname_r(master, name, sizeof name) != 0) return -1;
    int slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (slave < 0 || connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof address) != 0) return -1;
    char control[CMSG_SPACE(sizeof(int))] = {0}, byte = 't';
    struct iovec vector = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(rights), &master, sizeof master);
    message.msg_controllen = CMSG_LEN(sizeof(int));
    if (sendmsg(connection, &message, MSG_NOSIGNAL) != 1) return -1;
    for (int fd = 0; fd < 3; fd++)
        if (dup2(slave, fd) != fd) return -1;
    close(connection);
    close(master);
    close(slave);
    return 0;
}

/* Pipes and a terminal among the standard streams are the session's user's, who may open them again by name. */
static int give_streams(const char *user) {
    char *end;
    long uid = strtol(user, &end, 10), gid = *end == ':' ? strtol(end + 1, &end, 10) : -1;
    if (uid < 0 || gid < 0 || *end != 0) {
        errno = EINVAL;
        return -1;
    }
    for (int fd = 0; fd < 3; fd++) {
        struct stat stream;
        if (fstat(fd, &stream) != 0) return -1;
        if ((S_ISFIFO(stream.st_mode) || isatty(fd)) && fchown(fd, (uid_t)uid, (gid_t)gid) != 0) return -1;
    }
    return 0;
}

int launch(int argc, char **argv) {
    int i = 0;
    for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
        char *option = argv[i], *value = strchr(option, '=');
        int done = placed(option);
        if (done > 0) {
            done = -1;
            errno = EINVAL;
            if (value != NULL) {
                value++;
                if (strncmp(option, "gate=", 5) == 0) done = inherited(value, O_RDONLY | O_NONBLOCK, GATE);
                else if (strncmp(option, "arguments=", 10) == 0) done = inherited(value, O_RDONLY, ARGUMENTS);
                else if (strncmp(option, "console=", 8) == 0) done = terminal(value);
                else if (strncmp(option, "owner=", 6) == 0) done = give_streams(value);
            } else if (strcmp(option, "pin") == 0 && i + 2 < argc) {
                /* Before the namespace is left: what a descriptor of another one leads to cannot be mounted. */
                int tree = take_tree(argv[i + 1]);
                done = tree < 0 || unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0
                    ? -1 : put_tree(tree, argv[i + 2]);
                i += 2;
            }
        }
        if (done != 0) {
            say("launch: %s: %s", option, strerror(errno));
            return 125;
        }
    }
    if (i + 1 >= argc) {
        say("usage: launch [nice=NUMBER] [cgroup=DIRECTORY...] gate=PIPE arguments=FILE [console=SOCKET] [owner=UID:GID] [pin SOURCE TARGET] -- COMMAND");
        return 125;
    }
    execv(argv[i + 1], argv + i + 1);
    say("cannot run %s: %s", argv[i + 1], strerror(errno));
    return 126;
}

/* ------------------------------------------------------------------------------------------------ become */

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#define X32 0x40000000u
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#define X32 0u
#endif

#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

#define NEW_NAMESPACES \
    (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)

/*
 * Refused: whatever makes or enters a namespace (a copied mount would not be watched, a user namespace would give
 * capabilities in it), mounts, and entrances into the kernel that no task needs. Numbers from 424 on are the same everywhere.
 */
static const int refused[] = {
    SYS_unshare, SYS_setns, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_swapon, SYS_swapoff, SYS_reboot,
    SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd,
    SYS_keyctl, SYS_add_key, SYS_request_key, SYS_open_by_handle_at, SYS_fanotify_init, SYS_acct, SYS_quotactl, SYS_syslog,
    428 /* open_tree */, 429 /* move_mount */, 430 /* fsopen */, 431 /* fsconfig */, 432 /* fsmount */, 433 /* fspick */,
    442 /* mount_setattr */, 467 /* open_tree_attr */,
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
#ifdef SYS_iopl
    SYS_iopl, SYS_ioperm,
#endif
};

/* Answered as by a kernel that does not have them: the C library then takes calls whose flags a filter can read. */
static const int missing[] = {SYS_clone3, 425 /* io_uring_setup */, 426 /* io_uring_enter */, 427 /* io_uring_register */};

enum { COUNT_REFUSED = sizeof refused / sizeof *refused, COUNT_MISSING = sizeof missing / sizeof *missing };

static int filter_calls(void) {
    static struct sock_filter code[16 + 2 * (COUNT_REFUSED + COUNT_MISSING) + 16];
    const struct sock_filter refuse = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
                             absent = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
                             allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
                             number = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    unsigned short n = 0;
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    code[n++] = number;
    if (X32 != 0) {
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32, 0, 1);
        code[n++] = absent;
    }
    for (int i = 0; i < COUNT_REFUSED; i++) {
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)refused[i], 0, 1);
        code[n++] = refuse;
    }
    for (int i = 0; i < COUNT_MISSING; i++) {
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)missing[i], 0, 1);
        code[n++] = absent;
    }
    /* The low halves: both architectures are little endian. */
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0]));
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NEW_NAMESPACES, 0, 1);
    code[n++] = refuse;
    code[n++] = allow;
    /* Sockets that no network namespace confines (of the hypervisor, of the kernel's crypto) are none of a task's. */
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 1, 0);
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socketpair, 0, 7);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0]));
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 4, 0);
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 3, 0);
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 2, 0);
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 1, 0);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT);
    code[n++] = allow;
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 4);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1]));
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TIOCSTI, 1, 0);
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TIOCLINUX, 0, 1);
    code[n++] = refuse;
    code[n++] = allow;
    struct sock_fprog program = {.len = n, .filter = code};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int number(const char *text, long *value) {
    char *end;
    *value = strtol(text, &end, 10);
    return *text != 0 && *end == 0 && *value >= 0 && *value <= 0x7fffffff ? 0 : -1;
}

static int give_up_rights(uid_t uid, gid_t gid) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}, {0}};
    for (int capability = 0; capability < 64; capability++)
        if (prctl(PR_CAPBSET_READ, capability) == 1 && prctl(PR_CAPBSET_DROP, capability) != 0) return -1;
    if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0) return -1;
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall(SYS_capset, &header, none) != 0) return -1;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int become(int argc, char **argv) {
    long uid, gid, files;
    if (argc < 6 || number(argv[0], &uid) != 0 || number(argv[1], &gid) != 0 || number(argv[2], &files) != 0
        || strcmp(argv[4], "--") != 0) {
        say("usage: become UID GID FILES terminal|streams -- COMMAND ARGUMENTS");
        return 125;
    }
    struct rlimit open_files, core = {0, 0};
    if (getrlimit(RLIMIT_NOFILE, &open_files) != 0) return 125;
    /* Not more than the host itself has to give. */
    if (open_files.rlim_max > (rlim_t)files) open_files.rlim_max = (rlim_t)files;
    open_files.rlim_cur = open_files.rlim_max;
    setsid();
    if (strcmp(argv[3], "terminal") == 0 && ioctl(0, TIOCSCTTY, 0) != 0) {
        say("become: terminal: %s", strerror(errno));
        return 125;
    }
    if (setrlimit(RLIMIT_NOFILE, &open_files) != 0 || setrlimit(RLIMIT_CORE, &core) != 0
        || give_up_rights((uid_t)uid, (gid_t)gid) != 0
        /* After the change of the user, which clears it: the end of bubblewrap is the end of all. */
        || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || syscall(SYS_close_range, GATE + 1, ~0u, 0) != 0 || filter_calls() != 0
        || prctl(PR_SET_NAME, "gate") != 0) {
        say("become: %s", strerror(errno));
        return 125;
    }
    /* Here the host looks at what this process is. The end of the pipe is the end of the host. */
    struct pollfd gate = {.fd = GATE, .events = POLLIN};
    char word = 0;
    while (poll(&gate, 1, -1) < 0 && errno == EINTR) continue;
    if (read(GATE, &word, 1) != 1 || word != 'g') return 125;
    close(GATE);
    execv(argv[5], argv + 5);
    say("cannot run %s: %s", argv[5], strerror(errno));
    return errno == ENOENT ? 127 : 126;
}
