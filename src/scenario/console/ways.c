#include "scenario/console/ways.h"

#include "base/fs.h"
#include "base/yaml.h"

#include <string.h>

static enum tb_code known(const struct yaml *y, const char *const *names, struct tb_err *e)
{
    if (!y || y->kind != YAML_MAP)
        return yaml_fail(y, "这里应是“名称: 值”的列表", e);
    for (size_t i = 0; i < y->n; i++) {
        bool found = false;

        for (const char *const *n = names; *n; n++)
            found |= str_eqz(y->keys[i], *n);
        if (!found)
            return yaml_fail(y->items[i], "不认识这个名称，请对照 docs/install.md", e);
    }
    return TB_OK;
}

static char *opt(struct arena *a, const struct yaml *y, const char *name)
{
    struct str s = yaml_str(y, name);

    return s.n ? arena_z(a, s) : NULL;
}

static enum tb_code must(struct arena *a, const struct yaml *y, const char *name, char **out,
                         struct tb_err *e)
{
    *out = opt(a, y, name);
    if (!*out)
        return yaml_fail(y, arena_printf(a, "缺少 %s", name).p, e);
    return TB_OK;
}

/* A secret stands in a file of its own, never in the configuration. */
static enum tb_code secret(struct arena *a, const struct yaml *y, const char *name, struct str *out,
                           struct tb_err *e)
{
    struct str path = yaml_str(y, name);
    struct tb_err why = TB_ERR_INIT;

    *out = STR("");
    if (!path.n)
        return TB_OK;
    if (fs_read(a, arena_z(a, path), 4096, out, &why))
        return yaml_fail(yaml_get(y, name), "读不到这个文件", e);
    *out = str_trim(*out);
    return TB_OK;
}

static struct str title(struct arena *a, const struct yaml *y, const char *otherwise)
{
    struct str s = yaml_str(y, "title");

    return arena_str(a, s.n ? s : str_z(otherwise));
}

static bool loopback(const char *url)
{
    const char *at = strstr(url, "://");

    return at && (strncmp(at + 3, "127.", 4) == 0 || strncmp(at + 3, "localhost", 9) == 0 ||
                  strncmp(at + 3, "[::1]", 5) == 0);
}

static enum tb_code read_ldap(struct arena *a, const struct yaml *y, struct ways *w,
                              struct tb_err *e)
{
    static const char *const names[] = { "title",     "url", "ca",      "base",
                                         "filter",    "dn",  "bind_dn", "bind_password_file",
                                         "start_tls", NULL };

    if (known(y, names, e) || must(a, y, "url", &w->ldap.url, e) ||
        secret(a, y, "bind_password_file", &w->ldap.bind_password, e))
        return e->code;
    w->ldap.on = true;
    w->ldap.start_tls = yaml_bool(y, "start_tls", false);
    w->ldap.ca = opt(a, y, "ca");
    w->ldap.base = opt(a, y, "base");
    w->ldap.filter = opt(a, y, "filter");
    w->ldap.dn = opt(a, y, "dn");
    w->ldap.bind_dn = opt(a, y, "bind_dn");
    w->ldap.title = title(a, y, "目录账号");
    if (strncmp(w->ldap.url, "ldap://", 7) != 0 && strncmp(w->ldap.url, "ldaps://", 8) != 0)
        return yaml_fail(yaml_get(y, "url"), "应以 ldap:// 或 ldaps:// 开头", e);
    if (strncmp(w->ldap.url, "ldap://", 7) == 0 && !w->ldap.start_tls && !loopback(w->ldap.url))
        return yaml_fail(yaml_get(y, "url"), "密码不能明文传送：请用 ldaps:// 或 start_tls: true",
                         e);
    if (!w->ldap.dn && (!w->ldap.base || !w->ldap.filter))
        return yaml_fail(y, "要写 dn，或者写 base 和 filter", e);
    if (!strstr(w->ldap.dn ? w->ldap.dn : w->ldap.filter, "{login}"))
        return yaml_fail(y, "dn 或 filter 里要有 {login}", e);
    return TB_OK;
}

static enum tb_code read_oidc(struct arena *a, const struct yaml *y, struct ways *w,
                              struct tb_err *e)
{
    static const char *const names[] = {
        "title", "issuer", "ca", "client_id", "client_secret_file", "redirect", "claim", NULL
    };
    char *id;

    if (known(y, names, e) || must(a, y, "issuer", &w->oidc.issuer, e) ||
        must(a, y, "client_id", &id, e) || must(a, y, "redirect", &w->oidc.redirect, e) ||
        secret(a, y, "client_secret_file", &w->oidc.client_secret, e))
        return e->code;
    w->oidc.on = true;
    w->oidc.client_id = str_z(id);
    w->oidc.ca = opt(a, y, "ca");
    w->oidc.claim = arena_str(a, yaml_str(y, "claim"));
    if (!w->oidc.claim.n)
        w->oidc.claim = STR("preferred_username");
    w->oidc.title = title(a, y, "统一身份认证");
    if (strncmp(w->oidc.issuer, "https://", 8) != 0 && !loopback(w->oidc.issuer))
        return yaml_fail(yaml_get(y, "issuer"), "应以 https:// 开头", e);
    return TB_OK;
}

static enum tb_code read_certificate(struct arena *a, const struct yaml *y, struct ways *w,
                                     struct tb_err *e)
{
    static const char *const names[] = { "title", "gateways", "header", "verified", NULL };
    const struct yaml *list;

    if (known(y, names, e) || must(a, y, "header", &w->certificate.header, e) ||
        must(a, y, "verified", &w->certificate.verified, e))
        return e->code;
    list = yaml_get(y, "gateways");
    w->certificate.n = yaml_len(list);
    if (!w->certificate.n)
        return yaml_fail(y, "gateways 要写明网关的地址：别处来的同名头一概不认", e);
    w->certificate.on = true;
    w->certificate.title = title(a, y, "国密证书");
    w->certificate.gateways = ARENA_ARRAY(a, struct str, w->certificate.n);
    for (size_t i = 0; i < w->certificate.n; i++)
        w->certificate.gateways[i] = arena_str(a, list->items[i]->text);
    return TB_OK;
}

enum tb_code ways_load(struct arena *a, const char *path, struct ways **out, struct tb_err *e)
{
    static const char *const names[] = { "ldap", "oidc", "certificate", NULL };
    struct ways *w = ARENA_NEW(a, struct ways);
    struct yaml *y;

    *out = w;
    if (!fs_exists(path))
        return TB_OK;
    if (yaml_load(a, path, &y, e) || known(y, names, e))
        return e->code;
    if (yaml_get(y, "ldap") && read_ldap(a, yaml_get(y, "ldap"), w, e))
        return e->code;
    if (yaml_get(y, "oidc") && read_oidc(a, yaml_get(y, "oidc"), w, e))
        return e->code;
    if (yaml_get(y, "certificate") && read_certificate(a, yaml_get(y, "certificate"), w, e))
        return e->code;
    return TB_OK;
}
