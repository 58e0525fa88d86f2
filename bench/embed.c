/* build/bench/embed [-t THREADS] [FILE]: how fast passages (the lines of FILE, or made-up ones of
 * 20 to 500 characters) are embedded, how long a query takes, how long a scan of 147,284 vectors
 * takes by each kind of instructions, and what all that needs in memory. */
#include "knowledge/embed.h"
#include "base/alloc.h"
#include "base/fs.h"
#include "base/world.h"
#include "knowledge/embed_scan.h"
#include "knowledge/embed_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PASSAGES = 4000, QUERIES = 200, VECTORS = 147284, SCANS = 20, TOP = 50 };

static double now_s(void)
{
    return (double)world_mono_us(world_real()) / 1e6;
}

static double resident_mb(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    if (f && fscanf(f, "%*d %ld", &pages) != 1)
        pages = 0;
    if (f)
        fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

static size_t made_up(struct arena *a, struct str *out)
{
    static const char *const parts[] = { "申请人应当向户籍所在地的区民政部门提出书面申请，",
                                         "并提交居民身份证、户口簿等有关材料。",
                                         "符合条件的，自受理之日起二十个工作日内作出决定；",
                                         "逾期不办理的，视为放弃。",
                                         "法律、行政法规另有规定的，",
                                         "从其规定。" };
    uint32_t r = 1;

    for (size_t i = 0; i < PASSAGES; i++) {
        struct buf b = BUF_INIT(1 << 16);
        size_t want = (r = r * 1664525 + 1013904223) >> 16;

        for (want = 60 + want % 900; b.n < want;)
            buf_addz(&b, parts[((r = r * 1664525 + 1013904223) >> 16) % 6]);
        out[i] = arena_buf(a, &b);
    }
    return PASSAGES;
}

static size_t read_lines(struct arena *a, const char *path, struct str *out)
{
    struct tb_err e = TB_ERR_INIT;
    struct str rest = STR_NONE;
    size_t n = 0;

    if (fs_read(a, path, 256 << 20, &rest, &e)) {
        fprintf(stderr, "%s\n", e.log);
        exit(1);
    }
    while (rest.p && n < PASSAGES) {
        struct str line = str_trim(str_cut(&rest, STR("\n")));

        if (line.n)
            out[n++] = line;
    }
    return n;
}

static void passages(struct embedder *m, const char *cache, const struct str *texts, size_t n)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct embedding *out = tb_alloc(n * sizeof(*out));
    struct embed_words *w = NULL;
    int32_t ids[EMBED_TOKENS];
    size_t tokens = 0;
    double begin, took;

    if (embed_words_open(fs_join(&a, cache, "models/bge-small-zh-v1.5-q/vocab.txt"), &w, &e))
        exit(1);
    begin = now_s();
    for (size_t i = 0; i < n; i++)
        tokens += embed_words_cut(w, STR_NONE, texts[i], ids, EMBED_TOKENS);
    printf("tokenizer   %.1f million tokens/s\n", (double)tokens / (now_s() - begin) / 1e6);
    begin = now_s();
    if (embed_run(m, texts, n, false, 0, out, &e)) {
        fprintf(stderr, "%s\n", e.log);
        exit(1);
    }
    took = now_s() - begin;
    printf("passages    %zu texts of %.0f tokens: %.0f tokens/s, %.0f texts/s\n", n,
           (double)tokens / (double)n, (double)tokens / took, (double)n / took);
    embed_words_close(w);
    arena_release(&a);
    tb_free(out);
}

static int later(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void queries(struct embedder *m, struct embedding *q)
{
    struct tb_err e = TB_ERR_INIT;
    struct str text = STR("我妈今年八十三了，户口在本市，能领高龄津贴吗，去哪里办");
    double took[QUERIES];

    for (int i = 0; i < QUERIES; i++) {
        double begin = now_s();

        if (embed_run(m, &text, 1, true, 0, q, &e))
            exit(1);
        took[i] = (now_s() - begin) * 1e3;
    }
    qsort(took, QUERIES, sizeof(took[0]), later);
    printf("query       p50 %.2f ms, p99 %.2f ms\n", took[QUERIES / 2], took[QUERIES * 99 / 100]);
}

static void scans(const struct embedding *q)
{
    static const char *const names[] = { "plain C", "AVX2", "AVX-512 VNNI" };
    int8_t *v = tb_alloc((size_t)VECTORS * EMBED_DIM);
    float *scales = tb_alloc(VECTORS * sizeof(*scales));
    struct embed_hit best[TOP];

    srand(1);
    for (size_t i = 0; i < (size_t)VECTORS * EMBED_DIM; i++)
        v[i] = (int8_t)(rand() % 255 - 127);
    for (size_t i = 0; i < VECTORS; i++)
        scales[i] = 0.001F;
    for (int cpu = 0; cpu <= (int)embed_cpu_best(); cpu++) {
        double begin = now_s();

        for (int i = 0; i < SCANS; i++)
            embed_scan_by((enum embed_cpu)cpu, q, v, scales, VECTORS, NULL, best, TOP);
        printf("scan        %d vectors, %s: %.2f ms\n", VECTORS, names[cpu],
               (now_s() - begin) * 1e3 / SCANS);
    }
    tb_free(v);
    tb_free(scales);
}

int main(int argc, char **argv)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    struct str *texts = ARENA_ARRAY(&a, struct str, PASSAGES);
    struct embedder *m = NULL;
    struct embedding q = { .scale = 0 };
    const char *cache = fs_cache_dir(&a);
    int threads = 2, opt;
    double begin = now_s();

    while ((opt = getopt(argc, argv, "t:")) == 't')
        threads = (int)strtol(optarg, NULL, 10);
    if (!embed_available(cache)) {
        puts("skipped: the embedding model has not been fetched");
        return 0;
    }
    if (embed_open(cache, threads, &m, &e)) {
        fprintf(stderr, "%s\n", e.log);
        return 1;
    }
    printf("open        %.0f ms, %.0f MB resident\n", (now_s() - begin) * 1e3, resident_mb());
    queries(m, &q);
    printf("memory      %.0f MB resident after queries\n", resident_mb());
    passages(m, cache, texts,
             optind < argc ? read_lines(&a, argv[optind], texts) : made_up(&a, texts));
    printf("memory      %.0f MB resident after passages\n", resident_mb());
    scans(&q);
    embed_close(m);
    arena_release(&a);
    return 0;
}
