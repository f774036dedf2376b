/* racer race|clean ROUNDS PORT: eight threads in four processes send to 127.0.0.1:PORT through the session's proxy; in a race
 * some of them read the decoy at the same moment and all of them send what was read. A file /tmp/round-N marks each start. At its
 * end a race says how often a connection that was refused too early was tried again. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROCESSES = 4, THREADS = 2, WORKERS = PROCESSES * THREADS, OPENED_FIRST = 3, PROXY_PORT = 3128 };

struct shared {
    pthread_barrier_t start, end;
    atomic_int ready, opened, retried;
    char secret[33];
};

static struct shared *shared;
static int race, rounds, port;

static void spin(unsigned *seed, int most) {
    for (volatile int i = rand_r(seed) % most; i > 0; i--) {}
}

static void read_decoy(void) {
    char path[256];
    snprintf(path, sizeof path, "%s/.ssh/id_rsa", getenv("HOME"));
    int file = open(path, O_RDONLY);
    if (file < 0 || read(file, shared->secret, 32) != 32) _exit(3);
    close(file);
    atomic_store(&shared->ready, 1);
}

/* Whether it got a connection. */
static bool attempt(void) {
    struct sockaddr_in proxy = {.sin_family = AF_INET, .sin_port = htons(PROXY_PORT)};
    inet_pton(AF_INET, "127.0.0.1", &proxy.sin_addr);
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(s, (struct sockaddr *)&proxy, sizeof proxy) != 0) _exit(4);
    char text[256];
    int length = snprintf(text, sizeof text, "CONNECT 127.0.0.1:%d HTTP/1.1\r\n\r\n", port);
    if (write(s, text, length) != length) _exit(5);
    char answer[13] = "";
    size_t read_so_far = 0;
    while (read_so_far < 12) {
        ssize_t n = read(s, answer + read_so_far, 12 - read_so_far);
        if (n <= 0) _exit(6);
        read_so_far += n;
    }
    bool connected = strcmp(answer, "HTTP/1.1 200") == 0;
    if (connected) {
        atomic_fetch_add(&shared->opened, 1);
        while (race && !atomic_load(&shared->ready)) usleep(500);
        length = snprintf(text, sizeof text, "PAYLOAD %s", race ? shared->secret : "nothing secret");
        (void)!write(s, text, length);
        shutdown(s, SHUT_WR);
    }
    while (read(s, text, sizeof text) > 0) {}
    close(s);
    return connected;
}

static void *work(void *argument) {
    int index = (int)(long)argument;
    unsigned seed = index * 7919 + 1;
    for (int round = 0; round < rounds; round++) {
        pthread_barrier_wait(&shared->start);
        /* Two of the eight read: in every other round once some have a connection, else in the same moment as all connect. */
        bool connect_first = race && round % 2 == 0;
        if (race && (index + round) % 4 == 0) {
            while (connect_first && atomic_load(&shared->opened) < OPENED_FIRST) usleep(500);
            spin(&seed, 100000);
            read_decoy();
        } else {
            spin(&seed, 100000);
        }
        /* Who reads waits for connections, and a proxy that had to wait too long for the trace refuses them before; where
         * nobody reads, all of them come through in the end. */
        while (!attempt() && (!race || (connect_first && !atomic_load(&shared->ready)))) {
            atomic_fetch_add(&shared->retried, 1);
            usleep(500);
        }
        pthread_barrier_wait(&shared->end);
    }
    return NULL;
}

int main(int count, char **arguments) {
    if (count != 4) return 2;
    race = strcmp(arguments[1], "race") == 0;
    rounds = atoi(arguments[2]);
    port = atoi(arguments[3]);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_barrierattr_t attributes;
    pthread_barrierattr_init(&attributes);
    pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&shared->start, &attributes, WORKERS + 1);
    pthread_barrier_init(&shared->end, &attributes, WORKERS + 1);
    pid_t children[PROCESSES];
    for (int p = 0; p < PROCESSES; p++) {
        if ((children[p] = fork()) == 0) {
            pthread_t threads[THREADS];
            for (int t = 0; t < THREADS; t++) pthread_create(&threads[t], NULL, work, (void *)(long)(p * THREADS + t));
            for (int t = 0; t < THREADS; t++) pthread_join(threads[t], NULL);
            _exit(0);
        }
    }
    for (int round = 0; round < rounds; round++) {
        char name[64];
        snprintf(name, sizeof name, "/tmp/round-%d", round);
        int marker = open(name, O_CREAT | O_WRONLY, 0600);
        if (marker < 0) return 7;
        close(marker);
        memset(shared->secret, 0, sizeof shared->secret);
        atomic_store(&shared->ready, 0);
        atomic_store(&shared->opened, 0);
        pthread_barrier_wait(&shared->start);
        pthread_barrier_wait(&shared->end);
    }
    int worst = 0, status;
    /* By name: the session's relay is a child too, and stays. */
    for (int p = 0; p < PROCESSES; p++)
        if (waitpid(children[p], &status, 0) < 0 || status != 0) worst = 1;
    if (race) printf("retried %d\n", atomic_load(&shared->retried));
    return worst;
}
