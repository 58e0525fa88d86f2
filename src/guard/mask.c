#include "guard/mask.h"
#include "guard/mask_int.h"

#include "base/date.h"
#include "base/json.h"
#include "base/utf8.h"

#include <pthread.h>
#include <string.h>

static uint32_t half_width(uint32_t c)
{
    return c >= 0xff01 && c <= 0xff5e ? c - 0xfee0 : c;
}

static bool is_alnum(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_gap(uint32_t c)
{
    return c == ' ' || c == '-' || c == 0x3000 || c == 0x2014 || c == 0x2013 || c == 0xa0;
}

/* No kind has a run with this letter in it but a passport's second place. */
static bool ends_hope(const struct mask_run *r, char c)
{
    bool foreign = c == 'I' || c == 'O' || c == 'S' || c == 'V' || c == 'Z';

    return foreign && !(r->n == 1 && (r->digits[0] == 'E' || r->digits[0] == 'G'));
}

void mask_run_read(struct str s, size_t at, size_t most, struct mask_run *r)
{
    bool gap = false;

    r->n = 0;
    r->open = true;
    while (at < s.n) {
        unsigned char b = (unsigned char)s.p[at];
        uint32_t c = b < 0x80 ? b : half_width(utf8_next(s, &at));

        at += b < 0x80;
        if (is_gap(c) && !gap && r->n > 0) {
            gap = true;
            continue;
        }
        r->open = is_alnum(c) && r->n < most;
        if (!r->open)
            break;
        gap = false;
        c = c >= 'a' && c <= 'z' ? c - 32 : c;
        if (most == MASK_RUN && ends_hope(r, (char)c)) {
            r->n = 0;
            r->open = false;
            break;
        }
        r->digits[r->n] = (char)c;
        r->ends[r->n++] = at;
    }
    r->digits[r->n] = 0;
}

static bool all_digits(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] < '0' || p[i] > '9')
            return false;
    return true;
}

static int number(const char *p, size_t n)
{
    int v = 0;

    for (size_t i = 0; i < n; i++)
        v = v * 10 + (p[i] - '0');
    return v;
}

/* GB 11643-1999: 17 digits with weights, check character by ISO 7064 MOD 11-2; birth date must
 * exist. */
static bool is_id_number(const char *p)
{
    static const int weight[] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
    int sum = 0;

    if (!all_digits(p, 17) || p[0] == '0')
        return false;
    for (int i = 0; i < 17; i++)
        sum += (p[i] - '0') * weight[i];
    return day_of(number(p + 6, 4), number(p + 10, 2), number(p + 12, 2)) != DAY_NONE &&
           "10X98765432"[sum % 11] == p[17];
}

/* GB/T 15694.1: the Luhn sum of a card number is a multiple of ten. */
static bool is_luhn(const char *p, size_t n)
{
    int sum = 0;

    for (size_t i = 0; i < n; i++) {
        int d = p[n - 1 - i] - '0';

        if (i % 2 && (d *= 2) > 9)
            d -= 9;
        sum += d;
    }
    return sum % 10 == 0;
}

/* GB 32100-2015: 18 characters without I O S V Z, weights 3^i mod 31, check character. */
static bool is_credit_code(const char *p)
{
    static const char set[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    int sum = 0, weight = 1, last = -1;

    for (int i = 0; i < 18; i++) {
        const char *at = p[i] ? strchr(set, p[i]) : NULL;

        if (!at)
            return false;
        last = (int)(at - set);
        if (i < 17)
            sum += last * weight;
        weight = weight * 3 % 31;
    }
    return (31 - sum % 31) % 31 == last;
}

/* The kind of a run that is digits and nothing else; NULL: not personal. */
static const char *kind_of_digits(const char *p, size_t n)
{
    if (n >= 16 && n <= 19 && p[0] >= '3' && is_luhn(p, n))
        return "银行卡号";
    if (n == 13 && memcmp(p, "861", 3) == 0 && p[3] >= '3')
        return "手机号";
    if (n == 11 && p[0] == '1' && p[1] >= '3')
        return "手机号";
    if ((n == 11 || n == 12) && p[0] == '0' && p[1] >= '1')
        return "电话";
    return NULL;
}

const char *mask_run_kind(const struct mask_run *r)
{
    const char *p = r->digits;

    if (r->n == 18 && is_id_number(p))
        return "身份证号";
    if (r->n == 18 && !all_digits(p, 18) && is_credit_code(p))
        return "信用代码";
    if (r->n == 9 && (p[0] == 'E' || p[0] == 'G') && all_digits(p + 2, 7))
        return "护照号";
    return all_digits(p, r->n) ? kind_of_digits(p, r->n) : NULL;
}

static bool mail_char(char c)
{
    return is_alnum((unsigned char)c) || c == '.' || c == '_' || c == '-' || c == '+';
}

static size_t mail_at(struct str s)
{
    size_t at = 0, dot = 0, end;

    while (at < s.n && mail_char(s.p[at]))
        at++;
    if (at == 0 || at >= s.n || s.p[at] != '@')
        return 0;
    for (end = at + 1; end < s.n && mail_char(s.p[end]); end++)
        if (s.p[end] == '.')
            dot = end;
    while (end > dot + 1 && s.p[end - 1] == '.')
        end--;
    return dot > at + 1 && end > dot + 2 ? end : 0;
}

static const char provinces[] = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";

/* GA 36-2018: province character, office letter, 5 (or 6, new energy) letters and digits. */
static size_t plate_at(struct str s)
{
    struct mask_run r;

    if (s.n < 9 || ((unsigned char)s.p[0] & 0xf0) != 0xe0 ||
        !str_has(str_z(provinces), str_sub(s, 0, 3)))
        return 0;
    mask_run_read(s, 3, 8, &r);
    if (r.digits[0] < 'A' || r.digits[0] > 'Z' || (r.n != 6 && r.n != 7))
        return 0;
    for (size_t i = 1; i < r.n; i++)
        if (r.digits[i] >= '0' && r.digits[i] <= '9')
            return r.ends[r.n - 1];
    return 0;
}

static bool is_han(uint32_t c)
{
    return c >= 0x4e00 && c <= 0x9fff;
}

/* The commonest single-character family names; a name model comes with the guard issue. */
static bool is_family_name(struct str c)
{
    static const char names[] =
        "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏"
        "苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵"
        "万覃武钱戴严莫孔温康施牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚"
        "符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳穆"
        "农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫柏宗瞿桂全佟应臧闵苟邬边卞姬师栾隋刁沙"
        "荣巫寇桑郎甄丛仲虞敖巩佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥班储原栗燕楚鄢劳谌奚";

    return str_has(str_z(names), c);
}

/* A name after words that announce one: two or three characters, the first a family name; a
 * function word ends it, so that 我叫张伟今年78 gives 张伟. */
static size_t name_at(struct str s)
{
    static const char stops[] = "的在是今我他她有了和与就想要去从住来到户不也能可";
    size_t at = 0, chars = 0;

    while (chars < 3 && at < s.n) {
        size_t start = at;
        bool han = is_han(utf8_next(s, &at));
        struct str c = str_sub(s, start, at - start);

        if (chars == 0 && (!han || !is_family_name(c)))
            return 0;
        if (!han || (chars >= 1 && str_has(str_z(stops), c))) {
            at = start;
            break;
        }
        chars++;
    }
    return chars >= 2 ? at : 0;
}

static const char *const cues[] = {
    "我叫",   "我名叫",   "姓名：", "姓名:",  "姓名是", "名字叫", "本人姓名",
    "名叫",   "联系人：", "户主是", "孩子叫", "儿子叫", "女儿叫", "老婆叫",
    "老公叫", "妈妈叫",   "爸爸叫", "母亲叫", "父亲叫",
};

static size_t name_cue(struct str s)
{
    if (s.n < 6 || ((unsigned char)s.p[0] & 0xf0) != 0xe0)
        return 0;
    for (size_t i = 0; i < sizeof(cues) / sizeof(cues[0]); i++)
        if (str_starts(s, str_z(cues[i])))
            return strlen(cues[i]);
    return 0;
}

/* A bit per character: one that a cue or a plate begins with, and one that stands second in a cue.
 * All of them take three bytes. */
static uint8_t begins[8192], second[8192];
static pthread_once_t begins_once = PTHREAD_ONCE_INIT;

static void put_in(uint8_t *set, struct str s, size_t at)
{
    uint32_t c = utf8_next(s, &at);

    set[c >> 3] |= (uint8_t)(1U << (c & 7));
}

static inline bool is_in(const uint8_t *set, uint32_t c)
{
    return set[c >> 3] >> (c & 7) & 1;
}

static void begins_fill(void)
{
    for (size_t i = 0; i < sizeof(cues) / sizeof(cues[0]); i++) {
        put_in(begins, str_z(cues[i]), 0);
        put_in(second, str_z(cues[i]), 3);
    }
    for (size_t at = 0; at < sizeof(provinces) - 1; at += 3)
        put_in(begins, str_z(provinces), at);
}

/* The character of three bytes at `at`, 0 if none stands there. */
static inline uint32_t three(const unsigned char *p, size_t at, size_t to)
{
    if (at + 2 >= to || (p[at] & 0xf0) != 0xe0 ||
        ((p[at + 1] ^ 0x80U) | (p[at + 2] ^ 0x80U)) >= 0x40)
        return 0;
    return (p[at] & 0x0fU) << 12 | (p[at + 1] & 0x3fU) << 6 | (p[at + 2] & 0x3fU);
}

/* A cue goes on with one of few characters, a plate with a letter. */
static inline bool goes_on(const unsigned char *p, size_t at, size_t to)
{
    return at < to && (is_alnum(p[at]) || p[at] == 0xef || is_in(second, three(p, at, to)));
}

/* The first place from `at` on where something personal may begin. Nearly all text ends here. */
static size_t quiet(struct str s, size_t at, bool *after_alnum)
{
    const unsigned char *p = (const unsigned char *)s.p;
    bool alnum = *after_alnum;

    while (at < s.n) {
        uint32_t c = three(p, at, s.n);
        size_t n = c ? 3 : 1;
        bool now;

        if (c && is_in(begins, c) && goes_on(p, at + 3, s.n))
            break;
        if (!c)
            c = p[at];
        now = (n == 1 || c > 0x7f) && is_alnum(half_width(c));
        if (now && !alnum)
            break;
        alnum = now;
        at += n;
    }
    *after_alnum = alnum;
    return at;
}

static enum tb_code put(struct arena *a, struct mask *m, struct buf *out, const char *kind,
                        struct str value, struct tb_err *e)
{
    struct mask_item *it = &m->items[m->n];
    int same_kind = 1;

    for (size_t i = 0; i < m->n; i++) {
        if (strcmp(m->items[i].kind, kind) != 0)
            continue;
        if (str_eq(m->items[i].value, value)) {
            buf_add(out, m->items[i].token);
            return TB_OK;
        }
        same_kind++;
    }
    if (m->n == MASK_MAX)
        return tb_fail(e, TB_TOO_LARGE, "内容里的个人信息太多，请只保留要问的事", "mask items > %d",
                       MASK_MAX);
    it->kind = kind;
    it->value = arena_str(a, value);
    it->token = arena_printf(a, "〔%s%d〕", kind, same_kind);
    buf_add(out, it->token);
    m->n++;
    return TB_OK;
}

struct masking {
    struct arena *mem;
    struct mask *mask;
    struct str in; /* as it is read */
    const struct speech_view *view;
    struct str source; /* what it is a view of */
    struct buf out;
    size_t done;    /* of source: already in out */
    size_t no_mail; /* no address begins before this */
    bool json, quoted;
};

/* An address is looked for once in a run of its characters: what ends the run ends every part. */
static size_t mail_from(struct masking *w, size_t at)
{
    size_t n;

    if (at < w->no_mail)
        return 0;
    n = mail_at(str_from(w->in, at));
    w->no_mail = at;
    while (!n && w->no_mail < w->in.n && mail_char(w->in.p[w->no_mail]))
        w->no_mail++;
    return n;
}

/* Bytes of personal data that begin at `at`, and their kind; 0: none. */
static size_t personal_at(struct masking *w, size_t at, bool after_alnum, const char **kind)
{
    struct str rest = str_from(w->in, at);
    size_t look = 0, n = plate_at(rest);
    struct mask_run r;

    *kind = "车牌";
    if (n)
        return n;
    if (after_alnum || !is_alnum(half_width(utf8_next(rest, &look))))
        return 0;
    *kind = "邮箱";
    n = mail_from(w, at);
    if (n)
        return n;
    mask_run_read(w->in, at, MASK_RUN, &r);
    *kind = r.n ? mask_run_kind(&r) : NULL;
    return *kind ? r.ends[r.n - 1] - at : 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Does in[from..to) stand in JSON as a value of its own? */
static bool is_bare(const struct masking *w, size_t from, size_t to)
{
    while (from > 0 && is_blank(w->in.p[from - 1]))
        from--;
    while (to < w->in.n && is_blank(w->in.p[to]))
        to++;
    return !w->quoted && from > 0 && to < w->in.n && strchr(":,[", w->in.p[from - 1]) &&
           strchr(",]}", w->in.p[to]);
}

static enum tb_code mask_at(struct masking *w, size_t at, size_t n, const char *kind,
                            struct tb_err *e)
{
    size_t from = speech_view_raw(w->view, at);
    struct str before = str_sub(w->source, w->done, from - w->done);
    bool bare;
    enum tb_code c;

    if (w->json)
        w->quoted = speech_view_quoted(before, w->quoted);
    bare = w->json && is_bare(w, at, at + n);
    buf_add(&w->out, before);
    w->done = speech_view_raw(w->view, at + n);
    if (bare)
        buf_addc(&w->out, '"');
    c = put(w->mem, w->mask, &w->out, kind, str_sub(w->in, at, n), e);
    if (bare)
        buf_addc(&w->out, '"');
    return c;
}

static enum tb_code mask_all(struct masking *w, struct tb_err *e)
{
    bool after_alnum = false;
    size_t at;

    for (at = quiet(w->in, 0, &after_alnum); at < w->in.n; at = quiet(w->in, at, &after_alnum)) {
        const char *kind = "姓名";
        size_t cue = name_cue(str_from(w->in, at));
        size_t n = cue ? name_at(str_from(w->in, at + cue)) : 0;

        if (n)
            at += cue;
        else
            n = personal_at(w, at, after_alnum, &kind);
        if (n && mask_at(w, at, n, kind, e))
            return e->code;
        after_alnum = !n && is_alnum(half_width(utf8_next(w->in, &at)));
        at += n;
    }
    return TB_OK;
}

static enum tb_code mask_run_all(struct masking *w, struct str *out, struct tb_err *e)
{
    w->out.max = w->source.n * 8 + 64;
    pthread_once(&begins_once, begins_fill);
    if (mask_all(w, e)) {
        buf_release(&w->out);
        return e->code;
    }
    *out = w->source;
    if (w->done > 0) {
        buf_add(&w->out, str_from(w->source, w->done));
        *out = arena_buf(w->mem, &w->out);
    }
    return TB_OK;
}

enum tb_code mask_view(struct arena *a, struct mask *m, const struct speech_view *v, struct str in,
                       struct str *out, struct tb_err *e)
{
    struct masking w = { .mem = a, .mask = m, .in = v->text, .view = v, .source = in };
    struct str s = str_trim(in);

    w.json = s.n && (s.p[0] == '{' || s.p[0] == '[');
    return mask_run_all(&w, out, e);
}

enum tb_code mask_more(struct arena *a, struct mask *m, struct str in, struct str *out,
                       struct tb_err *e)
{
    struct speech_view v = { in, NULL, NULL };
    struct masking w = { .mem = a, .mask = m, .in = in, .view = &v, .source = in };

    return mask_run_all(&w, out, e);
}

enum tb_code mask_text(struct arena *a, struct mask *m, struct str in, struct str *out,
                       struct tb_err *e)
{
    if (mask_more(a, m, in, out, e))
        return e->code;
    if (out->p == in.p)
        *out = arena_str(a, in);
    return TB_OK;
}

struct str mask_restore(struct arena *a, const struct mask *m, struct str text)
{
    struct buf b = BUF_INIT(text.n * 4 + 4096);
    size_t at = 0;

    while (at < text.n) {
        size_t i = 0, next = at;

        while (i < m->n && !str_starts(str_from(text, at), m->items[i].token))
            i++;
        if (i < m->n) {
            buf_add(&b, m->items[i].value);
            at += m->items[i].token.n;
            continue;
        }
        utf8_next(text, &next);
        buf_add(&b, str_sub(text, at, next - at));
        at = next;
    }
    return arena_buf(a, &b);
}

struct str mask_to_json(struct arena *a, const struct mask *m)
{
    struct buf b = BUF_INIT(64 * 1024);
    struct json j = JSON_INIT(&b);

    json_arr(&j);
    for (size_t i = 0; i < m->n; i++) {
        json_obj(&j);
        json_kstr(&j, "kind", str_z(m->items[i].kind));
        json_kstr(&j, "token", m->items[i].token);
        json_kstr(&j, "value", m->items[i].value);
        json_end(&j);
    }
    json_end(&j);
    return arena_buf(a, &b);
}

enum tb_code mask_from_json(struct arena *a, struct str json, struct mask *m, struct tb_err *e)
{
    const struct json_value *v;

    m->n = 0;
    if (json_read(a, json, &v, e))
        return e->code;
    for (size_t i = 0; i < json_len(v) && i < MASK_MAX; i++) {
        const struct json_value *it = json_at(v, i);

        m->items[i].kind = arena_z(a, json_get_str(it, "kind"));
        m->items[i].token = arena_str(a, json_get_str(it, "token"));
        m->items[i].value = arena_str(a, json_get_str(it, "value"));
        m->n++;
    }
    return TB_OK;
}
