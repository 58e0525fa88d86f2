#include "base/log.h"

#include "base/date.h"
#include "base/json.h"
#include "base/metrics.h"
#include "base/world.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static int out_fd = 2;
static enum log_level out_least = LOG_INFO;
static const char *const names[] = { "debug", "info", "warn", "error" };

enum { BUFFER_MAX = LOG_WAITING_MAX + 1024 }; /* and the line that says what was lost */

/* What waits to be written, all under lock. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t work, idle;
    pthread_t thread;
    bool running, stopping;
    struct buf waiting;
    int64_t lost;
} writer = { .lock = PTHREAD_MUTEX_INITIALIZER,
             .work = PTHREAD_COND_INITIALIZER,
             .idle = PTHREAD_COND_INITIALIZER,
             .waiting = BUF_INIT(BUFFER_MAX) };

void log_open(int fd, enum log_level least)
{
    out_fd = fd;
    out_least = least;
}

bool log_level_parse(struct str s, enum log_level *out)
{
    for (unsigned i = 0; i < 4; i++) {
        if (str_eqz(s, names[i])) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return false;
}

static void write_all(struct str s)
{
    while (s.n) {
        ssize_t n = write(out_fd, s.p, s.n);

        if (n < 0 && errno != EINTR)
            return; /* nowhere left to complain to */
        if (n > 0)
            s = str_from(s, (size_t)n);
    }
}

static void add_line(struct buf *b, enum log_level level, const char *event, const char *msg)
{
    struct json j = JSON_INIT(b);
    char ts[32];

    json_obj(&j);
    json_kstr(&j, "ts", time_text(world_now_ms(world_real()), ts));
    json_kstr(&j, "level", str_z(names[level]));
    json_kstr(&j, "event", str_z(event));
    json_kstr(&j, "msg", str_z(msg));
    json_end(&j);
    buf_addc(b, '\n');
}

/* True: the writer has it, or it is lost because too much waits already. */
static bool hand_over(struct str line)
{
    bool running;

    pthread_mutex_lock(&writer.lock);
    running = writer.running && !writer.stopping;
    if (running && writer.waiting.n + line.n > LOG_WAITING_MAX) {
        writer.lost++;
        metric_add("log_lost_total", "", 1);
    } else if (running) {
        buf_add(&writer.waiting, line);
        pthread_cond_signal(&writer.work);
    }
    pthread_mutex_unlock(&writer.lock);
    return running;
}

void log_line(enum log_level level, const char *event, const char *fmt, ...)
{
    char msg[1536];
    struct buf b = BUF_INIT(16 * 1024);
    va_list ap;

    if (level < out_least)
        return;
    va_start(ap, fmt);
    vsnprintf(msg, sizeof(msg), fmt, ap);
    va_end(ap);
    add_line(&b, level, event, msg);
    if (!hand_over(buf_str(&b)))
        write_all(buf_str(&b));
    buf_release(&b);
}

/* ---- the writer ---- */

static void say_lost(struct buf *b, int64_t lost)
{
    char msg[80];

    if (lost == 0)
        return;
    snprintf(msg, sizeof(msg), "lines=%lld could not be written in time", (long long)lost);
    add_line(b, LOG_WARN, "log_lost", msg);
}

/* Waits for lines and takes all there are; false: nothing is left and it should end. */
static bool take_waiting(struct buf *out, int64_t *lost)
{
    bool some;

    pthread_mutex_lock(&writer.lock);
    while (writer.waiting.n == 0 && writer.lost == 0 && !writer.stopping)
        pthread_cond_wait(&writer.work, &writer.lock);
    some = writer.waiting.n > 0 || writer.lost > 0;
    *out = writer.waiting;
    *lost = writer.lost;
    writer.waiting = (struct buf)BUF_INIT(BUFFER_MAX);
    writer.lost = 0;
    if (!some) {
        writer.running = false;
        pthread_cond_broadcast(&writer.idle);
    }
    pthread_mutex_unlock(&writer.lock);
    return some;
}

static void *writer_main(void *arg)
{
    struct buf lines;
    int64_t lost;

    (void)arg;
    while (take_waiting(&lines, &lost)) {
        say_lost(&lines, lost);
        write_all(buf_str(&lines));
        buf_release(&lines);
    }
    buf_release(&lines);
    return NULL;
}

void log_writer_start(void)
{
    pthread_mutex_lock(&writer.lock);
    writer.stopping = false;
    if (!writer.running)
        writer.running = pthread_create(&writer.thread, NULL, writer_main, NULL) == 0;
    pthread_mutex_unlock(&writer.lock);
}

void log_writer_stop(int64_t patience_ms)
{
    struct timespec until;
    int rc = 0;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)(patience_ms / 1000);
    until.tv_nsec += (long)(patience_ms % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&writer.lock);
    if (!writer.running) {
        pthread_mutex_unlock(&writer.lock);
        return;
    }
    writer.stopping = true;
    pthread_cond_signal(&writer.work);
    while (writer.running && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&writer.idle, &writer.lock, &until);
    pthread_mutex_unlock(&writer.lock);
    if (rc == 0)
        pthread_join(writer.thread, NULL);
    else
        pthread_detach(writer.thread); /* it hangs in a write; the program is about to end */
}
