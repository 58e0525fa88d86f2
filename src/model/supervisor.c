#include "model/supervisor.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "base/metrics.h"
#include "model/client.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    LOOK_MS = 500,    /* for files that are not there yet */
    TICK_MS = 100,    /* while the child reads its weights */
    HEALTH_MS = 5000, /* between two looks at a ready child */
    PROBE_MS = 10000, /* of one look */
    PROBES_LOST = 3,  /* then it hangs, and is ended */
    LOAD_MS = 600000, /* to read the weights from a slow disk */
    WARM_MS = 120000, /* the first tiny answer */
    TERM_MS = 1000,   /* from asking it to end to making it */
    PAUSE_MS = 1000,  /* before the first restart; doubled each time */
    PAUSE_MAX_MS = 60000,
    STEADY_MS = 60000, /* lived so long: the next pause is short again */
    LOG_MAX = 8 << 20,
    THREADS_MAX = 32
};

struct supervisor {
    struct supervisor_options o;
    char *program, *log_path;
    struct buf hello; /* the first tiny question */
    pthread_t thread;
    pthread_mutex_t lock; /* of view */
    struct supervisor_view view;
    atomic_bool stop;
    int wake; /* eventfd: stop was set */
    int pidfd;
    struct client *client;
    struct egress *egress;
    struct talk talk; /* for the client: a clock, nobody who could leave */
};

/* ---- the child ---- */

static int cores(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);

    return n < 1 ? 1 : n > THREADS_MAX ? THREADS_MAX : n;
}

/* A port nobody listens on now. Should somebody take it before the child does, the child ends and
 * gets another at its next start. */
static int free_port(void)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), port = 0;

    if (fd < 0)
        return 0;
    if (!bind(fd, (struct sockaddr *)&a, sizeof(a)) &&
        !getsockname(fd, (struct sockaddr *)&a, &size))
        port = ntohs(a.sin_port);
    close(fd);
    return port;
}

static int open_log(const char *path)
{
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND | (fs_size(path) > LOG_MAX ? O_TRUNC : 0);
    int fd = open(path, flags, 0600);

    return fd >= 0 ? fd : open("/dev/null", O_WRONLY | O_CLOEXEC);
}

/* Between fork and exec in a program with threads: only calls that are safe there. */
static _Noreturn void become(const char *program, char *const *argv, char *const *env, int log_fd,
                             pid_t parent)
{
    sigset_t none;

    sigemptyset(&none);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(126);
    setpgid(0, 0); /* Ctrl-C is for the server, which then ends the child in order */
    for (int i = 1; i < 32; i++)
        if (i != SIGKILL && i != SIGSTOP)
            signal(i, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (dup2(open("/dev/null", O_RDONLY), 0) < 0 || dup2(log_fd, 1) < 0 || dup2(log_fd, 2) < 0)
        _exit(126);
    close_range(3, ~0U, 0);
    execve(program, argv, env);
    _exit(127);
}

struct command {
    char port[16], context[16], slots[16], threads[16], key[64];
};

/* Threads that wait for one another spin for microseconds, then sleep: on a machine whose cores are
 * also wanted by others, libgomp's long spinning makes the engine ten times slower. Answers repeat
 * their evidence word for word, so the words that followed the last few in the prompt are proposed
 * and checked together (ngram-simple): half the work for the same answer. */
static pid_t spawn(const struct supervisor *s, const struct supervisor_model *m, struct command *c)
{
    const char *const argv[] = {
        s->program,
        "--model",
        m->path,
        "--alias",
        m->name,
        "--host",
        "127.0.0.1",
        "--port",
        c->port,
        "-c",
        c->context,
        "--parallel",
        c->slots,
        "--threads",
        c->threads,
        "--cache-ram",
        "256",
        "--spec-type",
        "ngram-simple",
        "--spec-ngram-simple-size-n",
        "5",
        "--spec-ngram-simple-size-m",
        "12",
        "--offline",
        "--no-slots",
        "--no-ui",
        "--log-verbosity",
        "2",
        NULL,
    };
    const char *const env[] = { "PATH=/usr/bin:/bin", "LANG=C.UTF-8", "GOMP_SPINCOUNT=500", c->key,
                                NULL };
    pid_t parent = getpid(), pid;
    int log_fd = open_log(s->log_path);

    if (log_fd < 0)
        return -1;
    pid = fork();
    if (pid == 0)
        become(s->program, (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)env, log_fd,
               parent);
    close(log_fd);
    return pid;
}

static void new_key(struct supervisor *s, char out[40])
{
    uint8_t bytes[16];

    world_random(s->o.world, bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

static void set_stage(struct supervisor *s, enum supervisor_stage stage)
{
    pthread_mutex_lock(&s->lock);
    s->view.stage = stage;
    pthread_mutex_unlock(&s->lock);
    metric_set("tongban_embedded_model_ready", "", stage == SUPERVISOR_READY);
}

static bool child_start(struct supervisor *s, const struct supervisor_model *m)
{
    struct supervisor_view v = { .stage = SUPERVISOR_STARTING };
    struct command c;
    int port = free_port();

    new_key(s, v.key);
    snprintf(v.url, sizeof(v.url), "http://127.0.0.1:%d", port);
    snprintf(v.model, sizeof(v.model), "%s", m->name);
    snprintf(c.port, sizeof(c.port), "%d", port);
    snprintf(c.context, sizeof(c.context), "%d", SUPERVISOR_CONTEXT * s->o.slots);
    snprintf(c.slots, sizeof(c.slots), "%d", s->o.slots);
    snprintf(c.threads, sizeof(c.threads), "%d", s->o.threads ? s->o.threads : cores());
    snprintf(c.key, sizeof(c.key), "LLAMA_API_KEY=%s", v.key);
    v.pid = port ? spawn(s, m, &c) : -1;
    if (v.pid <= 0)
        return false;
    s->pidfd = (int)syscall(SYS_pidfd_open, v.pid, 0);
    pthread_mutex_lock(&s->lock);
    v.restarts = s->view.restarts;
    s->view = v;
    pthread_mutex_unlock(&s->lock);
    log_line(LOG_INFO, "engine_start", "pid=%d port=%d model=%s threads=%s", v.pid, port, m->name,
             c.threads);
    return true;
}

/* Waits ms, less when the program stops or the child ends. */
static void wait_ms(struct supervisor *s, int ms)
{
    struct pollfd fds[2] = { { s->wake, POLLIN, 0 }, { s->pidfd, POLLIN, 0 } };

    if (s->view.pid && s->pidfd < 0 && ms > LOOK_MS)
        ms = LOOK_MS; /* an old kernel: its end is only seen by looking */
    if (!s->stop)
        poll(fds, 2, ms);
}

static void child_gone(struct supervisor *s, int status)
{
    log_line(s->stop ? LOG_INFO : LOG_WARN, "engine_end", "pid=%d exit=%d signal=%d log=%s",
             s->view.pid, WIFEXITED(status) ? WEXITSTATUS(status) : -1,
             WIFSIGNALED(status) ? WTERMSIG(status) : 0, s->log_path);
    if (s->pidfd >= 0)
        close(s->pidfd);
    s->pidfd = -1;
    pthread_mutex_lock(&s->lock);
    s->view.pid = 0;
    s->view.stage = SUPERVISOR_FAILED;
    pthread_mutex_unlock(&s->lock);
    metric_set("tongban_embedded_model_ready", "", 0);
}

static bool child_lives(struct supervisor *s)
{
    int status = 0;

    if (!s->view.pid || waitpid(s->view.pid, &status, WNOHANG) == 0)
        return s->view.pid != 0;
    child_gone(s, status);
    return false;
}

static void child_end(struct supervisor *s)
{
    struct pollfd fd = { s->pidfd, POLLIN, 0 };
    int status = 0;

    if (!child_lives(s))
        return;
    kill(s->view.pid, SIGTERM);
    if (s->pidfd >= 0)
        poll(&fd, 1, TERM_MS);
    kill(s->view.pid, SIGKILL); /* no harm when it has ended: it has not been waited for */
    waitpid(s->view.pid, &status, 0);
    child_gone(s, status);
}

/* ---- its health ---- */

static long ask_child(struct supervisor *s, const char *path, struct str body, int64_t limit_ms)
{
    char url[128];
    struct client_call call = { .url = url,
                                .key = s->view.key,
                                .body = body,
                                .talk = &s->talk,
                                .stop = &s->stop,
                                .egress = s->egress };
    long status = 0;

    snprintf(url, sizeof(url), "%s%s", s->view.url, path);
    client_probe(s->client, &call, limit_ms, &status);
    return status;
}

static void say(struct json *j, const char *role, struct str content)
{
    json_obj(j);
    json_kstr(j, "role", str_z(role));
    json_kstr(j, "content", content);
    json_end(j);
}

static struct buf hello_text(struct str warm)
{
    struct buf b = BUF_INIT(1 << 20);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    json_karr(&j, "messages");
    if (warm.n)
        say(&j, "system", warm);
    say(&j, "user", STR("您好"));
    json_end(&j);
    json_kint(&j, "max_tokens", 1);
    json_kbool(&j, "cache_prompt", true);
    json_end(&j);
    return b;
}

/* Ready is who has answered once: the first answer of a fresh child is its slowest. */
static bool child_ready(struct supervisor *s)
{
    int64_t until = world_mono_us(s->o.world) + LOAD_MS * 1000LL;

    while (!s->stop && child_lives(s) && world_mono_us(s->o.world) < until) {
        if (ask_child(s, "/health", STR_NONE, PROBE_MS) == 200)
            return ask_child(s, "/v1/chat/completions", buf_str(&s->hello), WARM_MS) == 200;
        wait_ms(s, TICK_MS);
    }
    return false;
}

static void child_watch(struct supervisor *s)
{
    int lost = 0;

    while (!s->stop && child_lives(s) && lost < PROBES_LOST) {
        wait_ms(s, HEALTH_MS);
        if (s->stop || !child_lives(s))
            break;
        lost = ask_child(s, "/health", STR_NONE, PROBE_MS) == 200 ? 0 : lost + 1;
    }
    if (lost == PROBES_LOST)
        log_line(LOG_WARN, "engine_hangs", "pid=%d", s->view.pid);
}

/* ---- the thread ---- */

/* A file still being fetched lies elsewhere or is short: neither is taken for the whole one. */
static const struct supervisor_model *model_here(const struct supervisor *s)
{
    if (access(s->program, X_OK))
        return NULL;
    for (size_t i = 0; i < s->o.n; i++) {
        int64_t size = fs_size(s->o.models[i].path);

        if (size > 0 && (!s->o.models[i].size || size == s->o.models[i].size))
            return &s->o.models[i];
    }
    return NULL;
}

static void pause_then_again(struct supervisor *s, int *pause, int64_t lived_us)
{
    int64_t until;

    if (lived_us > STEADY_MS * 1000LL)
        *pause = PAUSE_MS;
    until = world_mono_us(s->o.world) + *pause * 1000LL;
    pthread_mutex_lock(&s->lock);
    s->view.restarts++;
    pthread_mutex_unlock(&s->lock);
    metric_add("tongban_embedded_model_restarts_total", "", 1);
    while (!s->stop && world_mono_us(s->o.world) < until)
        wait_ms(s, TICK_MS);
    *pause = *pause * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : *pause * 2;
}

static void *supervise(void *arg)
{
    struct supervisor *s = arg;
    int pause = PAUSE_MS;

    while (!s->stop) {
        const struct supervisor_model *m = model_here(s);
        int64_t begin = world_mono_us(s->o.world);

        if (!m) {
            set_stage(s, SUPERVISOR_ABSENT);
            wait_ms(s, LOOK_MS);
            continue;
        }
        if (child_start(s, m) && child_ready(s)) {
            log_line(LOG_INFO, "engine_ready", "pid=%d after_ms=%lld", s->view.pid,
                     (long long)((world_mono_us(s->o.world) - begin) / 1000));
            set_stage(s, SUPERVISOR_READY);
            child_watch(s);
        }
        child_end(s);
        if (!s->stop)
            pause_then_again(s, &pause, world_mono_us(s->o.world) - begin);
    }
    return NULL;
}

struct supervisor *supervisor_start(const struct supervisor_options *o)
{
    struct supervisor *s = tb_zalloc(sizeof(*s));

    s->o = *o;
    s->program = tb_dup(o->program, strlen(o->program) + 1);
    s->log_path = tb_dup(o->log_path, strlen(o->log_path) + 1);
    s->hello = hello_text(o->warm);
    s->wake = eventfd(0, EFD_CLOEXEC);
    s->pidfd = -1;
    s->client = client_new();
    s->egress = egress_new();
    egress_allow_child(s->egress);
    s->talk.world = o->world;
    pthread_mutex_init(&s->lock, NULL);
    if (s->wake < 0 || pthread_create(&s->thread, NULL, supervise, s))
        abort();
    return s;
}

void supervisor_look(struct supervisor *s, struct supervisor_view *out)
{
    pthread_mutex_lock(&s->lock);
    *out = s->view;
    pthread_mutex_unlock(&s->lock);
}

void supervisor_stop(struct supervisor *s)
{
    uint64_t one = 1;

    if (!s)
        return;
    s->stop = true;
    if (write(s->wake, &one, sizeof(one)) < 0)
        log_line(LOG_ERROR, "engine_stop", "eventfd write failed");
    pthread_join(s->thread, NULL);
    close(s->wake);
    client_free(s->client);
    egress_free(s->egress);
    pthread_mutex_destroy(&s->lock);
    tb_free(s->program);
    tb_free(s->log_path);
    buf_release(&s->hello);
    tb_free(s);
}
