#include "store/use.h"

#include "base/csv.h"
#include "base/date.h"
#include "base/json.h"

enum tb_code use_days(struct db *d, struct arena *a, int64_t from_day, struct use_day **out,
                      size_t *n, struct tb_err *e)
{
    struct rows *r;
    size_t cap = 0;
    bool more;

    *out = NULL;
    *n = 0;
    if (db_ask(d, a,
               SQL("SELECT key_id, day, sum(prompt + answer) FROM model_use WHERE day >= :day "
                   "GROUP BY key_id, day"),
               ARGS(db_int("day", from_day)), &r, e))
        return e->code;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        *out = arena_grow(a, *out, *n, &cap, sizeof(**out));
        (*out)[(*n)++] = (struct use_day){ rows_int(r, 0), rows_int(r, 1), rows_int(r, 2) };
    }
}

/* -- for people -- */

static const struct {
    const char *name, *title;
} bys[USE_BY_COUNT] = { [USE_BY_DEPARTMENT] = { "department", "部门" },
                        [USE_BY_KEY] = { "key", "密钥" },
                        [USE_BY_MODEL] = { "model", "模型" },
                        [USE_BY_ENGINE] = { "engine", "引擎" },
                        [USE_BY_DAY] = { "day", "日期" },
                        [USE_BY_HOUR] = { "hour", "小时" } };

const char *use_by_name(enum use_by by)
{
    return bys[by].name;
}

const char *use_by_title(enum use_by by)
{
    return bys[by].title;
}

bool use_by_parse(struct str s, enum use_by *out)
{
    for (enum use_by by = 0; by < USE_BY_COUNT; by++)
        if (str_eqz(s, bys[by].name)) {
            *out = by;
            return true;
        }
    return false;
}

/* id, number, name, then the sums; number: the day, or the hour since 1970 */
#define SUMS(id, number, name, order)                                                              \
    "SELECT " id ", " number ", " name ", sum(u.requests), sum(u.errors), sum(u.estimated), "      \
    "sum(u.prompt), sum(u.cached), sum(u.answer), sum(u.reasoning), sum(u.cost) "                  \
    "FROM model_use u LEFT JOIN department d ON d.id = u.department_id "                           \
    "LEFT JOIN api_key k ON k.id = u.key_id "                                                      \
    "WHERE u.day >= :from AND u.day <= :to "                                                       \
    "AND (:department = '' OR u.department_id IN (SELECT id FROM department_under "                \
    "WHERE root = :department)) GROUP BY 1, 2, 3 ORDER BY " order
#define MOST "sum(u.prompt + u.answer) DESC, 1"

static enum tb_code ask(struct db *d, struct arena *a, const struct use_filter *f, struct rows **r,
                        struct tb_err *e)
{
    static const struct sql by[USE_BY_COUNT] = {
        [USE_BY_DEPARTMENT] = { SUMS("u.department_id", "0", "coalesce(d.name, '')", MOST) },
        [USE_BY_KEY] = { SUMS("''", "u.key_id", "coalesce(k.name, '')", MOST) },
        [USE_BY_MODEL] = { SUMS("u.model", "0", "''", MOST) },
        [USE_BY_ENGINE] = { SUMS("u.engine", "0", "''", MOST) },
        [USE_BY_DAY] = { SUMS("''", "u.day", "''", "2") },
        [USE_BY_HOUR] = { SUMS("''", "u.day * 24 + u.hour", "''", "2") },
    };

    return db_ask(
        d, a, by[f->by],
        ARGS(db_int("from", f->from), db_int("to", f->to), db_text("department", f->department)), r,
        e);
}

static struct str id_of(struct arena *a, enum use_by by, struct str id, int64_t number)
{
    char day[16];

    if (by == USE_BY_KEY)
        return arena_printf(a, "%lld", (long long)number);
    if (by == USE_BY_DAY)
        return arena_str(a, day_text((int32_t)number, day));
    if (by == USE_BY_HOUR)
        return arena_printf(a, "%.*s %02d:00", STR_FMT(day_text((int32_t)(number / 24), day)),
                            (int)(number % 24));
    return id;
}

static void add(struct use_row *to, const struct use_row *u)
{
    to->requests += u->requests;
    to->errors += u->errors;
    to->estimated += u->estimated;
    to->prompt += u->prompt;
    to->cached += u->cached;
    to->answer += u->answer;
    to->reasoning += u->reasoning;
    to->cost += u->cost;
}

enum tb_code use_list(struct db *d, struct arena *a, const struct use_filter *f,
                      struct use_row **out, size_t *n, struct use_row *sum, struct tb_err *e)
{
    struct rows *r;
    size_t cap = 0;
    bool more;

    *out = NULL;
    *n = 0;
    *sum = (struct use_row){ 0 };
    if (ask(d, a, f, &r, e))
        return e->code;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        *out = arena_grow(a, *out, *n, &cap, sizeof(**out));
        (*out)[*n] = (struct use_row){ .id = id_of(a, f->by, rows_str(r, 0), rows_int(r, 1)),
                                       .name = rows_str(r, 2),
                                       .requests = rows_int(r, 3),
                                       .errors = rows_int(r, 4),
                                       .estimated = rows_int(r, 5),
                                       .prompt = rows_int(r, 6),
                                       .cached = rows_int(r, 7),
                                       .answer = rows_int(r, 8),
                                       .reasoning = rows_int(r, 9),
                                       .cost = rows_int(r, 10) };
        add(sum, &(*out)[(*n)++]);
    }
}

static void csv_use(struct csv *c, const struct use_row *u)
{
    csv_str(c, u->id);
    csv_str(c, u->name);
    csv_int(c, u->requests);
    csv_int(c, u->errors);
    csv_int(c, u->prompt);
    csv_int(c, u->cached);
    csv_int(c, u->answer);
    csv_int(c, u->reasoning);
    csv_int(c, u->prompt + u->answer);
    csv_int(c, u->estimated);
    csv_micro(c, u->cost);
    csv_row(c);
}

void use_csv(struct buf *out, enum use_by by, const struct use_row *rows, size_t n,
             const struct use_row *sum)
{
    static const char *const heads[] = { "名称",         "请求数",     "出错",     "提示词 token",
                                         "其中缓存命中", "回答 token", "其中推理", "token 合计",
                                         "估算的次数",   "费用（元）" };
    struct csv c = csv_begin(out);
    struct use_row last = *sum;

    csv_str(&c, str_z(bys[by].title));
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        csv_str(&c, str_z(heads[i]));
    csv_row(&c);
    for (size_t i = 0; i < n; i++)
        csv_use(&c, &rows[i]);
    last.id = STR("合计");
    last.name = STR("");
    csv_use(&c, &last);
}

void use_json(struct json *j, const struct use_row *u)
{
    json_obj(j);
    json_kstr(j, "id", u->id);
    json_kstr(j, "name", u->name);
    json_kint(j, "requests", u->requests);
    json_kint(j, "errors", u->errors);
    json_kint(j, "estimated", u->estimated);
    json_kint(j, "prompt_tokens", u->prompt);
    json_kint(j, "cached_tokens", u->cached);
    json_kint(j, "answer_tokens", u->answer);
    json_kint(j, "reasoning_tokens", u->reasoning);
    json_kint(j, "tokens", u->prompt + u->answer);
    json_kreal(j, "cost_yuan", (double)u->cost / 1e6);
    json_end(j);
}
