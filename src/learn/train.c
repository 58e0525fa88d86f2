#include "learn/train_int.h"

#include "base/alloc.h"
#include "crypto/sm3.h"

#include <string.h>

enum { MANY_EXAMPLES = 20000, HELD_OF_MANY = 20 };

static enum tb_code check(const struct learn_example *v, size_t n, const struct str *labels,
                          size_t label_n, struct tb_err *e)
{
    size_t labelled = 0;

    if (label_n < 2 || label_n > LEARN_LABELS)
        return tb_fail(e, TB_INVALID, "训练至少要有两种标签", "labels=%zu", label_n);
    for (size_t i = 0; i < label_n; i++) {
        if (!labels[i].n || memchr(labels[i].p, 0, labels[i].n))
            return tb_fail(e, TB_INVALID, "标签不能是空的", "label %zu", i);
        for (size_t k = 0; k < i; k++)
            if (str_eq(labels[i], labels[k]))
                return tb_fail(e, TB_INVALID, "标签重复了", "label %zu twice", i);
    }
    for (size_t i = 0; i < n; i++) {
        if (v[i].label == LEARN_UNLABELLED)
            continue;
        if (v[i].label >= label_n || !(v[i].weight > 0))
            return tb_fail(e, TB_INVALID, "训练数据里有未知的标签", "example %zu", i);
        labelled++;
    }
    return labelled ? TB_OK
                    : tb_fail(e, TB_INVALID, "训练数据里没有一条有标签的消息", "no examples");
}

/* Each label's messages are dealt out in turn, so that every fold has its share of each. */
static int deal(const struct learn_fit *f, uint8_t *fold)
{
    bool many = f->n > MANY_EXAMPLES;
    unsigned folds = many ? HELD_OF_MANY : f->o->folds;
    uint32_t *next = tb_zalloc(f->labels * sizeof(*next));
    size_t held = 0;

    for (size_t i = 0; i < f->n; i++) {
        uint32_t k = f->v[i].label;

        fold[i] = LEARN_NOT_HELD;
        if (k == LEARN_UNLABELLED || f->v[i].prior || folds < 2)
            continue;
        fold[i] = (uint8_t)((f->v[i].group ? f->v[i].group : next[k]++ + k) % folds);
        if (many && fold[i])
            fold[i] = LEARN_NOT_HELD;
        held += fold[i] != LEARN_NOT_HELD;
    }
    tb_free(next);
    return !held ? 0 : many ? 1 : (int)folds;
}

static void score_fold(const struct learn_fit *f, const uint8_t *fold, int k, const float *weights,
                       float *z)
{
    for (size_t i = 0; i < f->n; i++) {
        struct arena a = ARENA_INIT;
        struct learn_vector x;

        if (fold[i] != k)
            continue;
        x = learn_fit_vector(f, i, &a);
        learn_scores(weights, f->labels, &x, z + i * f->labels);
        arena_release(&a);
    }
}

struct made {
    double sharpness, certain;
};

/* weights hold the model of all examples at the end; of very many, that of all but the held out. */
static struct made fit_and_calibrate(const struct learn_fit *f, float *weights,
                                     struct learn_held *held)
{
    uint8_t *fold = tb_alloc(f->n + 1);
    float *z = tb_zalloc((f->n * f->labels + 1) * sizeof(*z));
    int folds = deal(f, fold);

    struct made m = { LEARN_SHARPNESS, 1.01 };

    for (int k = 0; k < folds; k++) {
        learn_fit_run(f, fold, k, weights);
        score_fold(f, fold, k, weights, z);
    }
    if (folds) {
        m.sharpness = learn_sharpness(f, fold, z);
        m.certain = learn_hold(f, fold, z, m.sharpness, held);
    } else if (held) {
        memset(held, 0, f->n * sizeof(*held));
    }
    if (folds != 1)
        learn_fit_run(f, fold, -1, weights);
    tb_free(fold);
    tb_free(z);
    return m;
}

static char *put(char *to, const void *what, size_t n)
{
    memcpy(to, what, n);
    return to + n;
}

static struct str names_of(struct arena *a, const struct str *labels, size_t n)
{
    struct buf b = BUF_INIT(LEARN_MODEL_BYTES);

    for (size_t i = 0; i < n; i++) {
        buf_add(&b, labels[i]);
        buf_addc(&b, 0);
    }
    while (b.n % 8)
        buf_addc(&b, 0);
    return arena_buf(a, &b);
}

static enum tb_code pack(const struct learn_rows *r, const float *weights, const struct str *labels,
                         size_t label_n, const struct learn_options *o, struct made made,
                         struct learn_model **out, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct str names = names_of(&a, labels, label_n);
    size_t slot_bytes = r->slot_n * sizeof(*r->slots);
    size_t floats = r->rows * sizeof(float), wide = floats * label_n;
    struct learn_head h = { .name = "tongban-learn",
                            .form = LEARN_FORM,
                            .labels = (uint32_t)label_n,
                            .rows = (uint32_t)r->rows,
                            .slots = (uint32_t)r->slot_n,
                            .run = o->run,
                            .label_bytes = (uint32_t)names.n,
                            .version = o->version,
                            .title = o->title,
                            .sharpness = (float)made.sharpness,
                            .certain = made.certain };
    size_t body = sizeof(h) + slot_bytes + floats + wide + names.n;
    char *bytes = tb_alloc(body + SM3_BYTES), *at = bytes;
    enum tb_code c;

    h.bytes = body + SM3_BYTES;
    at = put(at, &h, sizeof(h));
    at = put(at, r->slots, slot_bytes);
    at = put(at, r->idf, floats);
    at = put(at, weights, wide);
    at = put(at, names.p, names.n);
    sm3(str_of(bytes, body), (unsigned char *)at);
    c = learn_read(str_of(bytes, (size_t)h.bytes), out, e);
    tb_free(bytes);
    arena_release(&a);
    return c;
}

enum tb_code learn_train(const struct learn_example *v, size_t n, const struct str *labels,
                         size_t label_n, const struct learn_options *o, struct learn_held *held,
                         struct learn_model **out, struct tb_err *e)
{
    struct learn_fit f = { .v = v, .n = n, .labels = label_n, .o = o };
    struct learn_rows rows;
    struct made made;
    float *weights;
    enum tb_code c;

    if (check(v, n, labels, label_n, e))
        return e->code;
    learn_rows_of(v, n, o->run, &rows);
    f.rows = rows.rows;
    f.table = (struct learn_table){ rows.slots, rows.slot_n - 1, rows.idf, o->title, o->run };
    learn_fit_begin(&f);
    weights = tb_alloc(rows.rows * label_n * sizeof(*weights));
    made = fit_and_calibrate(&f, weights, held);
    c = pack(&rows, weights, labels, label_n, o, made, out, e);
    tb_free(weights);
    learn_fit_end(&f);
    learn_rows_release(&rows);
    return c;
}
