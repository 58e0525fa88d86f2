#include "cli/eval_mask.h"

#include "base/fs.h"
#include "base/json.h"
#include "base/utf8.h"
#include "guard/mask.h"

#include <stdio.h>
#include <string.h>

/* A span that was marked and one that was found are the same when their types are and their ends
 * are, but for blanks and punctuation at the ends. Where an address ends is a matter of taste: two
 * addresses are the same when each holds at least half of the other. A type that masking has no
 * name for is met by a value of any kind. */

enum { FILE_MAX = 512 << 20, TYPES = 64, SHOWN_MAX = 1000 };

static const struct {
    const char *type;     /* as reported */
    const char *kinds[2]; /* of masking */
    const char *names[12];
} types[] = {
    { "id_card", { MASK_ID }, { "id", "id_number", "idcard", "身份证", "身份证号", "identity" } },
    { "mobile", { MASK_MOBILE }, { "mobile_phone", "cellphone", "手机", "手机号", "手机号码" } },
    { "landline", { MASK_PHONE }, { "telephone", "fixed_phone", "座机", "电话", "固定电话" } },
    { "phone", { MASK_MOBILE, MASK_PHONE }, { "phone_number", "tel", "电话号码" } },
    { "bank_card", { MASK_BANK_CARD }, { "bankcard", "bank", "card", "银行卡", "银行卡号" } },
    { "credit_code",
      { MASK_CREDIT },
      { "uscc", "usci", "信用代码", "统一社会信用代码", "org_code" } },
    { "passport", { MASK_PASSPORT }, { "护照", "护照号" } },
    { "permit",
      { MASK_PERMIT },
      { "hk_macao_permit", "hmt_permit", "taiwan_permit", "travel_permit", "通行证", "通行证号",
        "hk_mo_tw_permit" } },
    { "plate", { MASK_PLATE }, { "license_plate", "car_plate", "vehicle", "车牌", "车牌号" } },
    { "address", { MASK_ADDRESS }, { "addr", "地址", "住址" } },
    { "email", { MASK_MAIL }, { "mail", "e-mail", "邮箱" } },
    { "medical_record", { MASK_MEDICAL }, { "medical", "medical_no", "病历号", "病历", "住院号" } },
    { "case_number", { MASK_CASE }, { "case", "case_no", "案号" } },
    { "household_number", { MASK_HOUSEHOLD }, { "household", "household_no", "户号" } },
    { "birth_date", { MASK_BIRTH }, { "birthday", "birth", "dob", "date_of_birth", "出生日期" } },
    { "name", { MASK_NAME }, { "person", "per", "person_name", "姓名", "人名" } },
};
enum { KNOWN = sizeof types / sizeof types[0] };

struct span {
    size_t from, to; /* characters */
    int type;        /* of `types`, or KNOWN + its place among `other` */
    int as;          /* of a found one: the type that was marked there */
    bool met;
};
struct counts {
    int64_t gold, found, met, right;
};
struct eval {
    struct cli *c;
    struct counts by[TYPES], all;
    char other[TYPES - KNOWN][48]; /* names of types that masking does not have */
    int others;
    int64_t lines, shown, leaked; /* leaked: marked characters that nothing hides */
    bool show;
};

static int type_of(struct eval *v, struct str name)
{
    for (int i = 0; i < (int)KNOWN; i++) {
        if (str_case_eq(name, str_z(types[i].type)))
            return i;
        for (int k = 0; k < 12 && types[i].names[k]; k++)
            if (str_case_eq(name, str_z(types[i].names[k])))
                return i;
    }
    for (int i = 0; i < v->others; i++)
        if (str_eqz(name, v->other[i]))
            return (int)KNOWN + i;
    if (v->others == TYPES - (int)KNOWN)
        return TYPES - 1;
    snprintf(v->other[v->others], sizeof v->other[0], "%.*s", STR_FMT(str_sub(name, 0, 40)));
    return (int)KNOWN + v->others++;
}

static int type_of_kind(const char *kind)
{
    for (int i = 0; i < (int)KNOWN; i++)
        if (strcmp(types[i].kinds[0], kind) == 0 && !types[i].kinds[1])
            return i;
    return TYPES - 1;
}

/* ---- one text ---- */

struct line {
    uint32_t *chars;
    size_t *starts; /* byte of each character; the last one: the end */
    size_t n;
    struct span *gold, *found;
    size_t golds, founds;
};

static void read_chars(struct arena *a, struct str text, struct line *l)
{
    l->chars = ARENA_ARRAY(a, uint32_t, text.n + 1);
    l->starts = ARENA_ARRAY(a, size_t, text.n + 1);
    for (size_t at = 0; at < text.n; l->n++) {
        l->starts[l->n] = at;
        l->chars[l->n] = utf8_next(text, &at);
    }
    l->starts[l->n] = text.n;
}

static size_t char_at(const struct line *l, size_t byte)
{
    size_t from = 0, to = l->n;

    while (from < to) {
        size_t mid = (from + to) / 2;

        if (l->starts[mid] < byte)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

static bool is_edge(uint32_t c)
{
    bool word = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                c == 0x3007 || (c >= 0x3400 && c < 0xa000) ||
                (c >= 0xc0 && c < 0x2000 && c != 0xd7) || (c >= 0xff10 && c <= 0xff5a) ||
                (c >= 0x2460 && c <= 0x24ff) || c >= 0x20000;

    return !word;
}

static void trim(const struct line *l, struct span *s)
{
    while (s->from < s->to && is_edge(l->chars[s->from]))
        s->from++;
    while (s->to > s->from && is_edge(l->chars[s->to - 1]))
        s->to--;
}

static enum tb_code read_gold(struct eval *v, struct arena *a, const struct json_value *spans,
                              struct line *l, struct tb_err *e)
{
    struct json_walk w = json_walk(spans);
    const struct json_value *one;

    l->gold = ARENA_ARRAY(a, struct span, json_len(spans) + 1);
    while ((one = json_step(&w))) {
        int64_t from = json_get_int(one, "start", -1), to = json_get_int(one, "end", -1);
        struct span s = { .type = type_of(v, json_get_str(one, "type")) };

        if (from < 0 || to <= from || (size_t)to > l->n)
            return tb_fail(e, TB_INVALID, "spans 里的 start、end 应是文字里的字符位置",
                           "line=%lld start=%lld end=%lld", (long long)v->lines, (long long)from,
                           (long long)to);
        s.from = (size_t)from;
        s.to = (size_t)to;
        trim(l, &s);
        l->gold[l->golds++] = s;
    }
    return TB_OK;
}

static void read_found(struct arena *a, struct str text, struct line *l)
{
    struct mask_places p = mask_find(a, text);

    l->found = ARENA_ARRAY(a, struct span, p.n + 1);
    for (size_t i = 0; i < p.n; i++) {
        struct span s = { char_at(l, p.v[i].from), char_at(l, p.v[i].to), type_of_kind(p.v[i].kind),
                          0, false };

        s.as = s.type;

        trim(l, &s);
        l->found[l->founds++] = s;
    }
}

static bool same_type(int gold, int found)
{
    if (gold >= (int)KNOWN || gold == found)
        return true;
    for (int i = 0; i < 2; i++)
        if (types[gold].kinds[i] && types[gold].kinds[1] &&
            strcmp(types[gold].kinds[i], types[found].kinds[0]) == 0)
            return true;
    return false;
}

static bool same(const struct span *gold, const struct span *found)
{
    size_t from = gold->from > found->from ? gold->from : found->from;
    size_t to = gold->to < found->to ? gold->to : found->to;

    if (!same_type(gold->type, found->type))
        return false;
    if (gold->from == found->from && gold->to == found->to)
        return true;
    return gold->type < (int)KNOWN && types[gold->type].kinds[0] == types[found->type].kinds[0] &&
           strcmp(types[gold->type].kinds[0], MASK_ADDRESS) == 0 && to > from &&
           (to - from) * 2 >= gold->to - gold->from && (to - from) * 2 >= found->to - found->from;
}

static void match(struct line *l)
{
    for (size_t g = 0; g < l->golds; g++)
        for (size_t f = 0; f < l->founds && !l->gold[g].met; f++)
            if (!l->found[f].met && same(&l->gold[g], &l->found[f])) {
                l->gold[g].met = l->found[f].met = true;
                l->found[f].as = l->gold[g].type;
            }
}

/* ---- what is counted and shown ---- */

static void show(struct eval *v, const struct line *l, struct str text, const struct span *s,
                 const char *what)
{
    size_t from = s->from > 12 ? s->from - 12 : 0, to = s->to + 12 < l->n ? s->to + 12 : l->n;
    const char *type = s->type < (int)KNOWN ? types[s->type].type : v->other[s->type - (int)KNOWN];

    if (!v->show || v->shown++ >= SHOWN_MAX)
        return;
    fprintf(stderr, "%lld %s %s …%.*s[%.*s]%.*s…\n", (long long)v->lines, what, type,
            STR_FMT(str_sub(text, l->starts[from], l->starts[s->from] - l->starts[from])),
            STR_FMT(str_sub(text, l->starts[s->from], l->starts[s->to] - l->starts[s->from])),
            STR_FMT(str_sub(text, l->starts[s->to], l->starts[to] - l->starts[s->to])));
}

static void count(struct eval *v, const struct line *l, struct str text)
{
    for (size_t g = 0; g < l->golds; g++) {
        const struct span *s = &l->gold[g];

        v->by[s->type].gold++;
        v->all.gold++;
        v->by[s->type].met += s->met;
        v->all.met += s->met;
        if (!s->met)
            show(v, l, text, s, "missed");
        for (size_t i = s->from; i < s->to; i++) {
            bool hidden = false;

            for (size_t f = 0; f < l->founds; f++)
                hidden |= i >= l->found[f].from && i < l->found[f].to;
            v->leaked += !hidden;
        }
    }
    for (size_t f = 0; f < l->founds; f++) {
        const struct span *s = &l->found[f];

        v->by[s->as].found++;
        v->all.found++;
        v->by[s->as].right += s->met;
        v->all.right += s->met;
        if (!s->met)
            show(v, l, text, s, "wrong");
    }
}

static enum tb_code one(struct eval *v, struct str json, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct line l = { .n = 0 };
    const struct json_value *root;
    struct str text;

    v->lines++;
    if (!json_read(&a, json, &root, e)) {
        text = json_get_str(root, "text");
        read_chars(&a, text, &l);
        if (!read_gold(v, &a, json_get(root, "spans"), &l, e)) {
            read_found(&a, text, &l);
            match(&l);
            count(v, &l, text);
        }
    }
    arena_release(&a);
    return e->code;
}

static double share(int64_t part, int64_t of)
{
    return of ? (double)part / (double)of : 1;
}

static void write_counts(struct json *j, const struct counts *c)
{
    double recall = share(c->met, c->gold), precision = share(c->right, c->found);

    json_kint(j, "marked", c->gold);
    json_kint(j, "found", c->found);
    json_kreal(j, "recall", recall);
    json_kreal(j, "precision", precision);
    json_kreal(j, "f1", recall + precision > 0 ? 2 * recall * precision / (recall + precision) : 0);
}

/* Where only `phone` is marked, a mobile number that is none is a wrong phone. */
static void join_phones(struct counts *by)
{
    struct counts *phone = &by[type_of_kind(MASK_MOBILE) + 2];

    for (int i = 1; i <= 2 && phone->gold; i++) {
        struct counts *one = &by[type_of_kind(MASK_MOBILE) + i - 1];

        if (one->gold)
            continue;
        phone->found += one->found;
        *one = (struct counts){ .gold = 0 };
    }
}

static void report(struct eval *v)
{
    struct buf b = BUF_INIT(1 << 20);
    struct json j = JSON_INIT(&b);

    join_phones(v->by);
    json_obj(&j);
    json_kint(&j, "texts", v->lines);
    write_counts(&j, &v->all);
    json_kint(&j, "leaked_chars", v->leaked);
    json_kobj(&j, "by_type");
    for (int i = 0; i < (int)KNOWN + v->others; i++) {
        if (!v->by[i].gold && !v->by[i].found)
            continue;
        json_kobj(&j, i < (int)KNOWN ? types[i].type : v->other[i - (int)KNOWN]);
        write_counts(&j, &v->by[i]);
        json_end(&j);
    }
    json_end(&j);
    json_end(&j);
    printf("%.*s\n", STR_FMT(buf_str(&b)));
    buf_release(&b);
}

enum tb_code eval_mask(struct cli *c, struct tb_err *e)
{
    struct eval v = { .c = c, .show = cli_flag(c, "--show") };
    const char *file = cli_option(c, "--file");
    struct str all;

    if (cli_no_more_options(c, e))
        return e->code;
    if (!file)
        return tb_fail(e, TB_INVALID, "请写明文件：tongban eval mask --file 文件.jsonl", "no file");
    if (fs_read(&c->mem, file, FILE_MAX, &all, e))
        return e->code;
    while (all.p) {
        struct str line = str_trim(str_cut(&all, STR("\n")));

        if (line.n && one(&v, line, e))
            return e->code;
    }
    report(&v);
    return TB_OK;
}
