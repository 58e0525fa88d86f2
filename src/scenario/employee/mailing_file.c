#include "scenario/employee/mailing_file.h"

#include "base/date.h"
#include "base/fs.h"
#include "base/yaml.h"
#include "crypto/sm3.h"
#include "model/mail.h"
#include "store/audit.h"
#include "store/setting.h"

#include <string.h>

enum { PASSWORD_MAX = 1024 };

/* -- mail.yaml -- */

static enum tb_code known(const struct yaml *map, const char *const *names, struct tb_err *e)
{
    for (size_t i = 0; i < map->n; i++) {
        size_t k = 0;

        while (names[k] && !str_eqz(map->keys[i], names[k]))
            k++;
        if (!names[k])
            return yaml_fail(map->items[i], "这里没有这一项", e);
    }
    return TB_OK;
}

static void free_egress(void *g)
{
    egress_free(g);
}

static enum tb_code read_to(const struct yaml *to, struct mailing_server *m, struct tb_err *e)
{
    for (size_t i = 0; to && i < to->n; i++) {
        const struct yaml *list = to->items[i];
        enum role role;

        if (!role_parse(to->keys[i], &role))
            return yaml_fail(list, "没有这个角色", e);
        for (size_t k = 0; k < yaml_len(list); k++) {
            if (!mail_address_ok(list->items[k]->text))
                return yaml_fail(list->items[k], "不是邮件地址", e);
            if (m->to_n == MAILING_TO)
                return yaml_fail(list->items[k], "收件地址太多（最多 32 个）", e);
            m->to[m->to_n++] = (struct mailing_to){ to->keys[i], list->items[k]->text };
        }
    }
    return TB_OK;
}

static const char *optional(struct arena *a, const struct yaml *y, const char *key)
{
    struct str s = yaml_str(y, key);

    return s.n ? arena_z(a, s) : NULL;
}

static enum tb_code read_password(struct talk *t, const struct yaml *y, struct mailing_server *m,
                                  struct tb_err *e)
{
    const char *path = optional(&t->mem, y, "password_file");
    struct str text;

    if (!path)
        return TB_OK;
    if (fs_read(&t->mem, path, PASSWORD_MAX, &text, e))
        return e->code;
    m->password = arena_z(&t->mem, str_trim(text));
    return TB_OK;
}

enum tb_code mailing_server_read(struct talk *t, struct mailing_server *out, struct tb_err *e)
{
    static const char *const names[] = { "server", "from",  "user", "password_file",
                                         "ca",     "plain", "to",   NULL };
    struct egress *g;
    struct yaml *y;
    char *path;

    *out = (struct mailing_server){ .url = NULL };
    if (!t->at->data_dir)
        return TB_OK;
    path = fs_join(&t->mem, t->at->data_dir, "mail.yaml");
    if (!fs_exists(path))
        return TB_OK;
    if (yaml_load(&t->mem, path, &y, e) || known(y, names, e))
        return e->code;
    g = egress_new();
    arena_defer(&t->mem, free_egress, g);
    out->egress = g;
    out->from = arena_z(&t->mem, yaml_str(y, "from"));
    out->user = optional(&t->mem, y, "user");
    out->ca = optional(&t->mem, y, "ca");
    out->plain = yaml_bool(y, "plain", false);
    if (!mail_address_ok(yaml_str(y, "from")))
        return yaml_fail(y, "from 应是一个邮件地址", e);
    if (read_to(yaml_get(y, "to"), out, e) || read_password(t, y, out, e) ||
        egress_allow_mail(g, arena_z(&t->mem, yaml_str(y, "server")), e))
        return e->code;
    if (out->plain && out->user)
        return yaml_fail(yaml_get(y, "plain"), "密码不能明文传送：有账号时不能 plain: true", e);
    out->url = arena_z(&t->mem, yaml_str(y, "server"));
    return TB_OK;
}

/* -- rules/mail.yaml -- */

static const char *const places[] = { "number", "title", "severity", "at", NULL };

static bool braces_ok(struct str text)
{
    while (text.p) {
        struct str name;
        size_t k = 0;

        str_cut(&text, STR("{"));
        if (!text.p)
            return true;
        name = str_cut(&text, STR("}"));
        while (places[k] && !str_eqz(name, places[k]))
            k++;
        if (!text.p || !places[k])
            return false;
    }
    return true;
}

static enum tb_code read_template(struct arena *a, const struct yaml *y,
                                  struct mailing_template *out, struct tb_err *e)
{
    static const char *const names[] = { "id", "title", "subject", "text", NULL };

    if (known(y, names, e))
        return e->code;
    *out = (struct mailing_template){ .id = yaml_str(y, "id"),
                                      .title = yaml_str(y, "title"),
                                      .subject = yaml_str(y, "subject"),
                                      .text = yaml_str(y, "text") };
    if (!out->id.n || !out->subject.n || !out->text.n)
        return yaml_fail(y, "模板要有 id、subject 和 text", e);
    if (!braces_ok(out->subject) || !braces_ok(out->text))
        return yaml_fail(y, "只能写 {number}、{title}、{severity} 和 {at}", e);
    sm3_hex(arena_printf(a, "%.*s\n%.*s", STR_FMT(out->subject), STR_FMT(out->text)), out->sm3);
    return TB_OK;
}

enum tb_code mailing_templates(struct talk *t, struct mailing_template **out, size_t *n,
                               struct tb_err *e)
{
    static const char *const top[] = { "templates", NULL };
    const struct yaml *list;
    struct yaml *y;

    if (yaml_load(&t->mem,
                  fs_join(&t->mem, fs_join(&t->mem, t->at->share_dir, "rules"), "mail.yaml"), &y,
                  e) ||
        known(y, top, e))
        return e->code;
    list = yaml_get(y, "templates");
    *n = yaml_len(list);
    *out = ARENA_ARRAY(&t->mem, struct mailing_template, *n + 1);
    for (size_t i = 0; i < *n; i++)
        if (read_template(&t->mem, list->items[i], &(*out)[i], e))
            return e->code;
    return TB_OK;
}

enum tb_code mailing_template_read(struct talk *t, const char *id, struct mailing_template *out,
                                   struct tb_err *e)
{
    struct mailing_template *all;
    size_t n;

    if (mailing_templates(t, &all, &n, e))
        return e->code;
    for (size_t i = 0; i < n; i++)
        if (str_eqz(all[i].id, id)) {
            *out = all[i];
            return TB_OK;
        }
    return tb_fail(e, TB_NOT_FOUND, "没有这个邮件模板", "mail template %s", id);
}

/* -- who signed -- */

static const char *setting_of(struct talk *t, const struct mailing_template *k)
{
    return arena_printf(&t->mem, "mail.signed.%.*s", STR_FMT(k->id)).p;
}

enum tb_code mailing_signed(struct talk *t, const struct mailing_template *k, bool *yes,
                            struct str *by, struct tb_err *e)
{
    struct str kept, digest;

    *yes = false;
    if (setting_read(t->db, &t->mem, setting_of(t, k), &kept, e))
        return e->code;
    digest = str_cut(&kept, STR(" "));
    *yes = str_eqz(digest, k->sm3);
    if (by)
        *by = *yes && kept.p ? kept : STR("");
    return TB_OK;
}

enum tb_code mailing_sign(struct talk *t, const struct mailing_template *k, struct tb_err *e)
{
    char at[32];
    struct str value;

    time_text(world_now_ms(t->world), at);
    value =
        arena_printf(&t->mem, "%s %.*s %.10s %.5s", k->sm3, STR_FMT(t->actor.login), at, at + 11);
    if (setting_write(t->db, setting_of(t, k), value, e))
        return e->code;
    return audit_witness(t, "mail.sign", k->id, arena_printf(&t->mem, "sm3=%s", k->sm3), e);
}
