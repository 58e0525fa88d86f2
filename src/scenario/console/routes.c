#include "scenario/console/console.h"

enum { SMALL = 8 * 1024 };

const struct route console_routes[] = {
    { POST, "/api/session", PERM_PUBLIC, "session.start", SMALL, ROUTE_PLAIN, true, session_sign_in,
      "sign in" },
    { GET, "/api/session", PERM_STAFF, "", 0, ROUTE_PLAIN, false, session_show,
      "who is signed in and may do what" },
    { DELETE, "/api/session", PERM_STAFF, "session.end", 0, ROUTE_PLAIN, false, session_sign_out,
      "sign out" },
    { POST, "/api/session/password", PERM_STAFF, "session.password", SMALL, ROUTE_PLAIN, true,
      session_password, "change one's own password" },

    { GET, "/api/users", PERM_USER_READ, "user.list", 0, ROUTE_PLAIN, false, users_list,
      "accounts of members of staff" },
    { POST, "/api/users", PERM_USER_WRITE, "user.add", SMALL, ROUTE_PLAIN, true, users_add,
      "new account with a first password" },
    { POST, "/api/users/{login}/lock", PERM_USER_WRITE, "user.lock", SMALL, ROUTE_PLAIN, false,
      users_lock, "disable an account at once" },
    { POST, "/api/users/{login}/unlock", PERM_USER_WRITE, "user.unlock", SMALL, ROUTE_PLAIN, false,
      users_unlock, "enable an account, end its lock" },
    { POST, "/api/users/{login}/reset", PERM_USER_WRITE, "user.reset", SMALL, ROUTE_PLAIN, true,
      users_reset, "new first password" },
    { POST, "/api/users/{login}/role", PERM_USER_WRITE, "user.role", SMALL, ROUTE_PLAIN, false,
      users_role, "role and department of an account" },

    { GET, "/api/audit", PERM_AUDIT_READ, "audit.list", 0, ROUTE_PLAIN, false, trail_list,
      "rows of the trail" },
    { POST, "/api/audit/verify", PERM_AUDIT_READ, "audit.verify", SMALL, ROUTE_PLAIN, true,
      trail_verify, "check the whole chain" },
    { GET, "/api/audit/export", PERM_AUDIT_READ, "audit.export", 0, ROUTE_PLAIN, true, trail_export,
      "rows as JSON lines, with the newest checkpoint" },

    { GET, "/api/overview", PERM_OVERVIEW, WHEN_REFUSED("overview.show"), 0, ROUTE_PLAIN, false,
      overview_show, "figures, and what is degraded and why" },

    { GET, "/api/jobs", PERM_KNOWLEDGE_READ, WHEN_REFUSED("job.list"), 0, ROUTE_PLAIN, false,
      work_list, "background work" },
    { GET, "/api/jobs/{id}", PERM_KNOWLEDGE_READ, WHEN_REFUSED("job.show"), 0, ROUTE_PLAIN, false,
      work_show, "one background work" },
    { POST, "/api/jobs/{id}/cancel", PERM_KNOWLEDGE_WRITE, "job.cancel", SMALL, ROUTE_PLAIN, false,
      work_cancel, "cancel background work" },

    { GET, "/api/city", PERM_PUBLIC, WHEN_REFUSED("city.show"), 0, ROUTE_PLAIN, false, city_show,
      "the city, its offices, what is ready" },
    { .path = NULL },
};
