#include "cli/eval_hotline.h"

#include "base/fs.h"
#include "base/json.h"
#include "base/share.h"
#include "base/world.h"
#include "learn/measure.h"
#include "learn/train.h"
#include "scenario/hotline/classes.h"

#include <stdio.h>
#include <string.h>

enum { FILE_BYTES = 1 << 30 };
static const float prior_weight = 0.5F; /* of a topic of the classification beside a message */

struct lines {
    struct learn_example *v;
    struct str *label; /* as written; "" for none */
    size_t n, cap, label_cap;
};
struct eval {
    struct cli *c;
    struct lines train, test, plain;
    struct str *labels;
    size_t label_n, label_cap;
    bool list;
};

static enum tb_code read_lines(struct eval *v, const char *path, bool labelled, struct lines *out,
                               struct tb_err *e)
{
    struct arena *a = &v->c->mem;
    struct str rest;
    int at = 0;

    if (fs_read(a, path, FILE_BYTES, &rest, e))
        return e->code;
    while (rest.p) {
        struct str line = str_trim(str_cut(&rest, STR("\n")));
        const struct json_value *row;
        struct str label;

        at++;
        if (!line.n)
            continue;
        if (json_read(a, line, &row, e) || !json_is_obj(row))
            goto bad;
        label = json_get_str(row, "label");
        if (labelled && !label.n)
            goto bad;
        out->v = arena_grow(a, out->v, out->n, &out->cap, sizeof(*out->v));
        out->label = arena_grow(a, out->label, out->n, &out->label_cap, sizeof(*out->label));
        out->label[out->n] = label;
        out->v[out->n++] = (struct learn_example){ .title = json_get_str(row, "title"),
                                                   .text = json_get_str(row, "text"),
                                                   .label = LEARN_UNLABELLED,
                                                   .weight = 1 };
    }
    return TB_OK;
bad:
    return tb_fail_say(e, TB_INVALID,
                       arena_printf(a, "%s 第 %d 行不是带 title、text%s 的 JSON", path, at,
                                    labelled ? "、label" : ""),
                       STR("eval hotline line"));
}

/* SIZE_MAX: not known */
static size_t label_of(const struct eval *v, struct str name)
{
    for (size_t i = 0; i < v->label_n; i++)
        if (str_eq(v->labels[i], name))
            return i;
    return SIZE_MAX;
}

static void number_labels(struct eval *v)
{
    for (size_t i = 0; i < v->train.n; i++) {
        size_t k = label_of(v, v->train.label[i]);

        if (k == SIZE_MAX) {
            v->labels =
                arena_grow(&v->c->mem, v->labels, v->label_n, &v->label_cap, sizeof(*v->labels));
            v->labels[k = v->label_n++] = v->train.label[i];
        }
        v->train.v[i].label = (uint32_t)k;
    }
}

static void add_example(struct eval *v, struct learn_example ex)
{
    v->train.v = arena_grow(&v->c->mem, v->train.v, v->train.n, &v->train.cap, sizeof(ex));
    v->train.v[v->train.n++] = ex;
}

/* The topics of classes that the training file uses, as descriptions of them. */
static void add_topics(struct eval *v, const struct classes *c)
{
    struct arena *a = &v->c->mem;

    for (size_t i = 0; i < c->n; i++) {
        const struct topic *t = &c->v[i];
        size_t k = label_of(v, t->l1);

        if (k != SIZE_MAX)
            add_example(v,
                        (struct learn_example){
                            .title = arena_printf(a, "%.*s，%.*s", STR_FMT(t->l2), STR_FMT(t->l3)),
                            .text = t->words,
                            .label = (uint32_t)k,
                            .prior = true,
                            .weight = prior_weight });
    }
}

static enum tb_code read_classes(struct eval *v, const char *file, struct tb_err *e)
{
    struct arena *a = &v->c->mem;
    struct classes c;
    struct str bytes;

    if (!file)
        file = fs_join(a, share_dir(a), "rules/hotline_classes.yaml");
    else if (strcmp(file, "none") == 0)
        return TB_OK;
    if (str_ends(str_z(file), STR(".yaml")) || str_ends(str_z(file), STR(".yml"))) {
        if (classes_load(a, file, &c, e))
            return e->code;
    } else if (fs_read(a, file, FILE_BYTES, &bytes, e) || classes_read_lines(a, bytes, &c, e)) {
        return e->code;
    }
    add_topics(v, &c);
    return TB_OK;
}

static struct learn_answer *answer_all(struct eval *v, const struct learn_model *m, int64_t *us)
{
    struct learn_answer *out = ARENA_ARRAY(&v->c->mem, struct learn_answer, v->test.n + 1);

    *us = 0;
    for (size_t i = 0; i < v->test.n; i++) {
        const struct learn_example *ex = &v->test.v[i];
        struct arena a = ARENA_INIT;
        struct learn_verdict o;
        int64_t before = world_mono_us(world_real());
        size_t truth = label_of(v, v->test.label[i]);

        learn_judge(m, ex->title, ex->text, &a, &o);
        *us += world_mono_us(world_real()) - before;
        /* a label the training file lacks is one more, never said */
        out[i] = (struct learn_answer){ truth == SIZE_MAX ? (uint32_t)v->label_n : (uint32_t)truth,
                                        o.best, o.sure };
        if (v->list && out[i].said != out[i].truth)
            printf("%.*s → %.*s（%.2f）：%.*s\n", STR_FMT(v->test.label[i]),
                   STR_FMT(v->labels[o.best]), o.sure, STR_FMT(ex->title));
        arena_release(&a);
    }
    return out;
}

static void print(const struct eval *v, const struct learn_measure *m, double certain, int64_t us,
                  int64_t train_ms)
{
    struct buf b = BUF_INIT(1 << 20);
    struct json j = JSON_INIT(&b);
    double n = (double)(v->test.n ? v->test.n : 1);

    json_obj(&j);
    json_kreal(&j, "accuracy", m->accuracy);
    json_kreal(&j, "macro_f1", m->macro_f1);
    json_kreal(&j, "calibration_error", m->calibration_error);
    json_kreal(&j, "coverage_at_95", m->coverage);
    json_kreal(&j, "precision_at_95", m->precision);
    json_kreal(&j, "best_coverage_at_95", m->best_coverage);
    json_kreal(&j, "threshold", certain);
    json_kreal(&j, "us_per_message", (double)us / n);
    json_kint(&j, "train", (int64_t)v->train.n);
    json_kint(&j, "test", (int64_t)v->test.n);
    json_kint(&j, "unlabelled", (int64_t)v->plain.n);
    json_kint(&j, "labels", (int64_t)v->label_n);
    json_kint(&j, "train_ms", train_ms);
    json_end(&j);
    printf("%.*s\n", (int)b.n, b.p);
    buf_release(&b);
}

static enum tb_code train_and_test(struct eval *v, struct tb_err *e)
{
    struct learn_options o = LEARN_OPTIONS;
    int64_t before = world_mono_us(world_real()), us, trained;
    struct learn_measure got;
    struct learn_model *m;

    for (size_t i = 0; i < v->plain.n; i++)
        add_example(v, v->plain.v[i]);
    if (learn_train(v->train.v, v->train.n, v->labels, v->label_n, &o, NULL, &m, e))
        return e->code;
    trained = (world_mono_us(world_real()) - before) / 1000;
    learn_measure(answer_all(v, m, &us), v->test.n, v->label_n + 1, learn_certain(m), &got);
    print(v, &got, learn_certain(m), us, trained);
    learn_free(m);
    return TB_OK;
}

enum tb_code eval_hotline(struct cli *c, struct tb_err *e)
{
    struct eval v = { .c = c };
    const char *train = cli_option(c, "--train"), *test = cli_option(c, "--test");
    const char *plain = cli_option(c, "--unlabelled"), *classes = cli_option(c, "--taxonomy");

    v.list = cli_flag(c, "--list");
    if (cli_no_more_options(c, e))
        return e->code;
    if (!train || !test)
        return tb_fail(e, TB_INVALID, "请用 --train 和 --test 写明两个文件（每行一个 JSON）",
                       "eval hotline without files");
    if (read_lines(&v, train, true, &v.train, e) || read_lines(&v, test, true, &v.test, e) ||
        (plain && read_lines(&v, plain, false, &v.plain, e)))
        return e->code;
    if (!v.test.n)
        return tb_fail(e, TB_INVALID, "--test 的文件里没有一条消息", "no lines");
    number_labels(&v);
    if (read_classes(&v, classes, e))
        return e->code;
    return train_and_test(&v, e);
}
