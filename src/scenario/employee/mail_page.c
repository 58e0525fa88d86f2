/* 邮件: where it goes, what it says, who signed that; the security officer signs a template. */
#include "scenario/employee/handlers.h"
#include "scenario/employee/mailing_file.h"
#include "store/db.h"

static enum tb_code count(struct talk *t, const char *state, int64_t *n, struct tb_err *e)
{
    return db_ask_int(t->db,
                      SQL("SELECT count(*) FROM incident_notice WHERE way = 'mail' AND "
                          "state = :state"),
                      ARGS(db_text("state", str_z(state))), n, NULL, e);
}

static void server_json(struct talk *t, struct json *j)
{
    struct tb_err why = TB_ERR_INIT;
    struct mailing_server m;
    bool bad = mailing_server_read(t, &m, &why) != TB_OK;

    json_kstr(j, "server", bad || !m.url ? STR("") : str_z(m.url));
    json_kstr(j, "from", bad || !m.url ? STR("") : str_z(m.from));
    json_kstr(j, "problem", bad ? str_z(why.say) : STR(""));
    json_karr(j, "to");
    for (size_t i = 0; !bad && i < m.to_n; i++) {
        json_obj(j);
        json_kstr(j, "role", m.to[i].role);
        json_kstr(j, "address", m.to[i].address);
        json_end(j);
    }
    json_end(j);
}

static enum tb_code templates_json(struct talk *t, struct json *j, struct tb_err *e)
{
    struct mailing_template *all;
    size_t n;

    if (mailing_templates(t, &all, &n, e))
        return e->code;
    json_karr(j, "templates");
    for (size_t i = 0; i < n; i++) {
        struct str by;
        bool yes;

        if (mailing_signed(t, &all[i], &yes, &by, e))
            return e->code;
        json_obj(j);
        json_kstr(j, "id", all[i].id);
        json_kstr(j, "title", all[i].title);
        json_kstr(j, "subject", all[i].subject);
        json_kstr(j, "text", all[i].text);
        json_kbool(j, "signed", yes);
        json_kstr(j, "signed_by", by);
        json_end(j);
    }
    json_end(j);
    return TB_OK;
}

static enum tb_code show(struct talk *t, struct json *j, struct tb_err *e)
{
    int64_t waiting, failed;

    if (count(t, "waiting", &waiting, e) || count(t, "failed", &failed, e))
        return e->code;
    json_obj(j);
    server_json(t, j);
    if (templates_json(t, j, e))
        return e->code;
    json_kint(j, "waiting", waiting);
    json_kint(j, "failed", failed);
    json_end(j);
    return TB_OK;
}

enum tb_code mail_show(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    (void)q;
    return show(t, &r->json, e);
}

enum tb_code mail_sign(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct mailing_template k;
    enum tb_code c;

    if (mailing_template_read(t, arena_z(&t->mem, request_param(q, "id")), &k, e))
        return e->code;
    c = db_begin(t->db, e);
    if (c)
        return c;
    c = mailing_sign(t, &k, e);
    if (!c)
        c = show(t, &r->json, e);
    return db_end(t->db, c, e);
}
