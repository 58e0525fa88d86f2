/* The runs of text in one answer. Each goes through the guard by itself: choices, fields and tool
 * calls come interleaved. */
#include "base/alloc.h"
#include "base/utf8.h"
#include "scenario/gateway/inside.h"

#include <stdio.h>

struct lane *lane_of(struct call *c, enum lane_place place, int64_t choice, int64_t tool,
                     struct str key, struct tb_err *e)
{
    struct lane *l;

    for (size_t i = 0; i < c->lane_n; i++) {
        l = &c->lanes[i];
        if (l->place == place && l->choice == choice && l->tool == tool && str_eqz(key, l->key))
            return l;
    }
    if (c->lane_n == LANES_MAX || key.n >= sizeof(l->key)) {
        (void)!tb_fail(e, TB_UPSTREAM, "推理引擎的回答格式不正确，已中断", "lanes=%zu key=%.*s",
                       c->lane_n, (int)(key.n < 40 ? key.n : 40), key.p);
        return NULL;
    }
    if (c->lane_n == c->lane_cap) {
        c->lane_cap = c->lane_cap ? c->lane_cap * 2 : 1;
        c->lanes = tb_realloc(c->lanes, c->lane_cap * sizeof(*c->lanes));
    }
    l = &c->lanes[c->lane_n++];
    *l = (struct lane){ .place = place, .choice = choice, .tool = tool };
    snprintf(l->key, sizeof(l->key), "%.*s", STR_FMT(key));
    return l;
}

static void keep(struct call *c, struct str said)
{
    if (c->key->keeping != KEEPING_DIGEST)
        buf_add(&c->answer, str_sub(said, 0, utf8_floor(said, KEPT_MAX - c->answer.n)));
}

enum tb_code lane_say(struct call *c, struct lane *l, struct arena *mem, struct str delta, bool end,
                      struct str *out, struct tb_err *e)
{
    struct buf said = BUF_INIT(WHOLE_MAX);
    struct str whole, kind = STR_NONE;
    bool json = l->place == LANE_TOOL || l->place == LANE_FUNCTION;

    if (mend_join(&l->mend, mem, delta, &whole, e))
        return e->code;
    sm3_add(&c->digest, whole);
    c->words += whole.n > 0;
    if (speech_out(&c->speech, &l->speech, whole, end, json, &said, &kind, e)) {
        c->blocked = e->code == TB_FORBIDDEN;
        c->blocked_kind = kind;
        buf_release(&said);
        return e->code;
    }
    keep(c, c->key->keeping == KEEPING_FULL ? buf_str(&said) : whole);
    *out = arena_buf(mem, &said);
    return TB_OK;
}

void lanes_free(struct call *c)
{
    for (size_t i = 0; i < c->lane_n; i++)
        speech_lane_release(&c->lanes[i].speech);
    tb_free(c->lanes);
    c->lanes = NULL;
    c->lane_n = c->lane_cap = 0;
}
