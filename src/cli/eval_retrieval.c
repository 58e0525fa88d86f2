#include "cli/eval_retrieval.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/world.h"
#include "cli/eval_corpus.h"
#include "cli/eval_vectors.h"
#include "cli/progress.h"
#include "knowledge/authority.h"
#include "knowledge/memory.h"
#include "knowledge/quality.h"
#include "knowledge/ranker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    POOL = 300,
    DEPTH = QUALITY_DEPTH,
    FOLDS_MAX = 50,
    QUESTIONS_BYTES = 256 << 20,
    GOLD_MAX = 64
};

struct question {
    struct str text;
    uint32_t *gold; /* documents */
    size_t golds;
    struct query query;
    struct embedding vector;
    struct rank_list list;
    uint8_t *right;
    int64_t us;
    size_t place; /* of the first right one, DEPTH if below */
};
struct questions {
    struct question *v;
    size_t n;
};
struct options {
    const char *corpus, *questions, *learn, *exclude;
    int64_t folds;
    bool no_embedding;
};
struct place_key { /* file and article to documents */
    uint64_t key;
    uint32_t doc;
};
struct eval {
    struct cli *c;
    struct options o;
    struct corpus corpus;
    struct str bytes;
    struct index x;
    float *authority;
    struct place_key *places; /* by key */
    struct embedder *model;
    struct eval_vectors vectors;
    struct rank_source source;
    struct questions asked, learned;
    int64_t index_us;
};

static int64_t now_us(void)
{
    return world_mono_us(world_real());
}

/* -- the corpus -- */

static uint64_t place_of(struct str file, struct str article)
{
    return str_hash(file) * 31 + str_hash(article);
}

static int by_key(const void *a, const void *b)
{
    const struct place_key *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->doc > y->doc) - (x->doc < y->doc);
}

static enum tb_code build_index(struct eval *v, struct tb_err *e)
{
    struct index_builder *b = index_builder_new();
    const struct corpus *c = &v->corpus;
    const struct index *parts[] = { &v->x };
    int64_t start = now_us();

    v->places = tb_alloc(c->n * sizeof *v->places);
    for (size_t i = 0; i < c->n; i++) {
        const struct corpus_article *a = c->v + i;

        if (i == 0 || a->file.p != a[-1].file.p)
            index_builder_group(b, (int64_t)i, (int64_t)(str_hash(a->title) >> 1), 0, a->title);
        index_builder_add(b, (int64_t)i, a->heading, a->text);
        v->places[i] = (struct place_key){ place_of(a->file, a->article), (uint32_t)i };
    }
    if (index_builder_end(b, &v->bytes, e) || index_view(v->bytes, &v->x, e))
        return e->code;
    qsort(v->places, c->n, sizeof *v->places, by_key);
    v->authority = tb_zalloc((v->x.head->groups + 1) * sizeof *v->authority);
    authority_measure(parts, 1, &v->authority);
    v->index_us = now_us() - start;
    fprintf(stderr, "  索引：%u 条，%.1f MB，%.1f 秒\n", v->x.head->docs, (double)v->bytes.n / 1e6,
            (double)v->index_us / 1e6);
    return TB_OK;
}

static enum tb_code embed_corpus(struct eval *v, struct tb_err *e)
{
    const char *cache = fs_cache_dir(&v->c->mem);
    struct str *texts;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct tb_err why = TB_ERR_INIT;
    enum tb_code code;

    if (v->o.no_embedding)
        return TB_OK;
    if (!embed_available(cache) || embed_open(cache, cores < 1 ? 1 : (int)cores, &v->model, &why)) {
        fprintf(stderr, "  没有语义模型（运行 ./run 会下载），只按字词检索\n");
        return TB_OK;
    }
    texts = tb_alloc(v->corpus.n * sizeof *texts);
    for (size_t i = 0; i < v->corpus.n; i++)
        texts[i] = v->corpus.v[i].text;
    code = eval_vectors_make(v->c, v->model, cache, texts, v->corpus.n, &v->vectors, e);
    tb_free(texts);
    return code;
}

static enum tb_code prepare(struct eval *v, struct tb_err *e)
{
    if (corpus_read(v->o.corpus, v->o.exclude, &v->corpus, e) || build_index(v, e) ||
        embed_corpus(v, e))
        return e->code;
    v->source = (struct rank_source){
        .x = &v->x, .vectors = v->vectors.v, .scales = v->vectors.scale, .authority = v->authority
    };
    return TB_OK;
}

/* -- questions -- */

static size_t find_places(const struct eval *v, uint64_t key, uint32_t *out, size_t room)
{
    size_t lo = 0, hi = v->corpus.n, n = 0;

    while (lo < hi) {
        size_t mid = (lo + hi) / 2;

        if (v->places[mid].key < key)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < v->corpus.n && v->places[lo].key == key && n < room; lo++)
        out[n++] = v->places[lo].doc;
    return n;
}

static enum tb_code read_question(struct eval *v, struct str line, struct question *q,
                                  struct tb_err *e)
{
    struct arena *a = &v->c->mem;
    const struct json_value *j, *gold;

    if (json_read(a, line, &j, e))
        return e->code;
    gold = json_get(j, "gold");
    *q = (struct question){ .text = json_get_str(j, "question"),
                            .gold = arena_alloc(a, GOLD_MAX * sizeof *q->gold) };
    for (size_t i = 0; i < json_len(gold); i++) {
        const struct json_value *g = json_at(gold, i);
        struct str file = json_get_str(g, "file");

        if (str_starts(file, STR("./")))
            file = str_from(file, 2);
        q->golds += find_places(v, place_of(file, json_get_str(g, "article")), q->gold + q->golds,
                                GOLD_MAX - q->golds);
    }
    if (!q->text.n || !json_len(gold))
        return tb_fail(e, TB_INVALID, "每行应有 question 和 gold", "line=%.*s", STR_FMT(line));
    return TB_OK;
}

static enum tb_code read_questions(struct eval *v, const char *path, struct questions *out,
                                   struct tb_err *e)
{
    struct arena *a = &v->c->mem;
    struct str rest, line;
    size_t cap = 0;

    if (fs_read(a, path, QUESTIONS_BYTES, &rest, e))
        return e->code;
    while (rest.p) {
        line = str_trim(str_cut(&rest, STR("\n")));
        if (!line.n)
            continue;
        out->v = arena_grow(a, out->v, out->n, &cap, sizeof *out->v);
        if (read_question(v, line, out->v + out->n, e))
            return e->code;
        out->n++;
    }
    if (out->n == 0)
        return tb_fail(e, TB_INVALID, "问题文件是空的", "questions=%s", path);
    return TB_OK;
}

/* Candidates with features, the way the live search gets them. */
static enum tb_code look_up(struct eval *v, struct question *q, struct tb_err *e)
{
    const struct index *parts[] = { &v->x };
    struct rank_ask ask = {
        .query = &q->query, .mode = INDEX_ANY, .weights = &rank_weights_laws, .pool = POOL
    };
    int64_t start = now_us();

    query_make(&v->c->mem, q->text, parts, 1, &q->query);
    if (v->vectors.v) {
        if (embed_run(v->model, &q->text, 1, false, 0, &q->vector, e))
            return e->code;
        ask.vector = &q->vector;
    }
    q->list = rank_run(&v->c->mem, &v->source, 1, &ask);
    q->us = now_us() - start;
    q->right = arena_zalloc(&v->c->mem, q->list.n + 1);
    for (size_t i = 0; i < q->list.n; i++)
        for (size_t g = 0; g < q->golds; g++)
            q->right[i] |= q->list.v[i].doc == q->gold[g];
    return TB_OK;
}

static enum tb_code look_up_all(struct eval *v, struct questions *q, const char *label,
                                struct tb_err *e)
{
    struct progress bar;

    progress_begin(&bar, v->c, label);
    for (size_t i = 0; i < q->n; i++) {
        if (look_up(v, q->v + i, e))
            return e->code;
        progress_at(&bar, (int64_t)i + 1, (int64_t)q->n);
    }
    progress_end(&bar, "完成");
    return TB_OK;
}

/* -- learning -- */

static struct memory_question remembered(const struct eval *v, const struct question *q)
{
    return (struct memory_question){ .u = q->query.u, .vector = v->vectors.v ? &q->vector : NULL };
}

static void remember(const struct eval *v, struct memory *m, const struct question *q)
{
    struct rank_hit gold[GOLD_MAX] = { 0 };
    struct memory_question what = remembered(v, q);

    for (size_t i = 0; i < q->golds; i++) {
        gold[i].doc = q->gold[i];
        rank_place(&v->x, gold + i);
    }
    memory_add(m, &what, gold, q->golds);
}

struct taught {
    struct memory *memory;
    struct ranker *ranker;
};

/* from: the questions to learn from. Each is marked as though it were new. */
static struct taught teach(const struct eval *v, struct question **from, size_t n)
{
    struct taught t = { memory_new(), NULL };
    struct ranker_question *q = tb_alloc((n + 1) * sizeof *q);

    for (size_t i = 0; i < n; i++)
        remember(v, t.memory, from[i]);
    for (size_t i = 0; i < n; i++) {
        struct memory_question what = remembered(v, from[i]);

        memory_mark(t.memory, &what, i, &from[i]->list);
        q[i] = (struct ranker_question){ from[i]->list, from[i]->right };
    }
    t.ranker = ranker_fit(q, n);
    tb_free(q);
    return t;
}

static void forget(struct taught *t)
{
    memory_free(t->memory);
    ranker_free(t->ranker);
}

/* Where the first right one stands, of a copy of the candidates. */
static void answer(const struct eval *v, const struct taught *t, struct question *q)
{
    struct rank_list l = { tb_dup(q->list.v, q->list.n * sizeof *l.v), q->list.n };
    struct memory_question what = remembered(v, q);
    int64_t start = now_us();

    if (t) {
        memory_mark(t->memory, &what, SIZE_MAX, &l);
        ranker_apply(t->ranker, &l);
    }
    rank_one_version(&l, &v->source, DEPTH);
    q->us += now_us() - start;
    q->place = DEPTH;
    for (size_t i = 0; i < l.n && i < DEPTH && q->place == DEPTH; i++)
        for (size_t g = 0; g < q->golds; g++)
            if (l.v[i].doc == q->gold[g])
                q->place = i;
    tb_free(l.v);
}

static void run_folds(struct eval *v)
{
    size_t n = v->asked.n, folds = (size_t)v->o.folds;
    uint64_t dice = 1;
    uint8_t *fold = tb_alloc(n);
    struct question **from = tb_alloc(n * sizeof(struct question *));
    struct progress bar;

    for (size_t i = 0; i < n; i++) {
        dice = dice * 6364136223846793005U + 1442695040888963407U;
        fold[i] = (uint8_t)((dice >> 33) % folds);
    }
    progress_begin(&bar, v->c, "逐折学习和评测");
    for (size_t f = 0; f < folds; f++) {
        size_t m = 0;
        struct taught t;

        for (size_t i = 0; i < n; i++)
            if (fold[i] != f)
                from[m++] = v->asked.v + i;
        t = teach(v, from, m);
        for (size_t i = 0; i < n; i++)
            if (fold[i] == f)
                answer(v, &t, v->asked.v + i);
        forget(&t);
        progress_at(&bar, (int64_t)f + 1, (int64_t)folds);
    }
    progress_end(&bar, "完成");
    tb_free(from);
    tb_free(fold);
}

static void run_all(struct eval *v)
{
    struct taught t = { 0 };

    if (v->o.learn) {
        struct question **from = tb_alloc(v->learned.n * sizeof(struct question *));

        for (size_t i = 0; i < v->learned.n; i++)
            from[i] = v->learned.v + i;
        t = teach(v, from, v->learned.n);
        tb_free(from);
    }
    for (size_t i = 0; i < v->asked.n; i++)
        answer(v, v->o.learn ? &t : NULL, v->asked.v + i);
    forget(&t);
}

/* -- the command -- */

static void print_result(const struct eval *v)
{
    double us = 0, pool = 0, n = (double)v->asked.n;
    struct quality good = { 0 };
    struct buf b = BUF_INIT(4096);
    struct json j = JSON_INIT(&b);

    for (size_t i = 0; i < v->asked.n; i++) {
        const struct question *q = v->asked.v + i;
        bool any = false;

        quality_add(&good, q->place, 1 / n);
        us += (double)q->us;
        for (size_t k = 0; k < q->list.n; k++)
            any |= q->right[k] != 0;
        pool += any;
    }
    json_obj(&j);
    quality_json(&j, &good);
    json_kreal(&j, "ms_per_query", us / n / 1000.0);
    json_kreal(&j, "in_candidates", pool / n);
    json_kint(&j, "questions", (int64_t)v->asked.n);
    json_kint(&j, "articles", (int64_t)v->corpus.n);
    json_kreal(&j, "index_s", (double)v->index_us / 1e6);
    json_kbool(&j, "embedded", v->vectors.v != NULL);
    json_kint(&j, "learned_from", (int64_t)v->learned.n);
    json_kint(&j, "folds", v->o.folds);
    json_end(&j);
    printf("%s\n", b.p);
    buf_release(&b);
}

static enum tb_code read_options(struct eval *v, struct tb_err *e)
{
    struct cli *c = v->c;
    struct options *o = &v->o;
    const char *folds = cli_option(c, "--folds");

    o->corpus = cli_option(c, "--corpus");
    o->questions = cli_option(c, "--questions");
    o->learn = cli_option(c, "--learn");
    o->exclude = cli_option(c, "--exclude");
    o->no_embedding = cli_flag(c, "--no-embedding");
    if (cli_no_more_options(c, e))
        return e->code;
    if (!o->corpus || !o->questions)
        return tb_fail(e, TB_INVALID, "请写明 --corpus 和 --questions", "missing option");
    if (folds && (!str_i64(str_z(folds), &o->folds) || o->folds < 2 || o->folds > FOLDS_MAX))
        return tb_fail(e, TB_INVALID, "--folds 应为 2 到 50", "folds=%s", folds);
    if (folds && o->learn)
        return tb_fail(e, TB_INVALID, "--folds 和 --learn 不能同时用", "folds and learn");
    return TB_OK;
}

static enum tb_code work(struct eval *v, struct tb_err *e)
{
    if (read_options(v, e) || prepare(v, e) || read_questions(v, v->o.questions, &v->asked, e) ||
        (v->o.learn && read_questions(v, v->o.learn, &v->learned, e)) ||
        (v->o.learn && look_up_all(v, &v->learned, "检索学习用的问题", e)) ||
        look_up_all(v, &v->asked, "检索", e))
        return e->code;
    if (v->o.folds)
        run_folds(v);
    else
        run_all(v);
    print_result(v);
    return TB_OK;
}

enum tb_code eval_retrieval(struct cli *c, struct tb_err *e)
{
    struct eval *v = tb_zalloc(sizeof *v);
    enum tb_code code;

    v->c = c;
    code = work(v, e);
    embed_close(v->model);
    eval_vectors_release(&v->vectors);
    corpus_release(&v->corpus);
    tb_free((void *)(uintptr_t)v->bytes.p);
    tb_free(v->authority);
    tb_free(v->places);
    tb_free(v);
    return code;
}
