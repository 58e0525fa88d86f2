/* A 诉求 before it is an order: read from a page, an API, a row of a file, a letter or a talk; what
 * is missing is asked for, the rest is kept masked. */
#include "base/utf8.h"
#include "crypto/sm3.h"
#include "guard/mask.h"
#include "scenario/hotline/order.h"
#include "store/audit.h"

#include <string.h>

enum { TEXT_LEAST = 4, KEY_MAX = 100, TITLE_CHARS = 30 };

const char *const order_form_fields[] = { "title", "text", "wanted", "happened", "place", "name",
                                          "phone", "kind", "secret", "key",      "words", NULL };

enum tb_code order_form_read(struct talk *t, const struct json_value *v, struct order_form *f,
                             struct tb_err *e)
{
    struct str key = json_get_str(v, "key");

    *f = (struct order_form){ .title = str_trim(json_get_str(v, "title")),
                              .text = str_trim(json_get_str(v, "text")),
                              .wanted = str_trim(json_get_str(v, "wanted")),
                              .happened = str_trim(json_get_str(v, "happened")),
                              .place = str_trim(json_get_str(v, "place")),
                              .name = str_trim(json_get_str(v, "name")),
                              .phone = str_trim(json_get_str(v, "phone")),
                              .secret = json_get_bool(v, "secret", false),
                              .source = STR("page") };
    if (!order_kind_parse(json_get_str(v, "kind"), &f->kind))
        return tb_fail(e, TB_INVALID, "诉求类型应为咨询、求助、投诉、举报或建议", "order kind");
    if (key.n > KEY_MAX)
        return tb_fail(e, TB_INVALID, "提交编号太长，请刷新页面后再试", "key=%zu", key.n);
    /* Of whoever sends: nobody meets another's order by guessing a key. */
    if (key.n)
        f->key =
            arena_printf(&t->mem, "%.*s/%.*s",
                         STR_FMT(t->actor.id ? t->actor.login : t->actor.device), STR_FMT(key));
    return TB_OK;
}

/* ---- what the words themselves say ---- */

static struct str sentence_at(struct str text, size_t at)
{
    static const char *const ends[] = { "。", "！", "？", "；", "\n", "!", "?", ";" };
    size_t from = 0, to = text.n;

    for (size_t k = 0; k < sizeof(ends) / sizeof(ends[0]); k++) {
        struct str end = str_z(ends[k]);
        size_t i;

        for (size_t s = 0; (i = str_find_from(text, end, s)) != SIZE_MAX && i < at; s = i + end.n)
            if (i + end.n > from)
                from = i + end.n;
        i = str_find_from(text, end, at);
        if (i != SIZE_MAX && i < to)
            to = i;
    }
    return str_trim(str_sub(text, from, to - from));
}

/* The sentence in which one of these words stands, "" for none; the words in order of how much they
 * tell. */
static struct str sentence_with(struct str text, const char *const *words)
{
    for (; *words; words++) {
        size_t at = str_find(text, str_z(*words));

        if (at != SIZE_MAX)
            return sentence_at(text, at);
    }
    return STR("");
}

static struct str told_when(struct str text)
{
    static const char *const words[] = { "今天早上", "今天上午", "今天下午", "今天晚上", "今天",
                                         "今早",     "今晚",     "昨天晚上", "昨晚",     "昨天",
                                         "前天",     "凌晨",     "上周",     "这周",     "本周",
                                         "上个月",   "这个月",   "每天晚上", "每天",     "去年",
                                         "最近",     "刚才",     NULL };

    for (const char *const *w = words; *w; w++)
        if (str_has(text, str_z(*w)))
            return str_z(*w);
    return STR("");
}

static void take_person(struct talk *t, struct order_form *f, struct str text)
{
    static const char *const before[] = { "我叫", "姓名", "本人", NULL };
    struct mask_places found = mask_find(&t->mem, text);

    for (size_t i = 0; i < found.n; i++) {
        struct str value = str_sub(text, found.v[i].from, found.v[i].to - found.v[i].from);

        if (f->phone.n == 0 &&
            (strcmp(found.v[i].kind, MASK_MOBILE) == 0 || strcmp(found.v[i].kind, MASK_PHONE) == 0))
            f->phone = value;
        for (const char *const *b = before; f->name.n == 0 && *b; b++)
            if (strcmp(found.v[i].kind, MASK_NAME) == 0 &&
                str_ends(str_sub(text, 0, found.v[i].from), str_z(*b)))
                f->name = value;
    }
}

static struct str title_of(struct arena *a, struct str text)
{
    struct str first = sentence_at(text, 0), head = utf8_head(first, TITLE_CHARS);

    return head.n < first.n ? arena_printf(a, "%.*s…", STR_FMT(head)) : first;
}

/* District, street, community and place by name, each once. */
static struct str name_of(struct arena *a, const struct place *p)
{
    const struct str parts[] = { p->district, p->street, p->community, p->name };
    struct buf b = BUF_INIT(1024);

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (parts[i].n && !str_has(buf_str(&b), parts[i]))
            buf_add(&b, parts[i]);
    return arena_buf(a, &b);
}

/* What was said under 在哪里 first, then the words. */
static void find_place(struct talk *t, struct order_form *f)
{
    const struct hotline *h = t->at->hotline;

    if (!h || !h->places)
        return;
    f->spot = places_find(h->places, f->place);
    if (!f->spot && f->place.n == 0)
        f->spot = places_find(h->places, f->text);
    if (f->spot && f->place.n == 0)
        f->place = name_of(&t->mem, f->spot);
}

void order_form_fill(struct talk *t, struct order_form *f)
{
    static const char *const wishes[] = { "希望",     "要求",   "请求",   "恳请",
                                          "强烈建议", "建议",   "请有关", "请尽快",
                                          "请相关",   "能不能", "能否",   NULL };

    if (f->text.n == 0)
        return;
    take_person(t, f, f->text);
    find_place(t, f);
    if (f->happened.n == 0)
        f->happened = told_when(f->text);
    if (f->wanted.n == 0)
        f->wanted = utf8_head(sentence_with(f->text, wishes), ORDER_LINE_CHARS);
    if (f->title.n == 0)
        f->title = title_of(&t->mem, f->text);
}

/* ---- what is missing ---- */

static bool says_something(struct str s)
{
    size_t letters = 0;

    for (size_t at = 0; at < s.n;) {
        uint32_t c = utf8_next(s, &at);

        letters += (c >= 0x3400 && c <= 0x9fff) || (c >= 0x20000 && c <= 0x3ffff) ||
                   ((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= 0x0f00 && c <= 0x0fff) ||
                   (c >= 0x0600 && c <= 0x06ff) || (c >= 0x1800 && c <= 0x18af) ||
                   (c >= 0xac00 && c <= 0xd7a3) || (c >= 0x0400 && c <= 0x04ff);
    }
    return letters >= 2;
}

static size_t digits(struct str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] >= '0' && s.p[i] <= '9';
    return n;
}

/* 咨询 and 建议 happen nowhere in particular. */
static bool has_a_place(const struct order_form *f)
{
    return f->place.n || f->kind == ORDER_INQUIRY || f->kind == ORDER_SUGGESTION;
}

size_t order_form_missing(const struct order_form *f, struct order_missing out[ORDER_MISSING_MAX])
{
    size_t n = 0;

    if (utf8_count(f->text) < TEXT_LEAST || !says_something(f->text))
        out[n++] = (struct order_missing){ "text", "发生了什么事？请用一两句话说说。", true };
    if (!has_a_place(f))
        out[n++] =
            (struct order_missing){ "place", "事情在哪里？说到区、街道、小区或路口就行。", true };
    if (digits(f->phone) < 7)
        out[n++] =
            (struct order_missing){ "phone", "怎么联系您？请留一个电话，只给办理的人看。", true };
    if (f->happened.n == 0 && f->kind != ORDER_INQUIRY && f->kind != ORDER_SUGGESTION)
        out[n++] = (struct order_missing){ "happened", "什么时候的事？", false };
    if (f->wanted.n == 0)
        out[n++] = (struct order_missing){ "wanted", "您希望怎么解决？", false };
    if (f->name.n == 0)
        out[n++] = (struct order_missing){ "name", "怎么称呼您？", false };
    return n;
}

static enum tb_code lengths(const struct order_form *f, struct tb_err *e)
{
    const struct str lines[] = { f->title, f->happened, f->place, f->name, f->phone };

    if (utf8_count(f->text) > ORDER_TEXT_CHARS)
        return tb_fail(e, TB_TOO_LARGE, "内容太长，请缩短到 20000 字以内；一件事写一张最快",
                       "order text chars=%zu", utf8_count(f->text));
    if (utf8_count(f->wanted) > ORDER_REASON_CHARS)
        return tb_fail(e, TB_TOO_LARGE, "“希望怎么解决”请写在 2000 字以内", "wanted too long");
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        if (utf8_count(lines[i]) > ORDER_LINE_CHARS)
            return tb_fail(e, TB_TOO_LARGE, "标题、时间、地点和称呼请各写在 200 字以内",
                           "order line=%zu", i);
    return TB_OK;
}

enum tb_code order_form_check(struct talk *t, const struct order_form *f, bool strict,
                              struct tb_err *e)
{
    struct order_missing missing[ORDER_MISSING_MAX];
    size_t n = order_form_missing(f, missing);
    struct buf b = BUF_INIT(1024);

    if (f->text.n && !says_something(f->text))
        return tb_fail(e, TB_INVALID, "只有数字或符号，看不出要说的事；请用一两句话写清楚",
                       "order text says nothing");
    if (lengths(f, e))
        return e->code;
    for (size_t i = 0; i < n; i++)
        if (missing[i].must && (strict || strcmp(missing[i].field, "text") == 0))
            buf_addz(&b, missing[i].ask);
    if (b.n == 0) {
        buf_release(&b);
        return TB_OK;
    }
    return tb_fail_say(e, TB_INVALID, arena_buf(&t->mem, &b), STR("order form incomplete"));
}

/* ---- keeping ---- */

static enum tb_code mask_form(struct talk *t, struct mask *m, const struct order_form *f,
                              struct work_order *o, struct tb_err *e)
{
    struct arena *a = &t->mem;

    if (mask_more(a, m, f->title, &o->title, e) || mask_more(a, m, f->text, &o->text, e) ||
        mask_more(a, m, f->wanted, &o->wanted, e) ||
        mask_more(a, m, f->happened, &o->happened, e) || mask_more(a, m, f->place, &o->place, e))
        return e->code;
    o->personal = m->n ? mask_to_json(a, m) : STR("");
    return TB_OK;
}

static struct str asker_json(struct arena *a, const struct order_form *f)
{
    struct buf b = BUF_INIT(16 * 1024);
    struct json j = JSON_INIT(&b);

    if (f->name.n == 0 && f->phone.n == 0)
        return STR("");
    json_obj(&j);
    json_kstr(&j, "name", f->name);
    json_kstr(&j, "phone", f->phone);
    json_end(&j);
    return arena_buf(a, &b);
}

static struct str key_of(struct talk *t, const struct order_form *f)
{
    char digest[SM3_HEX];

    if (f->key.n == 0)
        return STR("");
    sm3_hex(f->key, digest);
    return arena_printf(&t->mem, "%.*s:%.32s", STR_FMT(f->source), digest);
}

enum tb_code order_form_keep(struct talk *t, const struct order_form *f, struct work_order *o,
                             bool *again, struct tb_err *e)
{
    struct mask *m = ARENA_NEW(&t->mem, struct mask);

    *o = (struct work_order){ .source = f->source,
                              .source_key = key_of(t, f),
                              .device = t->actor.device,
                              .secret = f->secret,
                              .kind = f->kind,
                              .asker = asker_json(&t->mem, f),
                              .created_at = f->at,
                              .x = -1,
                              .y = -1 };
    if (t->actor.id)
        o->device = STR("");
    if (f->spot) {
        o->division = f->spot->code;
        o->district = f->spot->district;
        o->street = f->spot->street;
        o->community = f->spot->community;
        o->x = f->spot->x;
        o->y = f->spot->y;
    }
    if (mask_form(t, m, f, o, e))
        return e->code;
    (void)work_order_asker_key(t, 0, f->phone, &o->asker_key);
    order_judge_fill(t, f, m, o);
    if (work_order_add(t, o, again, e))
        return e->code;
    t->about = o->receipt;
    return audit_witness(t, "order.intake", o->receipt,
                         arena_printf(&t->mem, "source=%.*s again=%d secret=%d urgency=%lld",
                                      STR_FMT(o->source), *again, o->secret, (long long)o->urgency),
                         e);
}
