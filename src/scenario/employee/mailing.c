#include "scenario/employee/mailing.h"

#include "base/date.h"
#include "base/fs.h"
#include "base/log.h"
#include "model/mail.h"
#include "scenario/employee/mailing_file.h"

enum { TELL_MS = 10000 };

static const char *severity_title(struct str s)
{
    return str_eqz(s, "high") ? "高" : str_eqz(s, "medium") ? "中" : "低";
}

enum tb_code mailing_wanted(struct talk *t, const struct incident *x, struct tb_err *e)
{
    struct mailing_server m;
    struct tb_err why = TB_ERR_INIT;

    if (mailing_server_read(t, &m, &why)) {
        log_line(LOG_WARN, "mail", "%s", why.log);
        return TB_OK; /* an incident is opened whatever becomes of its mail */
    }
    for (size_t i = 0; i < m.to_n; i++)
        if (str_eq(m.to[i].role, x->owner_role) && notice_add(t, x->id, "mail", m.to[i].address, e))
            return e->code;
    return TB_OK;
}

static struct str filled(struct arena *a, struct str text, const struct notice *x)
{
    char at[32];
    struct buf b = BUF_INIT(64 * 1024);

    time_text(x->opened_at, at);
    while (text.p) {
        buf_add(&b, str_cut(&text, STR("{")));
        if (!text.p)
            break;
        struct str name = str_cut(&text, STR("}"));

        if (str_eqz(name, "number"))
            buf_add(&b, x->number);
        else if (str_eqz(name, "title"))
            buf_add(&b, x->title);
        else if (str_eqz(name, "severity"))
            buf_addz(&b, severity_title(x->severity));
        else if (str_eqz(name, "at"))
            buf_addf(&b, "%.10s %.5s", at, at + 11);
    }
    return arena_buf(a, &b);
}

static enum tb_code send_one(struct talk *t, const struct mailing_server *s,
                             const struct mailing_template *k, const struct notice *x,
                             struct tb_err *e)
{
    struct mail m = { .egress = s->egress,
                      .url = s->url,
                      .user = s->user,
                      .password = s->password,
                      .ca = s->ca,
                      .plain = s->plain,
                      .from = s->from,
                      .to = arena_z(&t->mem, x->target),
                      .subject = filled(&t->mem, k->subject, x),
                      .text = filled(&t->mem, k->text, x),
                      .limit_ms = TELL_MS };

    return mail_send(&t->mem, &m, t->world, e);
}

static enum tb_code send_all(struct talk *t, const struct mailing_server *s,
                             const struct mailing_template *k, struct tb_err *e)
{
    struct notice *due;
    size_t n;

    if (notice_due(t, "mail", &due, &n, e))
        return e->code;
    for (size_t i = 0; i < n; i++) {
        struct tb_err why = TB_ERR_INIT;
        enum tb_code c = send_one(t, s, k, &due[i], &why);

        if (c)
            log_line(LOG_WARN, "mail", "number=%.*s code=%s %s", STR_FMT(due[i].number),
                     tb_code_name(c), why.log);
        if (notice_done(t, &due[i], c == TB_OK, why.log, e))
            return e->code;
    }
    return TB_OK;
}

enum tb_code mailing_tell(struct talk *t, struct tb_err *e)
{
    struct tb_err why = TB_ERR_INIT;
    struct mailing_server s;
    struct mailing_template k;
    bool is_signed = false;
    enum tb_code c = TB_OK;

    if (mailing_server_read(t, &s, &why) ||
        (s.url && (mailing_template_read(t, "incident", &k, &why) ||
                   mailing_signed(t, &k, &is_signed, NULL, &why))))
        log_line(LOG_WARN, "mail", "%s", why.log);
    else if (s.url && is_signed)
        c = send_all(t, &s, &k, e);
    return c;
}
