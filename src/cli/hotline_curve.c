/* `tongban hotline curve`: what more labelled messages would bring: trained on an eighth, a
 * quarter, half and all of four fifths of a file, measured on the last fifth. Nothing that serves
 * is touched. */
#include "base/fs.h"
#include "base/json.h"
#include "base/share.h"
#include "cli/hotline.h"
#include "learn/measure.h"
#include "scenario/hotline/lessons.h"
#include "scenario/hotline/teach.h"

#include <stdio.h>

enum { FILE_BYTES = 1 << 30, EACH_TESTED = 5, PARTS = 8, OUT_BYTES = 1 << 20 };

struct curve {
    struct cli *c;
    struct classes classes;
    const struct triage_message *v;
    size_t n;
};

static uint32_t label_of(const struct curve *k, struct str name)
{
    for (uint32_t i = 0; i < k->classes.name_n; i++)
        if (str_eq(k->classes.names[i], name))
            return i;
    return LEARN_UNLABELLED;
}

static void measure(const struct curve *k, const struct learn_model *m, struct learn_measure *out)
{
    struct arena *a = &k->c->mem;
    struct learn_answer *answers = ARENA_ARRAY(a, struct learn_answer, k->n + 1);
    size_t n = 0;

    for (size_t i = 0; i < k->n; i += EACH_TESTED) {
        uint32_t truth = label_of(k, k->v[i].class1);
        struct arena scratch = ARENA_INIT;
        struct learn_verdict o;

        if (truth == LEARN_UNLABELLED)
            continue;
        learn_judge(m, k->v[i].title, k->v[i].text, &scratch, &o);
        answers[n++] = (struct learn_answer){ truth, o.best, o.sure };
        arena_release(&scratch);
    }
    learn_measure(answers, n, k->classes.name_n, learn_certain(m), out);
}

/* One point: `part` eighths of the messages that are not tested keep their label. */
static enum tb_code point(const struct curve *k, size_t part, struct json *j, struct tb_err *e)
{
    struct learn_options o = LESSONS_CLASS;
    struct lessons l = { .a = &k->c->mem };
    struct learn_measure got;
    struct learn_model *m;
    size_t labelled = 0;

    for (size_t i = 0; i < k->n; i++) {
        uint32_t label = label_of(k, k->v[i].class1);
        bool kept = i % EACH_TESTED && i / EACH_TESTED % PARTS < part;

        labelled += kept && label != LEARN_UNLABELLED;
        lessons_add(&l, (struct learn_example){ k->v[i].title, k->v[i].text,
                                                kept ? label : LEARN_UNLABELLED, false, 1, 0 });
    }
    lessons_add_classes(&l, &k->classes, k->classes.names, k->classes.name_n);
    if (learn_train(l.v, l.n, k->classes.names, k->classes.name_n, &o, NULL, &m, e))
        return e->code;
    measure(k, m, &got);
    learn_free(m);
    json_obj(j);
    json_kint(j, "messages", (int64_t)labelled);
    json_kreal(j, "accuracy", got.accuracy);
    json_kreal(j, "macro_f1", got.macro_f1);
    json_kreal(j, "automatic", got.coverage);
    json_kreal(j, "right_of_automatic", got.precision);
    json_end(j);
    return TB_OK;
}

enum tb_code hotline_curve(struct cli *c, struct tb_err *e)
{
    const char *file = cli_option(c, "--file");
    struct curve k = { .c = c };
    struct buf b = BUF_INIT(OUT_BYTES);
    struct json j = JSON_INIT(&b);
    struct triage_message *v;
    struct str lines;

    if (cli_no_more_options(c, e))
        return e->code;
    if (!file)
        return tb_fail(e, TB_INVALID, "请用 --file 写明已分类的消息（每行一个 JSON）", "no file");
    if (fs_read(&c->mem, file, FILE_BYTES, &lines, e) || teach_lines(&c->mem, lines, &v, &k.n, e) ||
        classes_load(&c->mem, fs_join(&c->mem, share_dir(&c->mem), "rules/hotline_classes.yaml"),
                     &k.classes, e))
        return e->code;
    k.v = v;
    json_obj(&j);
    json_karr(&j, "curve");
    for (size_t part = 1; part <= PARTS; part *= 2)
        if (point(&k, part, &j, e)) {
            buf_release(&b);
            return e->code;
        }
    json_end(&j);
    json_end(&j);
    printf("%.*s\n", (int)b.n, b.p);
    buf_release(&b);
    return TB_OK;
}
