#include "scenario/hotline/teach.h"

#include "base/fs.h"
#include "base/json.h"
#include "scenario/hotline/sample.h"

enum { EACH_ASIDE = 10, A_DAY = 20000 }; /* any day: only the words are wanted */

enum tb_code teach_sample(struct arena *a, const char *city, struct triage_message **out, size_t *n,
                          struct tb_err *e)
{
    struct sample_wish wish = { .today = A_DAY, .seed = 1 };
    struct sample_message *all;
    struct places *places;

    *n = 0;
    *out = NULL;
    if (!city || !fs_exists(fs_join(a, city, "messages.yaml")))
        return TB_OK;
    if (sample_make(a, city, &wish, &places, &all, n, e))
        return e->code;
    *out = ARENA_ARRAY(a, struct triage_message, *n + 1);
    for (size_t i = 0; i < *n; i++)
        (*out)[i] = (struct triage_message){ .title = all[i].title,
                                             .text = all[i].text,
                                             .class1 = all[i].class1,
                                             .department = all[i].department,
                                             .group = (uint32_t)str_hash(all[i].matter) | 1U,
                                             .aside = i % EACH_ASIDE == 0 };
    return TB_OK;
}

enum tb_code teach_lines(struct arena *a, struct str lines, struct triage_message **out, size_t *n,
                         struct tb_err *e)
{
    struct triage_message *v = NULL;
    size_t cap = 0;
    int at = 0;

    *n = 0;
    while (lines.p) {
        struct str line = str_trim(str_cut(&lines, STR("\n")));
        const struct json_value *row;
        struct str class1;

        at++;
        if (!line.n)
            continue;
        if (json_read(a, line, &row, e) || !json_is_obj(row)) {
            struct str say = arena_printf(a, "第 %d 行不是一个 JSON 对象", at);

            return tb_fail_say(e, TB_INVALID, say, say);
        }
        class1 = json_get_str(row, "class1");
        v = arena_grow(a, v, *n, &cap, sizeof(*v));
        v[*n] = (struct triage_message){
            .title = json_get_str(row, "title"),
            .text = json_get_str(row, "text"),
            .class1 = class1.n ? class1 : json_get_str(row, "label"),
            .class3 = json_get_str(row, "class3"),
            .department = json_get_str(row, "department"),
            .aside = json_get_bool(row, "aside", *n % EACH_ASIDE == 0),
        };
        (*n)++;
    }
    *out = v;
    return TB_OK;
}

enum tb_code teach_city(const char *share_dir, const char *data_dir, const char *city,
                        struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct triage_message *v;
    struct triage_report r;
    struct triage *t;
    size_t n;
    enum tb_code c = teach_sample(&a, city, &v, &n, e);

    if (!c)
        c = triage_load(fs_join(&a, share_dir, "rules"), fs_join(&a, data_dir, TRIAGE_FOLDER), &t,
                        e);
    if (!c) {
        if (n)
            c = triage_train(t, v, n, &r, e);
        triage_free(t);
    }
    arena_release(&a);
    return c;
}
