/* The city as every page needs it: name, hotline, offices with their windows, and whether the
 * helpers behind the answers are there. */
#include "scenario/console/console.h"

#include "base/date.h"
#include "knowledge/search.h"
#include "model/pool.h"
#include "store/db.h"

static enum tb_code departments(struct talk *t, struct json *j, struct tb_err *e)
{
    struct rows *rows;
    bool more;

    if (db_ask(t->db, &t->mem,
               SQL("SELECT id, name, short, phone, windows FROM department ORDER BY place, id"),
               NO_ARGS, &rows, e))
        return e->code;
    json_karr(j, "departments");
    for (;;) {
        if (rows_next(rows, &more, e))
            return e->code;
        if (!more)
            break;
        json_obj(j);
        json_kstr(j, "id", rows_str(rows, 0));
        json_kstr(j, "name", rows_str(rows, 1));
        json_kstr(j, "short", rows_str(rows, 2));
        json_kstr(j, "phone", rows_str(rows, 3));
        json_key(j, "windows");
        json_raw(j, rows_str(rows, 4)); /* written by set-up's JSON writer */
        json_end(j);
    }
    json_end(j);
    return TB_OK;
}

static void part(struct json *j, const char *key, bool ready, const char *yes, const char *no)
{
    json_kobj(j, key);
    json_kbool(j, "ready", ready);
    json_kstr(j, "message", str_z(ready ? yes : no));
    json_end(j);
}

static void ready(struct talk *t, struct json *j)
{
    struct search_state s = { 0 };
    bool engine = t->at && t->at->pool && pool_ready(t->at->pool);

    if (t->at && t->at->search)
        search_state(t->at->search, &s);
    json_kobj(j, "ready");
    part(j, "engine", engine, "智能助手已就绪",
         "智能助手正在准备；现在先给出政策原文和标准回答，也可以转人工");
    part(j, "embeddings", s.embedded > 0, "语义检索已就绪",
         "语义检索正在准备；现在按字词检索，结果同样来自现行政策");
    json_end(j);
}

static enum tb_code city_row(struct talk *t, struct json *j, struct tb_err *e)
{
    struct rows *rows;
    bool more;

    if (db_ask(t->db, &t->mem, SQL("SELECT name, hotline, profile FROM city WHERE id = 1"), NO_ARGS,
               &rows, e) ||
        rows_next(rows, &more, e))
        return e->code;
    json_kstr(j, "name", more ? rows_str(rows, 0) : STR("本市"));
    json_kstr(j, "hotline", more ? rows_str(rows, 1) : STR("12345"));
    json_key(j, "portal");
    json_raw(j, more ? rows_str(rows, 2) : STR("{}"));
    rows_close(rows);
    return TB_OK;
}

/* The first question of some standard answers: worth trying, for they are answered at once. */
static enum tb_code examples(struct talk *t, struct json *j, struct tb_err *e)
{
    struct rows *rows;
    bool more;

    if (db_ask(t->db, &t->mem,
               SQL("SELECT q.text FROM standard_question q JOIN standard_answer a "
                   "ON a.id = q.standard_answer_id WHERE a.state = 'approved' "
                   "AND (a.valid_to IS NULL OR a.valid_to >= :today) AND q.id = (SELECT min(x.id) "
                   "FROM standard_question x WHERE x.standard_answer_id = a.id) "
                   "ORDER BY a.id LIMIT 6"),
               ARGS(db_day("today", day_today(t->world))), &rows, e))
        return e->code;
    json_karr(j, "examples");
    for (;;) {
        if (rows_next(rows, &more, e))
            return e->code;
        if (!more)
            break;
        json_str(j, rows_str(rows, 0));
    }
    json_end(j);
    return TB_OK;
}

enum tb_code city_show(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct json *j = &r->json;
    char today[16];

    (void)q;
    json_obj(j);
    if (city_row(t, j, e))
        return e->code;
    json_kstr(j, "today", day_text(day_today(t->world), today));
    if (departments(t, j, e))
        return e->code;
    ready(t, j);
    if (examples(t, j, e))
        return e->code;
    json_end(j);
    return TB_OK;
}
