#include "domain/employee.h"

#include <string.h>

enum { DAY_MINUTES = 24 * 60, ZONE_MINUTES = 8 * 60 };

static const struct {
    const char *name, *title;
    enum sensitivity least;
} categories[] = {
    { "inquiry", "政策问答", SENSITIVITY_MEDIUM },
    { "interpretation", "政策解读", SENSITIVITY_HIGH },
    { "hotline", "热线诉求", SENSITIVITY_MEDIUM },
    { "document", "公文处理", SENSITIVITY_MEDIUM },
    { "match", "惠企匹配", SENSITIVITY_MEDIUM },
    { "approval", "审批辅助", SENSITIVITY_HIGH },
    { "meeting", "会议服务", SENSITIVITY_LOW },
    { "emergency", "应急管理", SENSITIVITY_HIGH },
    { "care", "民生关怀", SENSITIVITY_MEDIUM },
    { "analysis", "数据分析", SENSITIVITY_LOW },
    { "knowledge", "知识管理", SENSITIVITY_LOW },
};
enum { CATEGORIES = sizeof(categories) / sizeof(categories[0]) };

static const char *const scenarios[] = { "policy",    "hotline", "document",  "match",
                                         "approval",  "meeting", "emergency", "care",
                                         "knowledge", NULL };

/* The first three hold for every employee, named or not. */
static const struct {
    const char *name, *title;
} checks[] = { { "evidence", "每句话都要有依据" },
               { "facts", "数字、日期、文号与依据一致" },
               { "mask", "个人信息先遮盖" },
               { "quote_only", "只给规定原文，不改写" },
               { "confident", "依据不够有把握就转人工" } };

static const char *const phases[][2] = { [PHASE_TRIAL] = { "trial", "试用" },
                                         [PHASE_INTERNAL] = { "internal", "内部使用" },
                                         [PHASE_PUBLIC] = { "public", "对外服务" } };

static const struct {
    const char *name, *title;
    int sampled;
} sensitivities[] = { [SENSITIVITY_LOW] = { "low", "低：少量抽查", 10 },
                      [SENSITIVITY_MEDIUM] = { "medium", "中：按比例抽查", 50 },
                      [SENSITIVITY_HIGH] = { "high", "高：先签后发", 1000 } };

static const struct {
    const char *name, *title, *words;
} duties[] = {
    [DUTY_READY] = { "ready", "在岗", "" },
    [DUTY_OFF] = { "off", "已停用", "智能回答已暂停。" },
    [DUTY_NO_GUARDIAN] = { "no_guardian", "没有监护人", "现在没有工作人员把关，智能回答暂停。" },
    [DUTY_GUARDIAN_AWAY] = { "guardian_away", "监护人不在，也没有代理",
                             "把关的工作人员今天不在，智能回答暂停。" },
    [DUTY_AFTER_HOURS] = { "after_hours", "不在服务时间", "现在不是智能回答的服务时间。" },
    [DUTY_NOT_SEEN] = { "not_seen", "还没有对外", "这类问题的智能回答还在内部试用。" },
    [DUTY_NOBODY] = { "nobody", "没有负责的数智员工", "这类问题还没有安排智能回答。" },
};

bool words_have(const struct words *w, const char *word)
{
    for (size_t i = 0; i < w->n; i++)
        if (str_eqz(w->v[i], word))
            return true;
    return false;
}

static bool in_hours(const struct employee *x, int64_t now)
{
    int64_t minutes = now / 60000 + ZONE_MINUTES;
    int64_t day = minutes / DAY_MINUTES, minute = minutes % DAY_MINUTES;
    unsigned weekday = (unsigned)((day + 3) % 7); /* 1970-01-01 was a Thursday */

    for (size_t i = 0; i < x->hour_n; i++)
        if ((x->hours[i].days >> weekday & 1) && minute >= x->hours[i].from &&
            minute < x->hours[i].to)
            return true;
    return x->hour_n == 0;
}

static bool there(const struct keeper *k)
{
    return k->id && k->able && !k->away;
}

/* A deputy stands in for a guardian who is on leave, never for one who does not exist. */
const struct keeper *employee_guard(const struct employee *x)
{
    if (!x->guardian.id || !x->guardian.able)
        return NULL;
    return there(&x->guardian) ? &x->guardian : there(&x->deputy) ? &x->deputy : NULL;
}

enum duty employee_duty(const struct employee *x, int64_t now)
{
    if (x->off)
        return DUTY_OFF;
    if (!x->guardian.id || !x->guardian.able)
        return DUTY_NO_GUARDIAN;
    if (!employee_guard(x))
        return DUTY_GUARDIAN_AWAY;
    return in_hours(x, now) ? DUTY_READY : DUTY_AFTER_HOURS;
}

const char *duty_name(enum duty d)
{
    return duties[d].name;
}

const char *duty_title(enum duty d)
{
    return duties[d].title;
}

const char *duty_words(enum duty d)
{
    return duties[d].words;
}

bool employee_kept_by(const struct employee *x, int64_t staff_id)
{
    return staff_id && (x->guardian.id == staff_id || x->deputy.id == staff_id);
}

bool employee_seen_by(const struct employee *x, const struct actor *who)
{
    if (x->phase == PHASE_PUBLIC || who->role == ROLE_SYSTEM)
        return true;
    if (who->id == 0 || who->role == ROLE_CITIZEN)
        return false;
    return x->phase == PHASE_INTERNAL || employee_kept_by(x, who->id) ||
           str_eq(who->department, x->department);
}

bool employee_must_sign(const struct employee *x)
{
    return x->sensitivity == SENSITIVITY_HIGH;
}

int employee_sampled(const struct employee *x)
{
    return sensitivities[x->sensitivity].sampled;
}

/* 0: not its business; more is nearer. */
static int nearness(const struct employee *x, const char *scenario, struct str department,
                    const struct actor *who)
{
    bool seen = employee_seen_by(x, who);

    if (!words_have(&x->scenarios, scenario) || (!seen && !x->been_public))
        return 0;
    if (x->serves.n == 0)
        return seen ? 2 : 1;
    for (size_t i = 0; i < x->serves.n; i++)
        if (str_eq(x->serves.v[i], department))
            return seen ? 4 : 3;
    return 0;
}

const struct employee *employee_for(const struct employee *all, size_t n, const char *scenario,
                                    struct str department, const struct actor *who)
{
    const struct employee *best = NULL;
    int most = 0;

    for (size_t i = 0; i < n; i++) {
        int near = nearness(&all[i], scenario, department, who);

        if (near > most) {
            most = near;
            best = &all[i];
        }
    }
    return best;
}

bool employee_any(const struct employee *all, size_t n, const char *scenario)
{
    for (size_t i = 0; i < n; i++)
        if (words_have(&all[i].scenarios, scenario))
            return true;
    return false;
}

static size_t category_of(struct str s)
{
    size_t i = 0;

    while (i < CATEGORIES && !str_eqz(s, categories[i].name))
        i++;
    return i;
}

const char *category_title(struct str s)
{
    size_t i = category_of(s);

    return i < CATEGORIES ? categories[i].title : NULL;
}

const char *category_at(size_t i)
{
    return i < CATEGORIES ? categories[i].name : NULL;
}

enum sensitivity category_sensitivity(struct str s)
{
    size_t i = category_of(s);

    return i < CATEGORIES ? categories[i].least : SENSITIVITY_HIGH;
}

bool employee_scenario_known(struct str s)
{
    for (size_t i = 0; scenarios[i]; i++)
        if (str_eqz(s, scenarios[i]))
            return true;
    return false;
}

const char *employee_check_title(struct str s)
{
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
        if (str_eqz(s, checks[i].name))
            return checks[i].title;
    return NULL;
}

bool employee_check_known(struct str s)
{
    return employee_check_title(s) != NULL;
}

const char *phase_name(enum phase p)
{
    return phases[p][0];
}

const char *phase_title(enum phase p)
{
    return phases[p][1];
}

bool phase_parse(struct str s, enum phase *out)
{
    for (enum phase p = PHASE_TRIAL; p <= PHASE_PUBLIC; p++)
        if (str_eqz(s, phases[p][0])) {
            *out = p;
            return true;
        }
    return false;
}

const char *sensitivity_name(enum sensitivity s)
{
    return sensitivities[s].name;
}

const char *sensitivity_title(enum sensitivity s)
{
    return sensitivities[s].title;
}

bool sensitivity_parse(struct str s, enum sensitivity *out)
{
    for (enum sensitivity k = SENSITIVITY_LOW; k <= SENSITIVITY_HIGH; k++)
        if (str_eqz(s, sensitivities[k].name)) {
            *out = k;
            return true;
        }
    return false;
}
