#include "guard/inject.h"
#include "guard/inject_int.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/utf8.h"

#include <math.h>
#include <string.h>

enum {
    TABLE_BYTES = 4 << 20,
    EXPAND_EXAMPLE = 16,
    PAIRS_OF = 3,
    PIECES = 32,
    WORDS_SHOWN = 120,
    WINDOW_USUAL = 60
};

/* -- the tables -- */

struct teaching {
    struct arena *mem;
    struct inject_example *v;
    size_t n, cap, most; /* ways to read one sentence */
    bool attack;
};

static enum tb_code teach(void *self, struct str s, struct tb_err *e)
{
    struct teaching *t = self;

    (void)e;
    t->v = arena_grow(t->mem, t->v, t->n, &t->cap, sizeof(*t->v));
    t->v[t->n++] = (struct inject_example){ s, t->attack };
    return TB_OK;
}

static enum tb_code read_list(struct teaching *t, const struct yaml *root, const char *key,
                              struct tb_err *e)
{
    const struct yaml *list = yaml_get(root, key);

    t->attack = strcmp(key, "attacks") == 0;
    if (!list || list->kind != YAML_LIST || list->n < 2)
        return yaml_fail(root, "要有 attacks 和 harmless 各一列例句，每列至少两句", e);
    for (size_t i = 0; i < list->n; i++) {
        const struct yaml *item = list->items[i];

        if (item->kind != YAML_SCALAR || item->text.n == 0)
            return yaml_fail(item, "这里要写一句话", e);
        if (inject_expand(t->mem, item, item->text, t->most, teach, t, e))
            return e->code;
    }
    return TB_OK;
}

/* People say several things at once: two harmless things together are harmless. */
static void teach_pairs(struct teaching *t)
{
    size_t n = t->n, attacks = 0, harmless;

    while (attacks < n && t->v[attacks].attack)
        attacks++;
    harmless = n - attacks;
    for (size_t i = 0; i < n / PAIRS_OF; i++) {
        struct str one = t->v[attacks + i * 7919 % harmless].text;
        struct str other = t->v[attacks + i * 104729 % harmless].text;

        t->v = arena_grow(t->mem, t->v, t->n, &t->cap, sizeof(*t->v));
        t->v[t->n++] = (struct inject_example){
            arena_printf(t->mem, "%.*s。%.*s", STR_FMT(one), STR_FMT(other)), false
        };
    }
}

static enum tb_code read_sentences(struct teaching *t, struct str examples, const char *file,
                                   struct tb_err *e)
{
    struct yaml *root;
    int64_t version = 0;

    if (yaml_read(t->mem, examples, file, &root, e))
        return e->code;
    if (!yaml_int(root, "version", &version) || version != 1)
        return yaml_fail(root, "开头要写 version: 1", e);
    if (read_list(t, root, "attacks", e) || read_list(t, root, "harmless", e))
        return e->code;
    return TB_OK;
}

static enum tb_code read_examples(struct inject *x, struct arena *a, struct str examples,
                                  const char *file, struct tb_err *e)
{
    struct teaching t = { .mem = a, .most = EXPAND_EXAMPLE };

    if (read_sentences(&t, examples, file, e))
        return e->code;
    teach_pairs(&t);
    inject_train(x, t.v, t.n);
    return TB_OK;
}

enum tb_code inject_examples(struct arena *a, struct str examples, const char *file, size_t most,
                             struct inject_example **out, size_t *n, struct tb_err *e)
{
    struct teaching t = { .mem = a, .most = most };
    enum tb_code c = read_sentences(&t, examples, file, e);

    *out = t.v;
    *n = t.n;
    return c;
}

/* Of both texts, and of how they are learnt from: another program may learn otherwise. */
static void digest_of(struct str table, struct str examples, char out[SM3_HEX])
{
    struct sm3 s;

    sm3_begin(&s);
    sm3_add(&s, STR("tongban " TB_VERSION " inject 2\n"));
    sm3_add(&s, table);
    sm3_add(&s, STR("\n--\n"));
    sm3_add(&s, examples);
    sm3_end_hex(&s, out);
}

static enum tb_code learn(struct inject *x, struct arena *a, struct str table, struct str examples,
                          const char *examples_file, const char *learnt, struct tb_err *e)
{
    char digest[SM3_HEX];

    digest_of(table, examples, digest);
    if (learnt && inject_recall(x, learnt, digest))
        return TB_OK;
    if (read_examples(x, a, examples, examples_file, e))
        return e->code;
    if (learnt)
        inject_remember(x, learnt, digest);
    return TB_OK;
}

enum tb_code inject_read(struct str table, const char *table_file, struct str examples,
                         const char *examples_file, const char *learnt, struct inject **out,
                         struct tb_err *e)
{
    struct inject *x = tb_zalloc(sizeof(*x));
    struct arena a = ARENA_INIT;
    struct yaml *root;
    enum tb_code c = yaml_read(&a, table, table_file, &root, e);

    if (!c)
        c = inject_rows(x, root, e);
    if (!c)
        c = learn(x, &a, table, examples, examples_file, learnt, e);
    arena_release(&a);
    if (c) {
        inject_free(x);
        x = NULL;
    }
    *out = x;
    return c;
}

static enum tb_code load_meaning(struct inject *x, const char *path, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct str text;
    enum tb_code c = fs_read(&a, path, TABLE_BYTES, &text, e);

    if (!c)
        c = inject_line_read(x, text, path, e);
    arena_release(&a);
    return c;
}

enum tb_code inject_load(const struct inject_files *f, struct inject **out, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct str rows, sentences;
    enum tb_code c = fs_read(&a, f->table, TABLE_BYTES, &rows, e);

    *out = NULL;
    if (!c)
        c = fs_read(&a, f->examples, TABLE_BYTES, &sentences, e);
    if (!c)
        c = inject_read(rows, f->table, sentences, f->examples, f->learnt, out, e);
    arena_release(&a);
    if (!c && f->meaning)
        c = load_meaning(*out, f->meaning, e);
    if (c) {
        inject_free(*out);
        *out = NULL;
    }
    return c;
}

void inject_free(struct inject *x)
{
    if (!x)
        return;
    arena_release(&x->mem);
    tb_free(x);
}

size_t inject_kinds(const struct inject *x)
{
    return x->kind_n;
}

size_t inject_taught(const struct inject *x)
{
    return x->taught;
}

const char *inject_way_title(enum inject_way w)
{
    static const char *const titles[INJECT_WAYS] = {
        "照原文",       "用拼音或同音字写的", "倒着写的",
        "换了字母写的", "编码后写的",         "用看不见的字写的",
    };

    return titles[w];
}

/* -- judging -- */

struct judging {
    const struct inject *x;
    struct arena *mem;
    struct inject_verdict *out;
    struct inject_doubts doubts;
    const struct inject_meaning *meaning; /* NULL: none */
    int meant;                            /* stretches whose meaning was asked for */
    bool doubted;                         /* by a pattern, where the classifier then found it */
    size_t windows;                       /* about as many as the whole text has */
    size_t budget;                        /* bytes that may still be decoded */
    int pieces;
};

static void found(struct judging *j, const struct inject_reading *r, uint32_t from, uint32_t to,
                  const struct inject_pattern *p)
{
    struct inject_verdict *o = j->out;
    uint32_t last = to > from ? to - 1 : from;
    uint32_t a = from < r->n ? r->at[from] : (uint32_t)r->text.n;
    uint32_t b = last < r->n ? r->at[last] : (uint32_t)r->text.n;
    size_t end = a > b ? a : b;

    if (end < r->text.n)
        utf8_next(r->text, &end);
    o->attack = true;
    o->way = r->way;
    o->from = a < b ? a : b;
    o->to = end;
    o->words = utf8_head(str_sub(r->text, o->from, o->to - o->from), WORDS_SHOWN);
    if (p) {
        o->kind = j->x->kinds[p->kind];
        o->why = p->why;
    }
}

/* The first pattern that is not sure and stands in this stretch. */
static const struct inject_pattern *doubt_in(const struct inject_doubts *d, size_t from, size_t to)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->v[i].from < to && d->v[i].to > from)
            return d->v[i].pattern;
    return NULL;
}

/* Many looks find much: the odds asked for grow with the number of windows looked at. */
static double stricter(double least, size_t windows)
{
    double odds = least / (1 - least + 1e-9) * (double)windows;

    return odds / (1 + odds);
}

static double odds(double p)
{
    return log((p + 1e-9) / (1 - p + 1e-9));
}

/* Whether words, and meaning where they leave it unsure, put a stretch beyond the line. */
static bool beyond_line(struct judging *j, const struct inject_reading *r, size_t from, size_t to,
                        double score, double least)
{
    size_t begin = r->at[from], end = to < r->n ? r->at[to] : r->text.n;
    double beyond, meant;

    if (!j->meaning || j->meant == INJECT_MEANINGS)
        return score >= least;
    beyond = odds(score) - odds(least);
    if (beyond < -j->x->unsure || beyond > j->x->unsure)
        return score >= least;
    j->meant++;
    if (!inject_means(j->x, j->meaning, str_sub(r->text, begin, end - begin), &meant))
        return score >= least;
    return beyond + j->x->meaning * meant >= 0;
}

/* What the classifier must be sure of, here. */
static double least_for(const struct judging *j, const struct inject_hits *h, size_t from,
                        size_t to, const struct inject_pattern *doubt)
{
    const struct inject *x = j->x;
    bool cue = false;

    for (size_t i = 0; i < h->n && !cue; i++)
        cue = x->cue[h->v[i].group] && h->v[i].from >= from && h->v[i].from < to;
    if (!doubt && !cue) /* one strange sentence in a long letter is more often just that */
        return stricter(x->least_bare, j->windows * j->windows);
    return stricter(doubt ? x->least_doubted : x->least, j->windows);
}

/* One stretch the classifier may say something about. */
static void weigh(struct judging *j, const struct inject_hits *h, size_t from, size_t to)
{
    const struct inject_pattern *doubt = doubt_in(&j->doubts, from, to);
    double least, score;

    if (j->out->attack)
        return;
    least = least_for(j, h, from, to, doubt);
    score = inject_score(j->x, j->mem, h->r, h, from, to);
    if (score > j->out->score)
        j->out->score = score;
    if (!beyond_line(j, h->r, from, to, score, least))
        return;
    j->doubted = doubt != NULL;
    found(j, h->r, (uint32_t)from, (uint32_t)to, doubt);
    if (!doubt) {
        j->out->kind = STR("suspicious");
        j->out->why = STR("这段话的写法像是在指挥助手，而不是在问事情");
    }
}

/* Whole when it is short; else sentence by sentence, short ones together. */
static void weigh_windows(struct judging *j, const struct inject_hits *h, size_t from, size_t to)
{
    const struct inject_reading *r = h->r;
    size_t begin = from;

    j->windows = 1 + r->n / WINDOW_USUAL;
    if (to - from <= INJECT_WINDOW)
        weigh(j, h, from, to);
    for (size_t i = from; i < to; i++)
        if (i + 1 == to || ((r->edge[i + 1] & EDGE_SENTENCE) && i + 1 - begin >= 12) ||
            i + 1 - begin >= INJECT_WINDOW) {
            if (begin > from || i + 1 < to || to - from > INJECT_WINDOW) /* else it was the whole */
                weigh(j, h, begin, i + 1);
            begin = i + 1;
        }
}

static bool judge_piece(struct judging *j, const struct inject_reading *r, size_t from, size_t to)
{
    struct inject_match sure = { NULL, 0, 0 };
    struct inject_hits h;

    j->doubts.n = 0;
    inject_find(j->x, j->mem, r, from, to, &h);
    if (inject_match(j->x, &h, &sure, &j->doubts)) {
        found(j, r, sure.from, sure.to, sure.pattern);
        j->out->sure = true;
        return true;
    }
    if (r->way == INJECT_PLAIN)
        weigh_windows(j, &h, from, to);
    return j->out->attack;
}

static bool judge_reading(struct judging *j, const struct inject_reading *r)
{
    for (size_t from = 0; from < r->n; from += INJECT_PIECE - INJECT_OVERLAP) {
        size_t to = from + INJECT_PIECE < r->n ? from + INJECT_PIECE : r->n;

        if (judge_piece(j, r, from, to))
            return true;
        if (to == r->n)
            break;
    }
    return false;
}

static bool judge_text(struct judging *j, struct str text, int depth);

/* What a piece of the text turns out to be; where it stands is where the piece stands. */
static bool judge_decoded(struct judging *j, struct str text, size_t from, size_t to,
                          enum inject_way way, int depth)
{
    if (text.n == 0 || text.n > j->budget || j->pieces++ >= PIECES)
        return false;
    j->budget -= text.n;
    if (!judge_text(j, text, depth + 1))
        return false;
    j->out->from = from;
    j->out->to = to;
    j->out->way = way;
    return true;
}

static bool judge_encoded(struct judging *j, const struct inject_view *v, int depth)
{
    struct str text = v->plain.text, plain;
    struct inject_piece p;

    if (v->hidden.n && judge_decoded(j, v->hidden, 0, text.n, INJECT_HIDDEN, depth))
        return true;
    if (v->escapes && inject_unescape(j->mem, text, &plain) &&
        judge_decoded(j, plain, 0, text.n, INJECT_DECODED_TEXT, depth))
        return true;
    for (size_t at = 0; inject_decode_next(j->mem, text, &at, &p);)
        if (judge_decoded(j, p.text, p.from, p.to, INJECT_DECODED_TEXT, depth))
            return true;
    return false;
}

static bool judge_other_ways(struct judging *j, const struct inject_view *v, int depth)
{
    if (judge_reading(j, &v->sound) || judge_reading(j, &v->reversed) ||
        judge_reading(j, &v->rotated))
        return true;
    return depth < INJECT_DEPTH && judge_encoded(j, v, depth);
}

/* What only the classifier finds suspicious is read on: the table may know what is hidden in it. */
static bool judge_text(struct judging *j, struct str text, int depth)
{
    struct inject_verdict first;
    struct inject_view v;
    bool doubted, plain;

    inject_view_read(j->mem, text, &v);
    plain = judge_reading(j, &v.plain);
    if (plain && j->out->sure)
        return true;
    first = *j->out;
    doubted = j->doubted;
    j->out->attack = false;
    if (judge_other_ways(j, &v, depth) && (!plain || j->out->sure))
        return true;
    *j->out = first;
    j->doubted = doubted;
    return plain;
}

void inject_judge_meaning(const struct inject *x, const struct inject_meaning *m, struct arena *a,
                          struct str text, struct inject_verdict *out)
{
    struct arena scratch = ARENA_INIT;
    struct judging j = { .x = x, .mem = &scratch, .out = out, .meaning = m };

    j.budget = text.n > INJECT_DECODED / 2 ? text.n * 2 : INJECT_DECODED;
    *out = (struct inject_verdict){ .kind = STR(""), .why = STR(""), .words = STR("") };
    if (text.n && text.n < UINT32_MAX / 2 && judge_text(&j, text, 0))
        out->words = arena_str(a, out->words);
    out->certain = out->sure || (out->attack && j.doubted && out->score >= x->least_certain);
    arena_release(&scratch);
}

void inject_judge(const struct inject *x, struct arena *a, struct str text,
                  struct inject_verdict *out)
{
    inject_judge_meaning(x, NULL, a, text, out);
}

struct str inject_trace(struct arena *a, const struct inject_verdict *v)
{
    static const char *const ways[INJECT_WAYS] = { "plain",   "sound",   "reversed",
                                                   "rotated", "decoded", "hidden" };

    return arena_printf(a, "injection=%.*s by=%s way=%s chars=%zu", STR_FMT(v->kind),
                        v->sure ? "table" : "classifier", ways[v->way], utf8_count(v->words));
}
