/* What a person asks through an application, judged as what is asked on the page is: GB/T
 * 45654-2025. Only the person's own words: an application's instructions and passages are its own.
 */
#include "base/metrics.h"
#include "guard/risk.h"
#include "scenario/gateway/inside.h"

#include <stdio.h>

static void count(const struct risk_finding *f)
{
    char label[96];

    snprintf(label, sizeof(label), "kind=\"%s\",way=\"gateway\",by=\"model\"",
             risk_kind_ref(f->kind));
    metric_add("tongban_risk_total", label, 1);
}

static enum tb_code judge(struct call *c, struct str text, struct tb_err *e)
{
    struct risk_finding f;

    if (!risk_asked_in_other_words(c->rules, text, &f))
        return TB_OK;
    count(&f);
    c->blocked = true;
    c->blocked_kind = f.title;
    return tb_fail_say(e, TB_FORBIDDEN, f.answer->say,
                       arena_printf(&c->mem, "guard=model way=in kind=%s score=%.3f",
                                    risk_kind_ref(f.kind), f.score));
}

/* A content is a text or a list of parts. */
static enum tb_code judge_content(struct call *c, struct json_spot *content, struct tb_err *e)
{
    struct json_spot_walk w = json_spot_walk(content);
    struct json_spot *one;

    if (json_spot_is_str(content))
        return judge(c, json_spot_text(content), e);
    if (!json_spot_is_arr(content))
        return TB_OK;
    while ((one = json_spot_step(&w, NULL))) {
        struct json_spot *text = json_spot_is_str(one) ? one : json_spot_get(one, "text");

        if (json_spot_is_str(text) && judge(c, json_spot_text(text), e))
            return e->code;
    }
    return TB_OK;
}

enum tb_code judge_asked(struct call *c, struct json_spot *root, struct tb_err *e)
{
    struct json_spot *messages = json_spot_get(root, "messages");
    struct json_spot_walk w = json_spot_walk(messages);
    struct json_spot *one;

    if (judge_content(c, json_spot_get(root, "prompt"), e))
        return e->code;
    while (json_spot_is_arr(messages) && (one = json_spot_step(&w, NULL)))
        if (str_eqz(json_spot_text(json_spot_get(one, "role")), "user") &&
            judge_content(c, json_spot_get(one, "content"), e))
            return e->code;
    return TB_OK;
}
