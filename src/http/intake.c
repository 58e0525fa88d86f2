/* What a head says: who, where to, which route or page. Runs in the loop, waits for nothing. */
#include "http/inside.h"

#include <string.h>

static void read_origin(struct exchange *x)
{
    const struct conn *c = x->conn;
    struct str address = str_z(c->address);

    if (c->trusted) {
        address = address_forwarded(x->server->o.proxies,
                                    head_value(&x->more.head, "x-forwarded-for"), address);
        x->https = str_case_eq(head_value(&x->more.head, "x-forwarded-proto"), STR("https"));
    }
    x->talk.actor.role = ROLE_CITIZEN;
    x->talk.actor.address = arena_str(&x->talk.mem, address);
    x->request.peer = arena_z(&x->talk.mem, str_z(c->address));
}

static bool host_allowed(const struct server *s, struct str host)
{
    size_t colon = host.n;

    if (!s->o.hosts || !host.p)
        return true;
    while (colon > 0 && host.p[colon - 1] >= '0' && host.p[colon - 1] <= '9')
        colon--;
    if (colon > 0 && host.p[colon - 1] == ':' && (host.p[0] != '[' || host.p[colon - 2] == ']'))
        host.n = colon - 1;
    return address_in_list(s->o.hosts, host);
}

/* ---- pages ---- */

static bool accepts(struct str field, const char *coding)
{
    struct str rest = field;

    while (rest.p && rest.n) {
        struct str item = str_cut(&rest, STR(","));
        struct str name = str_trim(str_cut(&item, STR(";")));

        if (str_case_eq(name, str_z(coding)))
            return !item.p || !str_starts(str_trim(item), STR("q=0")) || str_has(item, STR("q=0."));
    }
    return false;
}

static void choose_coding(struct exchange *x, const struct site_file *f)
{
    struct str wanted = head_value(&x->more.head, "accept-encoding");

    x->site_body = f->plain;
    if (f->gzip.p || f->brotli.p)
        reply_header(&x->reply, "Vary", STR("Accept-Encoding"));
    if (f->brotli.p && accepts(wanted, "br")) {
        x->site_body = f->brotli;
        reply_header(&x->reply, "Content-Encoding", STR("br"));
    } else if (f->gzip.p && accepts(wanted, "gzip")) {
        x->site_body = f->gzip;
        reply_header(&x->reply, "Content-Encoding", STR("gzip"));
    }
}

static int reply_page(struct exchange *x, const struct site_file *f)
{
    struct str known = head_value(&x->more.head, "if-none-match");

    x->site = x->server->site;
    site_keep(x->site);
    x->reply.content_type = f->type;
    reply_header(&x->reply, "Etag", str_z(f->etag));
    reply_header(&x->reply, "Cache-Control",
                 f->immutable ? STR("public, max-age=31536000, immutable") : STR("no-cache"));
    choose_coding(x, f);
    if (str_has(known, str_z(f->etag)) || str_eqz(known, "*")) {
        x->reply.status = 304;
        x->site_body = str_of("", 0);
    }
    exchange_compose(x);
    exchange_log(x);
    return -1;
}

static const struct site_file *find_page(struct exchange *x)
{
    struct server *s = x->server;
    int64_t now = world_mono_us(s->o.world);

    if (now - s->site_looked_us > 1000000) {
        s->site_looked_us = now;
        if (site_stale(s->site)) {
            site_drop(s->site);
            s->site = site_open(s->o.static_dir);
        }
    }
    return site_find(s->site, x->request.path);
}

/* ---- routes ---- */

static int reply_options(struct exchange *x, const char *allow)
{
    x->reply.status = 204;
    reply_header(&x->reply, "Allow", arena_printf(&x->talk.mem, "%s, OPTIONS", allow));
    exchange_compose(x);
    exchange_log(x);
    return -1;
}

static int no_route(struct exchange *x, bool known_method)
{
    const struct match *m = &x->more.match;
    bool options = str_eqz(x->more.head.method, "OPTIONS");
    const struct site_file *page;

    if (m->path_known) {
        if (options)
            return reply_options(x, m->allow);
        reply_header(&x->reply, "Allow", str_z(m->allow));
        return known_method ? 405 : 501;
    }
    page = find_page(x);
    if (page && x->request.method == GET)
        return reply_page(x, page);
    if (page && options)
        return reply_options(x, "GET, HEAD");
    return page ? 405 : known_method || options ? 404 : 501;
}

static int find_route(struct exchange *x)
{
    struct str method = x->more.head.method;
    bool known = true;

    x->head_only = str_eqz(method, "HEAD");
    if (x->head_only)
        x->request.method = GET;
    else
        known = method_parse(method, &x->request.method);
    matcher_find(x->server->matcher, x->request.method, x->request.path, &x->more.match);
    if (!x->more.match.route)
        return no_route(x, known);
    if (x->head_only && x->more.match.route->kind == ROUTE_STREAM)
        return 405;
    x->request.route = x->more.match.route;
    return 0;
}

void request_name(struct exchange *x)
{
    request_id_of(x->talk.world, head_value(&x->more.head, "x-request-id"), x->talk.request_id);
    read_origin(x);
}

int request_read(struct exchange *x, struct str bytes)
{
    struct str head = arena_str(&x->talk.mem, bytes), query;
    struct tb_err e = TB_ERR_INIT;
    int status = head_parse(head, &x->more.head);

    request_name(x);
    if (status)
        return status;
    x->keep_alive = x->more.head.keep_alive;
    if (!host_allowed(x->server, x->more.head.host))
        return 421;
    if (str_eqz(x->more.head.target, "*"))
        return reply_options(x, "GET, HEAD, POST, PUT, DELETE");
    if (target_split(&x->talk.mem, x->more.head.target, &x->request.path, &query, &e) ||
        target_query(&x->talk.mem, query, &x->more.query, &e))
        return 400;
    return find_route(x);
}
