/* 导入词表 by page: tried on the city's own documents first; what would refuse the rightful is left
 * out and said. `tongban words import` does the same with files of ordinary text beside. */
#include "base/fs.h"
#include "base/utf8.h"
#include "guard/risk.h"
#include "scenario/shield/shield.h"
#include "scenario/shield/words_try.h"
#include "store/audit.h"

enum { ROUNDS = 8, SHOWN = 50, NAME_MOST = 40, TEXT_MOST = 64 << 20 };

enum tb_code words_try_passages(struct db *d, struct word_check *k, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct rows *r;
    bool more;

    if (!db_ask(d, &a, SQL("SELECT text FROM passage"), NO_ARGS, &r, e))
        while (!rows_next(r, &more, e) && more)
            word_check_text(k, rows_str(r, 0));
    arena_release(&a);
    return e->code;
}

static struct str found(struct arena *a, const struct word_hit *h, size_t n)
{
    struct buf b = BUF_INIT(TEXT_MOST);

    for (size_t i = 0; i < n; i++) {
        buf_add(&b, h[i].word);
        buf_addc(&b, '\n');
    }
    return arena_buf(a, &b);
}

/* Empty lines of words that were taken out are not kept. */
static struct str dense(struct arena *a, struct str words)
{
    struct buf b = BUF_INIT(TEXT_MOST);

    while (words.p) {
        struct str word = str_trim(str_cut(&words, STR("\n")));

        buf_add(&b, word);
        if (word.n)
            buf_addc(&b, '\n');
    }
    return arena_buf(a, &b);
}

void words_try_result(struct arena *a, struct word_check *k, struct str words, bool all,
                      struct word_list *w)
{
    const struct word_hit *h;
    size_t n;

    h = word_check_hits(k, &n);
    w->words = dense(a, all ? words : word_check_clean(k, a));
    w->left_out = all ? STR("") : found(a, h, n);
}

/* -- the page -- */

struct importing {
    struct word_list w;
    struct forbid_list l;
    bool all, dry;
};

static enum tb_code form_of(struct talk *t, const struct json_value *v, struct importing *m,
                            struct tb_err *e)
{
    struct str way = json_get_str(v, "way");

    m->all = json_get_bool(v, "all", false);
    m->dry = json_get_bool(v, "dry", false);
    m->w = (struct word_list){ .name = str_trim(json_get_str(v, "name")),
                               .way = way.n ? way : STR("both"),
                               .sound = json_get_bool(v, "sound", false),
                               .why = STR("import") };
    m->l = (struct forbid_list){ .words = json_get_str(v, "words"), .sound = m->w.sound };
    m->l.way = str_eqz(m->w.way, "in")     ? FORBID_IN
               : str_eqz(m->w.way, "out")  ? FORBID_OUT
               : str_eqz(m->w.way, "both") ? FORBID_IN | FORBID_OUT
                                           : 0;
    if (!m->w.name.n || utf8_count(m->w.name) > NAME_MOST || str_has(m->w.name, STR("/")))
        return tb_fail(e, TB_INVALID, "请给词表起个名字，40 个字以内，不含斜杠", "name");
    if (!m->l.way || !risk_kind_parse(json_get_str(v, "kind"), &m->l.risk))
        return tb_fail(e, TB_INVALID, "请选是哪一种风险，查提问、查回答还是都查", "kind or way");
    if (!word_list_count(m->l.words))
        return tb_fail(e, TB_INVALID, "词表是空的，应为每行一个词", "no words");
    m->w.kind = str_z(risk_kind_ref(m->l.risk));
    if (!json_get_bool(v, "split", false))
        return TB_OK;
    return word_split(&t->mem, fs_join(&t->mem, t->at->share_dir, "rules/split_characters.yaml"),
                      m->l.words, &m->l.words, e);
}

static enum tb_code check(struct talk *t, struct word_check *k, struct tb_err *e)
{
    for (int i = 0; i < ROUNDS; i++) {
        if (words_try_passages(t->db, k, e))
            return e->code;
        if (!word_check_round(k))
            break;
    }
    return TB_OK;
}

static void report(struct json *j, const struct importing *m, struct word_check *k)
{
    const struct word_hit *h;
    size_t n;

    h = word_check_hits(k, &n);
    json_obj(j);
    json_kstr(j, "name", m->w.name);
    json_kint(j, "version", m->w.version);
    json_kbool(j, "saved", !m->dry);
    json_kint(j, "words", (int64_t)word_list_count(m->w.words));
    json_kint(j, "left_out", (int64_t)word_list_count(m->w.left_out));
    json_kint(j, "ordinary_total", (int64_t)n);
    json_karr(j, "ordinary");
    for (size_t i = 0; i < n && i < SHOWN; i++) {
        json_obj(j);
        json_kstr(j, "word", h[i].word);
        json_kint(j, "texts", h[i].texts);
        json_kstr(j, "sample", h[i].sample);
        json_end(j);
    }
    json_end(j);
    json_end(j);
}

enum tb_code words_import(struct talk *t, const struct request *q, struct reply *r,
                          struct tb_err *e)
{
    static const char *const fields[] = { "name",  "kind", "way", "sound", "split",
                                          "words", "all",  "dry", NULL };
    const struct json_value *v;
    struct importing m;
    struct word_check *k;
    enum tb_code c;

    if (request_json(&t->mem, q, fields, &v, e) || form_of(t, v, &m, e))
        return e->code;
    k = word_check_new(&m.l);
    c = check(t, k, e);
    if (!c)
        words_try_result(&t->mem, k, m.l.words, m.all, &m.w);
    if (!c)
        c = m.dry ? audit_witness(t, "words.try", m.w.name, STR(""), e) : word_list_add(t, &m.w, e);
    if (!c)
        report(&r->json, &m, k);
    word_check_free(k);
    return c;
}
