/* `tongban routes`: what can be called, by whom, what the trail calls it. For auditors and tests.
 */
#include "cli/routes.h"

#include "base/json.h"
#include "cli/commands.h"
#include "http/match.h"
#include "scenario/access/access.h"
#include "scenario/console/ops.h"
#include "scenario/employee/employee.h"
#include "scenario/gateway/api.h"
#include "scenario/gateway/gateway.h"
#include "scenario/hotline/hotline.h"
#include "scenario/shield/shield.h"

#include <stdio.h>
#include <string.h>

const struct route *const all_routes[] = { ops_routes,
                                           console_routes,
                                           policy_routes,
                                           review_routes,
                                           knowledge_routes,
                                           gateway_routes,
                                           gateway_api_routes,
                                           employee_routes,
                                           access_routes,
                                           shield_routes,
                                           hotline_order_routes,
                                           hotline_insight_routes,
                                           NULL };

static const char *const kinds[] = { [ROUTE_PLAIN] = "plain",
                                     [ROUTE_STREAM] = "stream",
                                     [ROUTE_UPLOAD] = "upload",
                                     [ROUTE_RELAY] = "relay" };

static const char *const trails[] = {
    [TRAIL_NONE] = "none", [TRAIL_REFUSALS] = "refusals", [TRAIL_ALL] = "all"
};

static void add_roles(struct json *j, enum perm need)
{
    json_karr(j, "roles");
    for (enum role r = ROLE_CITIZEN; r < ROLE_SYSTEM; r++)
        if (role_perms(r) & (unsigned)need)
            json_str(j, str_z(role_name(r)));
    json_end(j);
}

static void add_row(struct json *j, const struct route *r)
{
    json_obj(j);
    json_kstr(j, "method", str_z(method_name(r->method)));
    json_kstr(j, "path", str_z(r->path));
    add_roles(j, r->need);
    json_kstr(j, "audit", str_z(route_verb(r)));
    json_kstr(j, "trail", str_z(trails[route_trail(r)]));
    json_kint(j, "body_max", (int64_t)r->body_max);
    json_kstr(j, "kind", str_z(kinds[r->kind]));
    json_kstr(j, "about", str_z(r->about));
    json_end(j);
}

static void print_row(const struct route *r)
{
    bool first = true;

    printf("%-7s %-42s %-18s ", method_name(r->method), r->path, route_verb(r));
    for (enum role k = ROLE_CITIZEN; k < ROLE_SYSTEM; k++) {
        if (!(role_perms(k) & (unsigned)r->need))
            continue;
        printf("%s%s", first ? "" : "、", role_title(k));
        first = false;
    }
    printf("\n");
}

static enum tb_code routes_run(struct cli *c, struct tb_err *e)
{
    struct buf b = BUF_INIT(1 << 20);
    struct json j = JSON_INIT(&b);

    if (cli_no_more_options(c, e))
        return e->code;
    json_arr(&j);
    for (size_t t = 0; all_routes[t]; t++)
        for (const struct route *r = all_routes[t]; r->path; r++)
            if (c->json)
                add_row(&j, r);
            else
                print_row(r);
    json_end(&j);
    if (c->json)
        printf("%s\n", b.p);
    buf_release(&b);
    return TB_OK;
}

const struct cli_command cli_routes = {
    "routes",
    "列出全部接口：谁可以用，审计里叫什么",
    "用法：tongban routes [--json]\n"
    "\n"
    "例：\n"
    "  tongban routes\n"
    "  tongban routes --json",
    routes_run,
};
