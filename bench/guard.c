/* The guard on the gateway's way: how fast texts are masked and searched for forbidden words, whole
 * and as a stream of small deltas, and how many of them are refused. Each line of the files given
 * is one text: build/bench/guard [--words LIST] FILE... Last line: JSON. */
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

int main(int argc, char **argv)
{
    struct tb_err e = TB_ERR_INIT;
    int64_t began;
    char *path = fs_join(&mem, share_dir(&mem), "rules/forbidden.yaml");
    struct forbid_list list = { .way = FORBID_IN | FORBID_OUT };
    struct str table;
    bool more = argc > 2 && strcmp(argv[1], "--words") == 0;

    must(fs_read(&mem, path, FILE_MAX, &table, &e), &e);
    if (more)
        must(fs_read(&mem, argv[2], FILE_MAX, &list.words, &e), &e);
    began = spent_us();
    must(forbid_make(table, path, &list, more, false, &words, &e), &e);
    printf("# %zu phrases in %" PRId64 " us\n", forbid_phrases(words), spent_us() - began);
    for (int i = more ? 3 : 1; i < argc; i++)
        measure(argv[i]);
    forbid_free(words);
    arena_release(&mem);
    return 0;
}
