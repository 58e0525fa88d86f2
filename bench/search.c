/* How fast search is on a whole country's laws: index, snapshot, ranking by words, ranking by words
 * and vectors. Run by bench/search.py, which sets tantivy and SQLite FTS5 beside it; alone:
 *   build/bench/search CORPUS QUESTIONS.jsonl [--dump FILE] [--times FILE]
 * --dump writes one line of blank-separated pairs per article, --times one line per question. */
#include "base/alloc.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/world.h"
#include "cli/eval_corpus.h"
#include "knowledge/authority.h"
#include "knowledge/rank.h"
#include "knowledge/search_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TOP = 50, POOL = 200, QUESTIONS_MAX = 20000 };

struct bench {
    struct corpus corpus;
    struct arena mem;
    struct str bytes;
    struct index x;
    struct str q[QUESTIONS_MAX];
    double ms[QUESTIONS_MAX];
    size_t n;
    struct embedder *model;
    struct rank_source source;
    uint64_t found;
};

static double now_ms(void)
{
    return (double)world_mono_us(world_real()) / 1000.0;
}

static void die(const struct tb_err *e)
{
    fprintf(stderr, "bench/search: %s | %s\n", e->say, e->log);
    exit(1);
}

static double rss_mb(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    long size = 0, rss = 0;

    if (f && fscanf(f, "%ld %ld", &size, &rss) != 2)
        rss = 0;
    if (f)
        fclose(f);
    return (double)rss * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void report(struct bench *b, const char *what)
{
    double *v = tb_dup(b->ms, b->n * sizeof *v);

    qsort(v, b->n, sizeof *v, by_value);
    printf("{\"what\":\"%s\",\"p50_ms\":%.3f,\"p95_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}\n",
           what, v[b->n / 2], v[b->n * 95 / 100], v[b->n * 99 / 100], v[b->n - 1]);
    tb_free(v);
}

static void read_questions(struct bench *b, const char *path)
{
    struct tb_err e = TB_ERR_INIT;
    struct str rest, line;
    const struct json_value *j;

    if (fs_read(&b->mem, path, 256 << 20, &rest, &e))
        die(&e);
    while (rest.p && b->n < QUESTIONS_MAX) {
        line = str_trim(str_cut(&rest, STR("\n")));
        if (!line.n)
            continue;
        if (json_read(&b->mem, line, &j, &e))
            die(&e);
        b->q[b->n++] = json_get_str(j, "question");
    }
}

static void build(struct bench *b)
{
    struct tb_err e = TB_ERR_INIT;
    double start = now_ms();
    struct index_builder *to = index_builder_new();

    for (size_t i = 0; i < b->corpus.n; i++) {
        const struct corpus_article *a = b->corpus.v + i;

        if (i == 0 || a->file.p != a[-1].file.p)
            index_builder_group(to, (int64_t)i, (int64_t)(str_hash(a->title) >> 1), 0, a->title);
        index_builder_add(to, (int64_t)i, a->heading, a->text);
    }
    if (index_builder_end(to, &b->bytes, &e) || index_view(b->bytes, &b->x, &e))
        die(&e);
    printf("{\"what\":\"index\",\"s\":%.2f,\"articles\":%u,\"terms\":%u,\"mb\":%.1f}\n",
           (now_ms() - start) / 1000, b->x.head->docs, b->x.head->terms, (double)b->bytes.n / 1e6);
}

static void snapshot(struct bench *b)
{
    struct tb_err e = TB_ERR_INIT;
    char path[] = "/tmp/tongban-bench-XXXXXX";
    int fd = mkstemp(path);
    double start = now_ms(), written;
    struct search_part *p;

    if (fd < 0 || snapshot_write(path, &b->x, &e))
        die(&e);
    close(fd);
    written = now_ms();
    p = snapshot_open(path);
    printf("{\"what\":\"snapshot\",\"write_ms\":%.1f,\"open_ms\":%.3f,\"whole\":%s}\n",
           written - start, now_ms() - written, p ? "true" : "false");
    part_drop(p);
    unlink(path);
}

/* The plain comparison: the pairs of the question, the best 50. */
static void pairs_only(struct bench *b)
{
    const struct index *parts[] = { &b->x };
    struct index_filter f = { 0 };

    for (size_t i = 0; i < b->n; i++) {
        struct arena a = ARENA_INIT;
        struct index_hit best[TOP];
        struct index_top top = { .v = best, .k = TOP };
        double start = now_ms();
        struct query q;

        query_make(&a, b->q[i], parts, 1, &q);
        index_search(&b->x, 0, q.want, q.n, &f, &top);
        index_top_sort(&top);
        b->found += top.n;
        b->ms[i] = now_ms() - start;
        arena_release(&a);
    }
    report(b, "words, best 50");
}

static void ranked(struct bench *b, bool vectors, const char *what)
{
    const struct index *parts[] = { &b->x };
    struct tb_err e = TB_ERR_INIT;

    for (size_t i = 0; i < b->n; i++) {
        struct arena a = ARENA_INIT;
        struct query q;
        struct embedding v;
        struct rank_ask ask = {
            .query = &q, .mode = INDEX_ANY, .weights = &rank_weights_laws, .pool = POOL
        };
        double start = now_ms();

        query_make(&a, b->q[i], parts, 1, &q);
        if (vectors) {
            if (embed_run(b->model, b->q + i, 1, false, 0, &v, &e))
                die(&e);
            ask.vector = &v;
        }
        b->found += rank_run(&a, &b->source, 1, &ask).n;
        b->ms[i] = now_ms() - start;
        arena_release(&a);
    }
    report(b, what);
}

/* Vectors of the right number and size; what is in them does not change the time of a scan. */
static void with_vectors(struct bench *b)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    const char *cache = fs_cache_dir(&a);
    size_t n = b->x.head->docs;
    uint64_t dice = 1;

    if (!embed_available(cache)) {
        printf("{\"what\":\"words and vectors\",\"skipped\":\"no embedding model\"}\n");
    } else if (embed_open(cache, 2, &b->model, &e)) {
        die(&e);
    } else {
        int8_t *v = tb_alloc(n * EMBED_DIM);
        float *scale = tb_alloc(n * sizeof *scale);

        for (size_t i = 0; i < n * EMBED_DIM; i++) {
            dice = dice * 6364136223846793005U + 1442695040888963407U;
            v[i] = (int8_t)((int)(dice >> 56) % 128);
        }
        for (size_t i = 0; i < n; i++)
            scale[i] = 0.0007F;
        b->source.vectors = v;
        b->source.scales = scale;
        ranked(b, true, "words and vectors, ranked");
        tb_free(v);
        tb_free(scale);
    }
    arena_release(&a);
}

static void dump(const struct bench *b, const char *path)
{
    FILE *f = fopen(path, "w");

    for (size_t i = 0; f && i < b->corpus.n; i++) {
        const struct corpus_article *a = b->corpus.v + i;
        struct str s[] = { a->title, a->heading, a->text };

        for (int k = 0; k < 3; k++)
            for (size_t c = 0; c < s[k].n; c++)
                fputc(s[k].p[c] == '\n' ? ' ' : s[k].p[c], f);
        fputc('\n', f);
    }
    if (f)
        fclose(f);
}

int main(int argc, char **argv)
{
    struct bench *b = tb_zalloc(sizeof *b);
    struct tb_err e = TB_ERR_INIT;
    const struct index *parts[] = { &b->x };
    float *authority;

    if (argc < 3 || !fs_exists(argv[1]) || !fs_exists(argv[2])) {
        printf("skipped: no shared data\n");
        return 0;
    }
    if (corpus_read(argv[1], NULL, &b->corpus, &e))
        die(&e);
    if (argc == 5 && strcmp(argv[3], "--dump") == 0)
        dump(b, argv[4]);
    read_questions(b, argv[2]);
    build(b);
    authority = tb_zalloc((b->x.head->groups + 1) * sizeof *authority);
    authority_measure(parts, 1, &authority);
    b->source = (struct rank_source){ .x = &b->x, .authority = authority };
    snapshot(b);
    pairs_only(b); /* once to warm up */
    pairs_only(b);
    ranked(b, false, "words, ranked by features");
    corpus_release(&b->corpus);
    with_vectors(b);
    printf("{\"what\":\"memory\",\"rss_mb\":%.0f}\n", rss_mb());
    return 0;
}
