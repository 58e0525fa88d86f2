/* The guard on the gateway's way: how fast texts are masked and searched for forbidden words, whole
 * and as a stream of small deltas, and how many of them are refused. Each line of the files given
 * is one text: build/bench/guard [--words LIST] [--rules TABLE] [--together] FILE... Last line:
 * JSON.
 * --together: masking and words on each text as one work, and what a request of 2 kB takes. */
#include "base/fs.h"
#include "base/share.h"
#include "guard/forbid.h"
#include "guard/speech.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FILE_MAX = 1 << 30, DELTA = 12, SHOWN = 20 };

static struct arena mem;
static struct forbid *words;

static void must(enum tb_code c, const struct tb_err *e)
{
    if (c) {
        fprintf(stderr, "%s\n", e->log[0] ? e->log : e->say);
        exit(1);
    }
}

/* Processor time: what else runs on the machine is not the guard's. */
static int64_t spent_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static double rate(struct str all, int64_t began)
{
    return (double)all.n / (double)(spent_us() - began + 1);
}

/* Lines refused, each once. */
static size_t refused(struct str rest, enum forbid_way way, bool show)
{
    size_t n = 0;
    struct forbid_hit hit;

    while (rest.p) {
        struct str line = str_cut(&rest, STR("\n"));

        if (!forbid_find(words, way, line, &hit))
            continue;
        if (show && n < SHOWN)
            printf("# %.*s: …%.*s…\n", STR_FMT(str_sub(line, hit.from, hit.to - hit.from)),
                   STR_FMT(str_sub(line, hit.from > 60 ? hit.from - 60 : 0, hit.to + 60)));
        n++;
    }
    return n;
}

static double mask_rate(struct str rest)
{
    struct str all = rest;
    int64_t began = spent_us();

    while (rest.p) {
        struct arena a = ARENA_INIT;
        struct tb_err e = TB_ERR_INIT;
        struct mask m = { .n = 0 };
        struct str out, line = str_cut(&rest, STR("\n"));

        if (mask_more(&a, &m, line, &out, &e) && e.code != TB_TOO_LARGE)
            must(e.code, &e);
        arena_release(&a);
    }
    return rate(all, began);
}

static double out_rate(struct str rest, size_t step, size_t *held)
{
    struct str all = rest;
    struct speech s = { .mem = &mem, .forbid = words };
    struct buf out = BUF_INIT(1 << 20);
    int64_t began = spent_us();

    while (rest.p) {
        struct speech_lane l = { .at = 0 };
        struct str line = str_cut(&rest, STR("\n")), kind;
        struct tb_err e = TB_ERR_INIT;

        for (size_t at = 0; at < line.n && !e.code; at += step) {
            if (speech_out(&s, &l, str_sub(line, at, step), at + step >= line.n, false, &out, &kind,
                           &e) &&
                e.code != TB_FORBIDDEN)
                must(e.code, &e);
            *held = l.held.n > *held ? l.held.n : *held;
            buf_reset(&out);
        }
        speech_lane_release(&l);
    }
    buf_release(&out);
    return rate(all, began);
}

static void measure(const char *path)
{
    struct tb_err e = TB_ERR_INIT;
    struct str all;
    size_t held = 0, in, lines = 0;
    int64_t began;
    double mask, forbid, whole, small;

    must(fs_read(&mem, path, FILE_MAX, &all, &e), &e);
    for (size_t i = 0; i < all.n; i++)
        lines += all.p[i] == '\n';
    mask = mask_rate(all);
    began = spent_us();
    in = refused(all, FORBID_IN, false);
    forbid = rate(all, began);
    whole = out_rate(all, SIZE_MAX / 2, &held);
    small = out_rate(all, DELTA, &held);
    refused(all, FORBID_IN, true);
    printf("{\"file\":\"%s\",\"bytes\":%zu,\"texts\":%zu,\"refused\":%zu,\"refused_out\":%zu,"
           "\"mask_mb_s\":%.0f,\"forbid_mb_s\":%.0f,\"out_whole_mb_s\":%.0f,"
           "\"out_deltas_mb_s\":%.0f,\"held_max\":%zu}\n",
           path, all.n, lines, in, refused(all, FORBID_OUT, false), mask, forbid, whole, small,
           held);
}

/* ---- masking and words as one work ---- */

enum { ROUNDS = 5, REQUEST = 2048 };

struct totals {
    size_t values, refused;
};

/* Processor time of this thread. */
static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void guard_one(struct str text, struct totals *t)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct mask m = { .n = 0 };
    struct forbid_hit hit;
    struct str out;

    t->refused += forbid_find(words, FORBID_IN, text, &hit);
    must(mask_more(&a, &m, text, &out, &e), &e);
    t->values += m.n;
    arena_release(&a);
}

static double together_rate(struct str all, struct totals *t)
{
    double best = 1e9;

    for (int i = 0; i < ROUNDS; i++) {
        struct str rest = all;
        double began = now_s();

        *t = (struct totals){ 0, 0 };
        while (rest.p)
            guard_one(str_cut(&rest, STR("\n")), t);
        began = now_s() - began;
        best = began < best ? began : best;
    }
    return (double)all.n / best / 1e6;
}

static int by_time(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* All of the file as requests of 2 kB, each cut between two characters. */
static double *request_times(struct str all, size_t *n)
{
    double *times = ARENA_ARRAY(&mem, double, all.n / (REQUEST - 4) + 2);
    struct totals t = { 0, 0 };

    for (size_t at = 0, to; at < all.n; at = to) {
        double began;

        for (to = at + REQUEST; to < all.n && ((unsigned char)all.p[to] & 0xc0) == 0x80;)
            to--;
        to = to < all.n ? to : all.n;
        began = now_s();
        guard_one(str_sub(all, at, to - at), &t);
        times[(*n)++] = (now_s() - began) * 1e3;
    }
    qsort(times, *n, sizeof *times, by_time);
    return times;
}

static void measure_together(const char *path)
{
    struct tb_err e = TB_ERR_INIT;
    struct totals t;
    struct str all;
    size_t n = 0;
    double *times, rate_mb;

    must(fs_read(&mem, path, FILE_MAX, &all, &e), &e);
    rate_mb = together_rate(all, &t);
    times = request_times(all, &n);
    printf("{\"file\":\"%s\",\"bytes\":%zu,\"mb_s\":%.1f,\"values\":%zu,\"refused\":%zu,"
           "\"requests\":%zu,\"p50_ms\":%.4f,\"p99_ms\":%.4f}\n",
           path, all.n, rate_mb, t.values, t.refused, n, times[n / 2], times[n - 1 - n / 100]);
}

int main(int argc, char **argv)
{
    struct tb_err e = TB_ERR_INIT;
    int64_t began;
    const char *path = fs_join(&mem, share_dir(&mem), "rules/forbidden.yaml");
    struct forbid_list list = { .way = FORBID_IN | FORBID_OUT };
    struct str table;
    bool together = false;
    int i = 1;

    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++)
        if (strcmp(argv[i], "--together") == 0)
            together = true;
        else if (strcmp(argv[i], "--rules") == 0 && i + 1 < argc)
            path = argv[++i];
        else if (strcmp(argv[i], "--words") == 0 && i + 1 < argc)
            must(fs_read(&mem, argv[++i], FILE_MAX, &list.words, &e), &e);
    must(fs_read(&mem, path, FILE_MAX, &table, &e), &e);
    began = spent_us();
    must(forbid_make(table, path, &list, list.words.p != NULL, false, &words, &e), &e);
    printf("# %zu phrases in %" PRId64 " us\n", forbid_phrases(words), spent_us() - began);
    for (; i < argc; i++)
        if (together)
            measure_together(argv[i]);
        else
            measure(argv[i]);
    forbid_free(words);
    arena_release(&mem);
    return 0;
}
