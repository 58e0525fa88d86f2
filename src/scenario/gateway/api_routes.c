#include "scenario/gateway/api.h"

enum { SMALL = 8 * 1024, KEY_FORM = 64 * 1024 };

struct str api_department(const struct talk *t)
{
    return t->actor.role == ROLE_DEPARTMENT_ADMIN ? t->actor.department : STR("");
}

const struct route gateway_api_routes[] = {
    { GET, "/api/keys", PERM_KEY_READ, "key.list", 0, ROUTE_PLAIN, false, keys_list,
      "keys of applications; a department admin sees their department's" },
    { POST, "/api/keys", PERM_KEY_WRITE, "key.add", KEY_FORM, ROUTE_PLAIN, false, keys_add,
      "new key; its secret is shown this once" },
    { GET, "/api/keys/{id}", PERM_KEY_READ, "key.show", 0, ROUTE_PLAIN, false, keys_show,
      "one key" },
    { PUT, "/api/keys/{id}", PERM_KEY_WRITE, "key.change", KEY_FORM, ROUTE_PLAIN, false,
      keys_change, "limits, scopes and expiry of a key; what is left out stays" },
    { POST, "/api/keys/{id}/revoke", PERM_KEY_WRITE, "key.revoke", SMALL, ROUTE_PLAIN, false,
      keys_revoke, "end a key for good; its streams end within a second" },
    { POST, "/api/keys/{id}/rotate", PERM_KEY_WRITE, "key.rotate", SMALL, ROUTE_PLAIN, false,
      keys_rotate, "new secret; the old one works for a time of grace" },
    { GET, "/api/usage", PERM_USE_READ, WHEN_REFUSED("usage.show"), 0, ROUTE_PLAIN, false, use_show,
      "what was used, by department, key, model, engine, day or hour" },
    { GET, "/api/usage.csv", PERM_USE_READ, "usage.export", 0, ROUTE_PLAIN, false, use_export,
      "the same for a spreadsheet" },
    { GET, "/api/calls/{request_id}", PERM_USE_READ, "call.show", 0, ROUTE_PLAIN, false, calls_show,
      "one call of a model: its phases, without content" },
    { GET, "/api/calls/{request_id}/content", PERM_AUDIT_READ, "call.content", 0, ROUTE_PLAIN,
      false, calls_content, "what was said in a call, as far as its key keeps it" },
    { GET, "/api/engines", PERM_USE_READ, WHEN_REFUSED("engine.list"), 0, ROUTE_PLAIN, false,
      engines_show, "the engines, who waits for them, and the last ten minutes" },
    { POST, "/api/engines/drain", PERM_OPERATE, "engine.drain", SMALL, ROUTE_PLAIN, false,
      engines_drain_one, "keep new calls from an engine, or let them come again" },
    { .path = NULL },
};
