/* The runs of text in one answer. Each goes through the guard by itself: choices, fields and tool
 * calls come interleaved. */
#include "base/alloc.h"
#include "base/utf8.h"
#include "scenario/gateway/inside.h"

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
    str_put(l->key, sizeof(l->key), key);
    return l;
}

static void keep(struct call *c, struct str said)
{
    if (c->key->keeping != KEEPING_DIGEST)
        buf_add(&c->answer, str_sub(said, 0, utf8_floor(said, KEPT_MAX - c->answer.n)));
}

static enum tb_code speak(struct call *c, struct speech_lane *l, struct str whole, bool end,
                          bool json, struct buf *said, struct tb_err *e)
{
    struct str kind = STR_NONE;

    if (!speech_out(&c->speech, l, whole, end, json, said, &kind, e))
        return TB_OK;
    c->blocked = e->code == TB_FORBIDDEN;
    c->blocked_kind = kind;
    buf_release(said);
    return e->code;
}

static enum tb_code lane_read(struct call *c, struct lane *l, struct arena *mem, struct str delta,
                              struct str *whole, struct tb_err *e)
{
    if (mend_join(&l->mend, mem, delta, whole, e))
        return e->code;
    sm3_add(&c->digest, *whole);
    c->words += whole->n > 0;
    return TB_OK;
}

static void lane_write(struct call *c, struct str whole, struct buf *said, struct arena *mem,
                       struct str *out)
{
    keep(c, c->key->keeping == KEEPING_FULL ? buf_str(said) : whole);
    *out = arena_buf(mem, said);
}

enum tb_code lane_say(struct call *c, struct lane *l, struct arena *mem, struct str delta, bool end,
                      struct str *out, struct tb_err *e)
{
    struct buf said = BUF_INIT(WHOLE_MAX);
    bool json = l->place == LANE_TOOL || l->place == LANE_FUNCTION;
    struct str whole;

    if (lane_read(c, l, mem, delta, &whole, e) || speak(c, &l->speech, whole, end, json, &said, e))
        return e->code;
    cache_said(c, l, buf_str(&said));
    lane_write(c, whole, &said, mem, out);
    return TB_OK;
}

enum tb_code lane_say_loose(struct call *c, struct lane *l, struct arena *mem, struct str delta,
                            struct str *out, struct tb_err *e)
{
    struct buf judged = BUF_INIT(WHOLE_MAX), said = BUF_INIT(WHOLE_MAX);
    struct speech_lane alone = { .at = 0 };
    struct str whole;
    enum tb_code code;

    if (lane_read(c, l, mem, delta, &whole, e) ||
        speak(c, &l->speech, whole, false, false, &judged, e))
        return e->code;
    buf_release(&judged);
    c->text.over = true; /* no plain words: not to be given again */
    code = speak(c, &alone, whole, true, false, &said, e);
    speech_lane_release(&alone);
    if (!code)
        lane_write(c, whole, &said, mem, out);
    return code;
}

enum tb_code lane_judge(struct call *c, struct str text, struct tb_err *e)
{
    struct speech_lane alone = { .at = 0 };
    struct buf said = BUF_INIT(WHOLE_MAX);
    enum tb_code code = is_api_word(text) ? TB_OK : speak(c, &alone, text, true, false, &said, e);

    speech_lane_release(&alone);
    buf_release(&said);
    return code;
}

void lanes_free(struct call *c)
{
    for (size_t i = 0; i < c->lane_n; i++)
        speech_lane_release(&c->lanes[i].speech);
    tb_free(c->lanes);
    c->lanes = NULL;
    c->lane_n = c->lane_cap = 0;
}
