/* What kind of number it is: by its check where the standard has one, else by the words before it.
 */
#include "guard/mask_int.h"

#include "base/utf8.h"

struct seen { /* a number and where it stands */
    struct str in;
    size_t at, end;
    const struct figures *f;
    size_t n, groups; /* of the figures: what is looked at now */
    struct str label;
};

/* ---- the words before it ---- */

static bool is_filler(uint32_t c)
{
    static const uint32_t fillers[] = { ' ',    '\t',   '\n',   '\r',   0x3000, 0xa0,   ':',
                                        '=',    '"',    '\'',   '(',    '[',    '*',    '+',
                                        ',',    '|',    0xff1a, 0xff08, 0x3010, 0x201c, 0x2018,
                                        0xff1d, 0xff0c, 0x300c, 0x2f,   0 };

    if (c == 0x662f || c == 0x4e3a) /* 是 为 */
        return true;
    for (size_t i = 0; fillers[i]; i++)
        if (fillers[i] == c)
            return true;
    return false;
}

/* Is [.., *to) the end of a remark in brackets? Then *to moves before it. */
static bool skip_remark(struct str s, size_t *to)
{
    size_t at = *to, steps = 0;
    uint32_t c = mask_back(s, &at);

    if (c != ')' && c != 0xff09 && c != 0x3011 && c != ']')
        return false;
    while (at > 0 && steps++ < 12) {
        c = mask_back(s, &at);
        if (c == '(' || c == 0xff08 || c == 0x3010 || c == '[') {
            *to = at;
            return true;
        }
    }
    return false;
}

struct str mask_label_before(struct str s, size_t at)
{
    size_t to = at, look = at;

    for (int i = 0; i < 8 && look > 0 && is_filler(mask_back(s, &look)); i++)
        to = look;
    if (skip_remark(s, &to))
        for (look = to; look > 0 && is_filler(mask_back(s, &look));)
            to = look;
    return mask_before(s, to, 60);
}

static const struct str id_labels[] = { W("身份证"),       W("身份证号"),     W("身份证号码"),
                                        W("身份证件号码"), W("身份号码"),     W("证件号"),
                                        W("证件号码"),     W("公民身份号码"), W("身份证件号"),
                                        W("证号"),         W("ID"),           { NULL, 0 } };
static const struct str passport_labels[] = {
    W("护照"), W("护照号"), W("护照号码"), W("passport"), { NULL, 0 }
};
static const struct str permit_labels[] = { W("通行证"),     W("通行证号"), W("通行证号码"),
                                            W("通行证编号"), W("回乡证"),   W("回乡证号"),
                                            W("台胞证"),     W("台胞证号"), W("台胞证号码"),
                                            W("回乡证号码"), W("居住证号"), W("居住证号码"),
                                            W("旅行证号"),   W("通行证件"), W("通行证件号码"),
                                            { NULL, 0 } };
static const struct str card_labels[] = {
    W("银行卡"),   W("银行卡号"), W("卡号"),     W("账号"),     W("帐号"),
    W("储蓄卡"),   W("储蓄卡号"), W("工资卡"),   W("借记卡"),   W("信用卡"),
    W("信用卡号"), W("银行账号"), W("银行账户"), W("账户"),     W("收款账号"),
    W("存折"),     W("存折号"),   W("工资卡号"), W("银行帐号"), { NULL, 0 }
};
static const struct str phone_labels[] = { W("电话"),  W("电话号码"), W("座机"),     W("座机号"),
                                           W("固话"),  W("固定电话"), W("联系方式"), W("电话号"),
                                           W("宅电"),  W("家电"),     W("联系电话"), W("座机号码"),
                                           { NULL, 0 } };
static const struct str office_labels[] = {
    W("热线电话"), W("咨询电话"), W("监督电话"), W("投诉电话"), W("举报电话"), W("服务电话"),
    W("办公电话"), W("报警电话"), W("维修电话"), W("火警电话"), W("客服电话"), W("值班电话"),
    W("报修电话"), W("预约电话"), W("窗口电话"), W("订餐电话"), W("公开电话"), { NULL, 0 }
};
static const struct str medical_labels[] = {
    W("病历号"),   W("病历号码"), W("病历编号"), W("病案号"),     W("病案编号"),     W("住院号"),
    W("住院号码"), W("门诊号"),   W("门诊号码"), W("就诊号"),     W("就诊卡号"),     W("就诊卡"),
    W("病人ID"),   W("患者ID"),   W("患者编号"), W("就诊编号"),   W("体检号"),       W("体检编号"),
    W("检查号"),   W("影像号"),   W("医保卡号"), W("医保号"),     W("医疗保险卡号"), W("门诊病历"),
    W("病历本号"), W("就医卡号"), W("医保编号"), W("住院病历号"), { NULL, 0 }
};
static const struct str house_labels[] = {
    W("户号"),     W("户口号"),     W("户口簿号"),   W("户口本号"),   W("户籍号"),
    W("用户号"),   W("用户编号"),   W("客户编号"),   W("客户号"),     W("缴费户号"),
    W("燃气户号"), W("用电户号"),   W("用水户号"),   W("户口簿编号"), W("家庭编号"),
    W("户编号"),   W("户口本编号"), W("户口簿号码"), W("缴费号"),     W("水表号"),
    W("电表号"),   W("低保证号"),   W("户主编号"),   W("户籍编号"),   { NULL, 0 }
};
static const struct str case_labels[] = { W("案号"),     W("案件编号"),   W("案件号"),
                                          W("立案号"),   W("受案编号"),   W("报警编号"),
                                          W("接警编号"), W("警情编号"),   W("立案编号"),
                                          W("案卷号"),   W("案件受理号"), W("接处警编号"),
                                          { NULL, 0 } };

/* What is numbered like that is no person's. */
static const struct str thing_labels[] = {
    W("单号"),     W("订单号"),   W("工单编号"), W("流水号"),   W("发票号"),
    W("发票号码"), W("条码"),     W("条形码"),   W("型号"),     W("序列号"),
    W("批号"),     W("快递号"),   W("合同编号"), W("产品编号"), W("项目编号"),
    W("课程号"),   W("图书编号"), W("邮编"),     W("代码"),     { NULL, 0 }
};

static const struct {
    const char *kind;
    const struct str *labels;
    size_t least, most;
} labelled[] = {
    { MASK_MEDICAL, medical_labels, 4, 20 }, { MASK_HOUSEHOLD, house_labels, 4, 20 },
    { MASK_CASE, case_labels, 5, 24 },       { MASK_PASSPORT, passport_labels, 6, 12 },
    { MASK_BANK_CARD, card_labels, 12, 21 },
};

static size_t digits_in(const struct seen *w)
{
    size_t n = 0;

    for (size_t i = 0; i < w->n; i++)
        n += w->f->s[i] >= '0' && w->f->s[i] <= '9';
    return n;
}

/* One group, or groups with dashes between them. */
static bool is_one(const struct seen *w)
{
    for (size_t g = 1; g < w->groups; g++)
        if (w->f->gap[g] != '-')
            return false;
    return true;
}

static const char *by_label(const struct seen *w)
{
    if (!w->label.n || digits_in(w) < 3)
        return NULL;
    for (size_t i = 0; i < sizeof labelled / sizeof labelled[0]; i++)
        if (w->n >= labelled[i].least && w->n <= labelled[i].most &&
            (is_one(w) || labelled[i].labels == card_labels) &&
            mask_ends(w->label, labelled[i].labels))
            return labelled[i].kind;
    if (!mask_ends(w->label, id_labels))
        return NULL;
    if (number_like_id(w->f->s, w->n) || number_is_taiwan_id(w->f->s, w->n))
        return MASK_ID;
    return w->n >= 8 && w->n <= 9 && number_is_hongkong_id(w->f->s, w->n) ? MASK_ID : NULL;
}

/* ---- the shapes in which groups are written ---- */

static size_t size_of(const struct seen *w, size_t g)
{
    return (size_t)(w->f->first[g + 1] - w->f->first[g]);
}

static bool are_single(const struct seen *w)
{
    for (size_t g = 0; g < w->groups; g++)
        if (size_of(w, g) != 1)
            return false;
    return true;
}

static bool has_line(const struct seen *w)
{
    for (size_t g = 1; g < w->groups; g++)
        if (w->f->gap[g] == '\n')
            return true;
    return false;
}

/* 138 1234 5678 and its like; what lists of amounts look like is none. `from`: groups before it,
 * a country's code. */
static bool phone_shape(const struct seen *w, size_t from)
{
    static const char *const shapes[] = { "b",    "344",   "38",  "74",   "335",   "443",
                                          "434",  "56",    "353", "3422", "32222", "65",
                                          "2333", "11334", "47",  NULL };
    char shape[FIGURE_GROUPS + 1];
    size_t n = 0;

    for (size_t g = from; g < w->groups; g++) {
        size_t size = size_of(w, g);

        shape[n++] = (char)(size < 10 ? '0' + size : 'a' + size - 10);
    }
    shape[n] = 0;
    for (size_t i = 0; shapes[i]; i++)
        if (strcmp(shape, shapes[i]) == 0)
            return true;
    return (has_line(w) && w->groups - from <= 3) || (from == 0 && are_single(w));
}

/* ---- kinds that stand by themselves ---- */

/* 86 13812345678, 0086-…, 013812345678 */
static const char *mobile(const struct seen *w)
{
    const char *p = w->f->s;
    size_t code = strncmp(p, "0086", 4) == 0 ? 4 : strncmp(p, "86", 2) == 0 ? 2 : 0, from = 0;

    if (w->n == 11 && number_is_mobile(p, 11) && phone_shape(w, 0))
        return MASK_MOBILE;
    if (w->n == 12 && p[0] == '0' && number_is_mobile(p + 1, 11) && w->groups == 1)
        return MASK_MOBILE;
    if (!code || w->n != code + 11 || !number_is_mobile(p + code, 11))
        return NULL;
    if (w->groups == 1)
        return MASK_MOBILE;
    while (from < w->groups && w->f->first[from] < code)
        from++;
    return w->f->first[from] == code && phone_shape(w, from) ? MASK_MOBILE : NULL;
}

/* Groups of a landline after its area code: 8888 6666, 8888666; then an extension. */
static bool landline_shape(const struct seen *w, size_t area)
{
    size_t g = 0, local = 0, n;

    if (w->groups == 1)
        return w->n - area == 7 || w->n - area == 8;
    if (size_of(w, 0) != area && size_of(w, 0) < area + 7)
        return false;
    local = size_of(w, 0) - area;
    for (g = 1; g < w->groups && local < 7; g++) {
        n = size_of(w, g);
        if (n < 2)
            return false;
        local += n;
    }
    if (local != 7 && local != 8)
        return false;
    return g == w->groups || (g + 1 == w->groups && w->f->gap[g] == '-' && size_of(w, g) <= 6);
}

/* The number of an office: it stands in policies, and everybody may know it. */
static bool is_office(const struct seen *w)
{
    static const struct str offices[] = {
        W("窗口"), W("咨询"),   W("热线"), W("服务"), W("大厅"), W("办事处"), W("专区"),  W("总机"),
        W("中心"), W("图书馆"), W("举报"), W("监督"), W("值班"), W("客服"),   { NULL, 0 }
    };
    struct str near = mask_clause(mask_before(w->in, w->at, 60));

    if (str_eqz(near, "电话") || str_eqz(near, "联系电话"))
        near = mask_sentence(mask_before(w->in, w->at, 60));
    if (mask_ends(w->label, office_labels))
        return true;
    for (size_t i = 0; offices[i].p; i++)
        if (str_has(near, offices[i]))
            return true;
    return false;
}

static const char *landline(const struct seen *w)
{
    size_t area = number_area_code(w->f->s, w->n);

    if ((area || mask_ends(w->label, phone_labels)) && is_office(w))
        return NULL;
    if (area && w->n > area && w->f->s[area] >= '2' && number_is_digits(w->f->s, w->n) &&
        landline_shape(w, area))
        return MASK_PHONE;
    if (w->groups <= 2 && (w->n == 7 || w->n == 8) && w->f->s[0] >= '2' &&
        number_is_digits(w->f->s, w->n) && mask_ends(w->label, phone_labels))
        return MASK_PHONE;
    return NULL;
}

/* Groups of a card: at least three figures each, or one figure each. */
static bool card_shape(const struct seen *w)
{
    if (has_line(w) && w->groups > 2)
        return false;
    for (size_t g = 0; g < w->groups; g++) {
        if (number_is_mobile(w->f->s + w->f->first[g], size_of(w, g)))
            return false;
        if (size_of(w, g) < 3 && g + 1 < w->groups)
            return are_single(w);
    }
    return true;
}

/* E and G with eight figures, E with a letter and seven; D, S, P for those in public service. */
static bool is_passport(const struct seen *w)
{
    const char *p = w->f->s;
    bool second = p[1] >= 'A' && p[1] <= 'Z' && p[1] != 'I' && p[1] != 'O';

    if (w->n == 9 && (p[0] == 'E' || p[0] == 'G'))
        return number_is_digits(p + 2, 7) &&
               (number_is_digits(p + 1, 1) || (p[0] == 'E' && second));
    return w->n == 9 && (p[0] == 'D' || p[0] == 'S' || p[0] == 'P') && p[1] == 'E' &&
           number_is_digits(p + 2, 7);
}

/* Permits say of themselves nothing: the words near by do. H and M for Hong Kong and Macao
 * residents, C and W for mainland residents going there, L and T for Taiwan. */
static bool is_permit(const struct seen *w)
{
    static const struct str words[] = { W("通行证"),   W("回乡证"),   W("台胞证"),   W("往来港澳"),
                                        W("港澳居民"), W("台湾居民"), W("往来台湾"), { NULL, 0 } };
    const char *p = w->f->s;
    struct str near = mask_sentence(mask_before(w->in, w->at, 75));
    bool letter = strchr("HMCWLT", p[0]) != NULL;
    size_t n = w->n - letter;

    size_t letters = !letter ? 0 : n == 8 && p[1] > '9' ? 2 : 1; /* CA1234567 */

    if (w->groups > 4 || !number_is_digits(p + letters, w->n - letters))
        return false;
    if (letter ? n != 8 && n != 10 && n != 9 : n != 8 && n != 10)
        return false;
    if (!letter)
        return mask_ends(w->label, permit_labels);
    for (size_t i = 0; words[i].p; i++)
        if (str_has(near, words[i]))
            return true;
    return false;
}

/* A sum of money, a share, a number of a document: no phone, no card. */
static bool is_amount(const struct seen *w)
{
    static const struct str units[] = { W("元"), W("万"), W("亿"), W("块"),    W("吨"),
                                        W("股"), W("%"),  W("％"), { NULL, 0 } };
    static const struct str signs[] = { W("￥"), W("¥"),  W("$"),     W("第"),
                                        W("〕"), W("﹞"), { NULL, 0 } };
    size_t at = w->end;

    while (at < w->in.n && w->in.p[at] == ' ')
        at++;
    if (mask_begins(str_from(w->in, at), units) || mask_ends(mask_before(w->in, w->at, 4), signs))
        return true;
    return w->groups < w->f->groups && w->f->gap[w->groups] == '.' && size_of(w, w->groups) <= 2;
}

static const char *by_itself(const struct seen *w)
{
    const char *p = w->f->s, *kind;

    if (w->n == 18 && number_is_id(p))
        return MASK_ID;
    if (w->n == 19 && strchr("GLJ", p[0]) && number_is_id(p + 1)) /* a pupil's number */
        return MASK_ID;
    if (w->n == 18 && strchr("159ANY", p[0]) && number_is_credit_code(p))
        return MASK_CREDIT;
    if (is_passport(w) && w->groups <= 3)
        return MASK_PASSPORT;
    kind = by_label(w);
    if (!kind && w->n >= 8 && is_permit(w))
        return MASK_PERMIT;
    if (kind || w->n < 7 || is_amount(w) || mask_ends(w->label, thing_labels))
        return kind;
    if (number_is_card(p, w->n) && card_shape(w) && !number_like_id(p, w->n))
        return MASK_BANK_CARD;
    kind = number_is_digits(p, w->n) ? mobile(w) : NULL;
    return kind ? kind : landline(w);
}

/* A Hong Kong card's check character stands in brackets: A123456(3). */
static size_t hongkong(struct seen *w)
{
    char p[16];
    size_t at = w->end, n = w->n;
    bool han;
    uint32_t open = mask_peek(w->in, at);

    if (w->groups != 1 || (n != 7 && n != 8) || (open != '(' && open != 0xff08))
        return 0;
    memcpy(p, w->f->s, n);
    utf8_next(w->in, &at);
    p[n] = at < w->in.n ? mask_figure(utf8_next(w->in, &at), &han) : 0;
    open = mask_peek(w->in, at);
    if (!p[n] || (open != ')' && open != 0xff09))
        return 0;
    utf8_next(w->in, &at);
    if (number_is_hongkong_id(p, n + 1))
        return at - w->at;
    return n == 7 && strchr("157", p[0]) && number_is_digits(p, 8) &&
                   str_has(mask_before(w->in, w->at, 60), STR("澳门"))
               ? at - w->at
               : 0;
}

static size_t kind_of(struct seen *w, const char **kind)
{
    for (w->groups = w->f->groups; w->groups > 0; w->groups--) {
        w->n = w->f->first[w->groups];
        w->end = w->f->ends[w->n - 1];
        if (w->n < 4)
            break;
        *kind = by_itself(w);
        if (*kind)
            return w->end - w->at;
    }
    w->groups = w->f->groups ? 1 : 0;
    if (!w->groups)
        return 0;
    w->n = w->f->first[1];
    w->end = w->f->ends[w->n - 1];
    *kind = MASK_ID;
    return hongkong(w);
}

size_t mask_number_at(struct str s, size_t at, const char **kind)
{
    struct figures f;
    struct seen w = { .in = s, .at = at, .f = &f };
    size_t n;

    figures_read(s, at, false, &f);
    if (f.n >= 4) {
        w.label = mask_label_before(s, at);
        n = kind_of(&w, kind);
        if (n)
            return n;
    }
    n = f.n;
    if (!f.cut)
        return 0;
    figures_read(s, at, true, &f);
    if (f.n <= n || f.n < 7)
        return 0;
    w.label = mask_label_before(s, at);
    return kind_of(&w, kind);
}
