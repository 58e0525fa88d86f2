#include "knowledge/label_int.h"

#include "text/numeral.h"

#include <string.h>

/* Where text says when it begins and ends to be in force. Only sentences about the document itself
 * count; the last one wins, for 附则 stands at the end. */

struct sentence {
    struct str s;
    size_t part;
};

static bool one_of(struct str s, const char *const *words)
{
    for (; *words; words++)
        if (str_has(s, str_z(*words)))
            return true;
    return false;
}

static bool starts_one_of(struct str s, const char *const *words)
{
    for (; *words; words++)
        if (str_starts(s, str_z(*words)))
            return true;
    return false;
}

static const char *const force_verbs[] = { "施行", "实施", "执行", "生效", "试行", "实行", NULL };

static bool names_itself(struct str s)
{
    static const char *const self[] = { "本办法", "本法",   "本解释", "本规定", "本细则", "本通知",
                                        "本实施", "本意见", "本方案", "本公告", "本通告", "本条例",
                                        "本标准", "本措施", "本规则", "本决定", "本规程", "本政策",
                                        "本文件", "本制度", "本目录", "本指南", "本清单", "本规范",
                                        "本若干", NULL };

    return one_of(s, self);
}

/* About this document and no other. What is no normative document (a guide, a news item) must say
 * so outright. */
static bool about_itself(const struct reading_label *r, struct str s)
{
    return names_itself(s) || (r->normative && !str_has(s, STR("《")));
}

/* ---- 施行 ---- */

/* After "起": 施行, or "30日后施行" with *later set. */
static bool force_follows(struct str s, int *later)
{
    double days;
    size_t k;

    *later = 0;
    s = str_trim(s);
    if (starts_one_of(s, force_verbs) || str_starts(s, STR("正式")) || str_starts(s, STR("开始")))
        return true;
    k = numeral_read(s, &days);
    if (k && days > 0 && days < 1000 && str_starts(str_from(s, k), STR("日后")) &&
        starts_one_of(str_trim(str_from(s, k + 6)), force_verbs)) {
        *later = (int)days;
        return true;
    }
    return false;
}

/* "自2024年7月1日起施行", "于2024年7月1日起实施", "2024年7月1日施行" */
static bool dated_start(struct str s, int32_t *day)
{
    size_t begin, end;
    int later;

    for (size_t from = 0; date_find(s, from, &begin, &end, day); from = end) {
        struct str after = str_trim(str_from(s, end));

        if (str_starts(after, STR("起")) && force_follows(str_from(after, 3), &later))
            return true;
        if (str_starts(after, STR("起至")) && names_itself(s) && one_of(after, force_verbs))
            return true;
        if (starts_one_of(after, force_verbs))
            return true;
    }
    return false;
}

/* "自公布之日起施行", "自印发之日起30日后施行": which day is meant, and how much later. */
static bool relative_start(struct str s, const char **what, int *later)
{
    static const char *const days[] = {
        "印发", "公布", "发布", "颁布", "发文", "通过", "签发", NULL
    };

    for (int i = 0; days[i]; i++) {
        size_t at = str_find(s, str_z(days[i]));
        struct str after;

        if (at == SIZE_MAX)
            continue;
        after = str_from(s, at + 6);
        if (!str_starts(after, STR("之日起")) || !force_follows(str_from(after, 9), later))
            continue;
        *what = days[i];
        return true;
    }
    return false;
}

/* The day that "印发之日" is: the colophon's date where there is one, else the date of signature;
 * "公布之日": the page's date only when nothing else is known. */
static int32_t day_meant(const struct reading_label *r, const char *what, const char **clue)
{
    if (strcmp(what, "印发") == 0 && r->printed != DAY_NONE) {
        *clue = "版记印发日期";
        return r->printed;
    }
    if (r->out->issued_on != DAY_NONE && r->out->sure[LABEL_ISSUED] >= 0.8) {
        *clue = "成文日期";
        return r->out->issued_on;
    }
    *clue = "网页发布日期";
    return r->published;
}

static void start_read(struct reading_label *r, const struct sentence *k)
{
    struct str clause = label_clause_at(r->p, k->part), at = clause.n ? clause : STR("正文");
    const char *what, *clue;
    int32_t day;
    int later;

    if (dated_start(k->s, &day)) {
        r->out->sure[LABEL_EFFECTIVE] = 0;
        label_take_day(r, LABEL_EFFECTIVE, day, 0.97, at);
    } else if (relative_start(k->s, &what, &later)) {
        day = day_meant(r, what, &clue);
        if (day == DAY_NONE)
            return;
        r->out->sure[LABEL_EFFECTIVE] = 0;
        label_take_day(r, LABEL_EFFECTIVE, day + later,
                       strcmp(clue, "版记印发日期") == 0 ? 0.9 : 0.8, at);
        label_say(r, LABEL_EFFECTIVE, false, "%.*s写明自%s之日起%s施行，%s之日按%s计", STR_FMT(at),
                  what, later ? "若干日后" : "", what, clue);
    }
}

/* ---- 有效期 ---- */

/* The last day in force: N years from the first day, which counts itself, as 规范性文件 are
 * reckoned (自2019年7月1日起有效期5年: to 2024年6月30日). */
static int32_t years_end(int32_t from, double years)
{
    int y, m, d, months = (int)(years * 12 + 0.5);
    int32_t day;

    day_split(from, &y, &m, &d);
    m += months;
    y += (m - 1) / 12;
    m = (m - 1) % 12 + 1;
    day = day_of(y, m, d);
    while (day == DAY_NONE && d > 28) /* 2月29日 */
        day = day_of(y, m, --d);
    return day == DAY_NONE ? day : day - 1;
}

/* "有效期五年", "有效期为5年", "有效期限为三年", "试行期两年", "有效期至2029年6月30日". The years,
 * or the day in *day. */
static double term_read(struct str s, int32_t *day)
{
    static const char *const heads[] = { "有效期限", "有效期", "试行期限", "试行期",
                                         "执行期限", "试行",   NULL };
    double years;

    *day = DAY_NONE;
    for (int i = 0; heads[i]; i++) {
        size_t at = str_find(s, str_z(heads[i])), k, end;
        struct str rest;

        if (at == SIZE_MAX)
            continue;
        rest = str_trim(str_from(s, at + strlen(heads[i])));
        for (int w = 0; w < 3; w++)
            if (str_starts(rest, STR("为")) || str_starts(rest, STR("是")) ||
                str_starts(rest, STR("：")))
                rest = str_trim(str_from(rest, 3));
        if ((str_starts(rest, STR("至")) || str_starts(rest, STR("到"))) &&
            date_read(str_trim(str_from(rest, 3)), day))
            return 0;
        if (str_starts(rest, STR("自")) && (end = str_find(rest, STR("至"))) != SIZE_MAX &&
            date_read(str_trim(str_from(rest, end + 3)), day))
            return 0;
        k = numeral_read(rest, &years);
        rest = str_from(rest, k);
        if (k && years > 0 && years <= 30 && str_starts(rest, STR("年")))
            return years;
        if (k && years > 0 && years <= 120 && str_starts(rest, STR("个月")))
            return years / 12;
    }
    return 0;
}

/* "…起施行，至2026年12月31日止", "2026年12月31日起废止/失效" */
static bool dated_end(struct str s, int32_t *day)
{
    size_t begin, end;

    for (size_t from = 0; date_find(s, from, &begin, &end, day); from = end) {
        struct str after = str_trim(str_from(s, end)), before = str_sub(s, 0, begin);

        if (str_starts(after, STR("止")) && str_ends(str_trim(before), STR("至")))
            return true;
        if (str_starts(after, STR("失效")) || str_starts(after, STR("自动失效")))
            return true;
    }
    *day = DAY_NONE;
    return false;
}

/* The term of the document, not of a card or a certificate: it is named, or says when it begins. */
static bool own_term(struct str s)
{
    size_t term = str_find(s, STR("有效期")), from = term == SIZE_MAX ? 0 : term;
    const char *what;
    int32_t day;
    int later;

    if (term == SIZE_MAX && str_has(s, STR("试行")))
        from = s.n;
    return names_itself(str_sub(s, 0, from)) || str_starts(str_trim(s), STR("有效期")) ||
           dated_start(s, &day) || relative_start(s, &what, &later);
}

static void end_read(struct reading_label *r, const struct sentence *k)
{
    struct str clause = label_clause_at(r->p, k->part), at = clause.n ? clause : STR("正文");
    int32_t day;
    double years = own_term(k->s) ? term_read(k->s, &day) : 0;

    if (!own_term(k->s))
        return;

    if (day == DAY_NONE && years == 0 && one_of(k->s, force_verbs))
        dated_end(k->s, &day);
    if (day != DAY_NONE) {
        r->out->sure[LABEL_EXPIRES] = 0;
        label_take_day(r, LABEL_EXPIRES, day, 0.97, at);
    } else if (years > 0 && r->out->effective_from != DAY_NONE) {
        r->out->sure[LABEL_EXPIRES] = 0;
        label_take_day(r, LABEL_EXPIRES, years_end(r->out->effective_from, years), 0.95, at);
        label_say(r, LABEL_EXPIRES, false, "%.*s写明有效期，自施行之日起算（当日计入）至期满前一日",
                  STR_FMT(at));
    }
}

/* ---- the walk ---- */

static void sentences_read(struct reading_label *r,
                           void (*read)(struct reading_label *, const struct sentence *))
{
    for (size_t i = 0; i < r->p->part_n; i++) {
        enum clean_kind kind = r->p->parts[i].kind;

        if (kind == CLEAN_ROW || kind == CLEAN_HEADER || kind == CLEAN_FRONT || kind == CLEAN_TITLE)
            continue;
        if (kind == CLEAN_ANNEX)
            break;
        for (struct str rest = clean_part_text(r->p, i); rest.p;) {
            struct sentence k = { str_cut(&rest, STR("。")), i };

            if (k.s.n && k.s.n < 1500 && about_itself(r, k.s))
                read(r, &k);
        }
    }
}

static int32_t day_in(struct str s)
{
    size_t begin, end;
    int32_t day;

    return date_find(s, 0, &begin, &end, &day) ? day : DAY_NONE;
}

/* The day of the first adoption, in the lines below the title. */
static int32_t adopted_on(const struct reading_label *r)
{
    for (size_t i = 0; i < r->p->part_n && i < 8; i++)
        if (str_has(clean_part_text(r->p, i), STR("会议通过")))
            return day_in(clean_part_text(r->p, i));
    return DAY_NONE;
}

static void issued_read(struct reading_label *r)
{
    static const char *const header[] = { "成文日期", "印发日期", "发文日期", "制定日期", NULL };
    static const char *const page[] = { "发布日期", "发布时间", "发表时间", NULL };

    r->published = day_in(clean_fact(r->p, "发布日期"));
    if (r->published == DAY_NONE)
        r->published = day_in(label_header(r, page));
    label_take_day(r, LABEL_ISSUED, day_in(label_header(r, header)), 1, STR("文件头"));
    for (size_t i = 0; i < r->p->part_n; i++) {
        struct str s = clean_part_text(r->p, i);
        enum clean_kind k = r->p->parts[i].kind;

        if (k == CLEAN_SIGN)
            label_take_day(r, LABEL_ISSUED, day_in(s), 0.95, STR("落款"));
        if (s.n < 200 && str_ends(s, STR("印发")) && day_in(s) != DAY_NONE)
            r->printed = day_in(s);
    }
    if (label_is_statute(r))
        label_take_day(r, LABEL_ISSUED, adopted_on(r), 0.9, STR("题注"));
    label_take_day(r, LABEL_ISSUED, day_in(clean_fact(r->p, "成文日期")), 0.9, STR("网页信息"));
    label_take_day(r, LABEL_ISSUED, r->printed, 0.85, STR("版记"));
    label_take_day(r, LABEL_ISSUED, r->published, 0.5, STR("网页发布日期"));
    label_take_day(r, LABEL_ISSUED, day_in(r->file_name), 0.4, STR("文件名"));
}

/* What the header says, beside what the text says. */
static void reconcile(struct reading_label *r, enum label_what w, int32_t stated, int32_t text,
                      const char *where)
{
    char a[16], b[16];

    if (stated == DAY_NONE)
        return;
    if (text != DAY_NONE && text != stated && r->out->sure[w] < 0.85)
        label_say(r, w, false, "正文%.*s只写“之日起”，按%s的%s计", STR_FMT(r->out->clue[w]), where,
                  label_title(w));
    else if (text != DAY_NONE && text != stated)
        label_say(r, w, true, "%s写的%s是%s，正文%.*s推得%s，请核对", where, label_title(w),
                  day_text(stated, a).p, STR_FMT(r->out->clue[w]), day_text(text, b).p);
    if (text == DAY_NONE || strcmp(where, "文件头") == 0 || r->out->sure[w] < 0.85) {
        r->out->sure[w] = 0;
        label_take_day(r, w, stated, strcmp(where, "文件头") == 0 ? 1 : 0.9, str_z(where));
    }
}

static void effective_read(struct reading_label *r)
{
    static const char *const header[] = { "施行日期", "实施日期", "生效日期", "执行日期", NULL };
    int32_t text, page = day_in(clean_fact(r->p, "施行日期"));

    sentences_read(r, start_read);
    text = r->out->effective_from;
    reconcile(r, LABEL_EFFECTIVE, page, text, "网页信息");
    reconcile(r, LABEL_EFFECTIVE, day_in(label_header(r, header)), text, "文件头");
}

static void expires_read(struct reading_label *r)
{
    static const char *const header[] = { "失效日期", "废止日期", "有效期至", NULL };
    int32_t text, page = day_in(clean_fact(r->p, "失效日期"));

    sentences_read(r, end_read);
    text = r->out->expires_on;
    reconcile(r, LABEL_EXPIRES, page, text, "网页信息");
    reconcile(r, LABEL_EXPIRES, day_in(label_header(r, header)), text, "文件头");
}

/* No word on when it takes effect: the day it was made, which a person should confirm when the
 * document is one that binds. */
static void effective_fallback(struct reading_label *r)
{
    if (r->out->effective_from != DAY_NONE)
        return;
    if (r->out->issued_on == DAY_NONE) {
        label_say(r, LABEL_EFFECTIVE, true, "没有读出施行日期，也没有成文日期，请补上");
        return;
    }
    label_take_day(r, LABEL_EFFECTIVE, r->out->issued_on, 0.5, r->out->clue[LABEL_ISSUED]);
    /* a 通知 or 公告 without such a clause takes effect as it is issued; rules by article say when
     */
    label_say(r, LABEL_EFFECTIVE, r->articles || (r->normative && r->out->sure[LABEL_ISSUED] < 0.9),
              "没有写明施行日期，暂按%.*s计", STR_FMT(r->out->clue[LABEL_ISSUED]));
}

void label_dates_read(struct reading_label *r)
{
    struct label *l = r->out;

    issued_read(r);
    effective_read(r);
    effective_fallback(r);
    expires_read(r);
    if (l->effective_from != DAY_NONE && l->issued_on != DAY_NONE &&
        l->effective_from < l->issued_on && l->sure[LABEL_ISSUED] >= 0.8)
        label_say(r, LABEL_EFFECTIVE, true, "施行日期早于成文日期，请核对");
    if (l->expires_on != DAY_NONE && l->effective_from != DAY_NONE &&
        l->expires_on < l->effective_from) {
        label_say(r, LABEL_EXPIRES, true, "失效日期早于施行日期，已略去，请核对");
        l->expires_on = DAY_NONE;
        l->sure[LABEL_EXPIRES] = 0;
    }
}
