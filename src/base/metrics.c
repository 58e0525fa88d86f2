#include "base/metrics.h"

#include "base/alloc.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { COUNTER, GAUGE, HISTOGRAM };
enum { SERIES_MAX = 4096, SLOTS = 8192, STEPS = METRIC_STEPS };

static const double steps[STEPS] = { 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                     0.5,   1,      2.5,   5,    10,    30,   60 };

struct metric {
    enum kind kind;
    char *name, *labels;
    double value;           /* of a histogram: the sum */
    uint64_t counts[STEPS]; /* of a histogram: within each step, not summed up */
    uint64_t count;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* over all below */
static struct metric *table[SLOTS];                      /* open addressing by name and labels */
static size_t used;
static uint64_t dropped;

static size_t slot_of(const char *name, const char *labels)
{
    size_t i = (size_t)(str_hash(str_z(name)) * 31 + str_hash(str_z(labels))) % SLOTS;

    while (table[i] && (strcmp(table[i]->name, name) != 0 || strcmp(table[i]->labels, labels) != 0))
        i = (i + 1) % SLOTS;
    return i;
}

static struct metric *find(enum kind kind, const char *name, const char *labels)
{
    size_t i = slot_of(name, labels);

    if (table[i])
        return table[i];
    if (used == SERIES_MAX) {
        dropped++;
        return NULL;
    }
    table[i] = tb_zalloc(sizeof(*table[i]));
    table[i]->kind = kind;
    table[i]->name = tb_dup(name, strlen(name) + 1);
    table[i]->labels = tb_dup(labels, strlen(labels) + 1);
    used++;
    return table[i];
}

static struct metric *get(enum kind kind, const char *name, const char *labels)
{
    struct metric *m;

    pthread_mutex_lock(&lock);
    m = find(kind, name, labels);
    pthread_mutex_unlock(&lock);
    return m;
}

struct metric *metric_counter(const char *name, const char *labels)
{
    return get(COUNTER, name, labels);
}

struct metric *metric_times(const char *name, const char *labels)
{
    return get(HISTOGRAM, name, labels);
}

void metrics_hold(void)
{
    pthread_mutex_lock(&lock);
}

void metrics_let_go(void)
{
    pthread_mutex_unlock(&lock);
}

void metric_more_held(struct metric *m, double v)
{
    if (m)
        m->value += v;
}

void metric_took_held(struct metric *m, double seconds)
{
    size_t i = 0;

    if (!m)
        return;
    while (i < STEPS && seconds > steps[i])
        i++;
    m->value += seconds;
    m->count++;
    if (i < STEPS)
        m->counts[i]++;
}

void metric_more(struct metric *m, double v)
{
    metrics_hold();
    metric_more_held(m, v);
    metrics_let_go();
}

void metric_took(struct metric *m, double seconds)
{
    metrics_hold();
    metric_took_held(m, seconds);
    metrics_let_go();
}

void metric_add(const char *name, const char *labels, double v)
{
    metric_more(metric_counter(name, labels), v);
}

void metric_set(const char *name, const char *labels, double v)
{
    struct metric *s;

    pthread_mutex_lock(&lock);
    s = find(GAUGE, name, labels);
    if (s)
        s->value = v;
    pthread_mutex_unlock(&lock);
}

void metric_seen(const char *name, const char *labels, double seconds)
{
    metric_took(metric_times(name, labels), seconds);
}

double metric_get(const char *name, const char *labels)
{
    struct metric *s;
    double v;

    pthread_mutex_lock(&lock);
    s = table[slot_of(name, labels)];
    v = s ? s->value : 0;
    pthread_mutex_unlock(&lock);
    return v;
}

static void sum_add(struct metric_sum *sum, const struct metric *s)
{
    uint64_t inside = 0;

    sum->value += s->value;
    sum->count += s->count;
    for (size_t i = 0; i < STEPS; i++) {
        sum->within[i] += s->counts[i];
        inside += s->counts[i];
    }
    sum->within[STEPS] += s->count - inside;
}

void metric_sum(const char *name, const char *part, struct metric_sum *out)
{
    *out = (struct metric_sum){ 0 };
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < SLOTS; i++)
        if (table[i] && strcmp(table[i]->name, name) == 0 && strstr(table[i]->labels, part))
            sum_add(out, table[i]);
    pthread_mutex_unlock(&lock);
}

double metric_share(const struct metric_sum *before, const struct metric_sum *after, double share)
{
    double wanted = share * (double)(after->count - before->count), passed = 0;

    if (after->count == before->count)
        return -1;
    for (size_t i = 0; i < STEPS; i++) {
        double low = i ? steps[i - 1] : 0, here = (double)(after->within[i] - before->within[i]);

        if (here > 0 && passed + here >= wanted)
            return low + (steps[i] - low) * (wanted - passed) / here;
        passed += here;
    }
    return steps[STEPS - 1];
}

static int by_name(const void *a, const void *b)
{
    const struct metric *x = *(struct metric *const *)a, *y = *(struct metric *const *)b;
    int d = strcmp(x->name, y->name);

    return d ? d : strcmp(x->labels, y->labels);
}

/* name{labels,more} */
static void add_name(struct buf *out, const struct metric *s, const char *ending, const char *more)
{
    if (strncmp(s->name, "tongban_", 8) != 0)
        buf_addz(out, "tongban_");
    buf_addz(out, s->name);
    buf_addz(out, ending);
    if (*s->labels || *more)
        buf_addf(out, "{%s%s%s}", s->labels, *s->labels && *more ? "," : "", more);
    buf_addc(out, ' ');
}

static void add_histogram(struct buf *out, const struct metric *s)
{
    uint64_t sum = 0;
    char le[32];

    for (size_t i = 0; i < STEPS; i++) {
        sum += s->counts[i];
        snprintf(le, sizeof(le), "le=\"%g\"", steps[i]);
        add_name(out, s, "_bucket", le);
        buf_addf(out, "%llu\n", (unsigned long long)sum);
    }
    add_name(out, s, "_bucket", "le=\"+Inf\"");
    buf_addf(out, "%llu\n", (unsigned long long)s->count);
    add_name(out, s, "_sum", "");
    buf_addf(out, "%.9g\n", s->value);
    add_name(out, s, "_count", "");
    buf_addf(out, "%llu\n", (unsigned long long)s->count);
}

static void add_series(struct buf *out, const struct metric *s, const char *before)
{
    static const char *const kinds[] = { "counter", "gauge", "histogram" };

    if (!before || strcmp(before, s->name) != 0)
        buf_addf(out, "# TYPE %s%s %s\n", strncmp(s->name, "tongban_", 8) == 0 ? "" : "tongban_",
                 s->name, kinds[s->kind]);
    if (s->kind == HISTOGRAM) {
        add_histogram(out, s);
        return;
    }
    add_name(out, s, "", "");
    buf_addf(out, "%.17g\n", s->value);
}

void metrics_text(struct buf *out)
{
    struct metric **all = tb_alloc(SERIES_MAX * sizeof(struct metric *));
    size_t n = 0;

    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < SLOTS; i++)
        if (table[i])
            all[n++] = table[i];
    qsort(all, n, sizeof(struct metric *), by_name);
    for (size_t i = 0; i < n; i++)
        add_series(out, all[i], i ? all[i - 1]->name : NULL);
    buf_addf(out,
             "# TYPE tongban_metrics_dropped_total counter\n"
             "tongban_metrics_dropped_total %llu\n",
             (unsigned long long)dropped);
    pthread_mutex_unlock(&lock);
    tb_free(all);
}
