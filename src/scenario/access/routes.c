#include "scenario/access/access.h"

enum { SMALL = 8 * 1024 };

const struct route access_routes[] = {
    { GET, "/api/access/rules", PERM_USER_READ, WHEN_REFUSED("access.show"), 0, ROUTE_PLAIN, false,
      rules_show, "who needs a second factor, a second person, a purpose" },
    { PUT, "/api/access/rules", PERM_USER_WRITE, "access.rules", SMALL, ROUTE_PLAIN, false,
      rules_change, "changes them" },

    { GET, "/api/approvals", PERM_CONFIRM, "approval.list", 0, ROUTE_PLAIN, false, approvals_list,
      "what waits for a second person, and what was decided" },
    { POST, "/api/approvals", PERM_CONFIRM, "approval.ask", SMALL, ROUTE_PLAIN, false,
      approvals_ask, "asks for a second person's confirmation" },
    { POST, "/api/approvals/{id}/confirm", PERM_CONFIRM, "approval.confirm", SMALL, ROUTE_PLAIN,
      false, approvals_confirm, "confirms what another asked for" },
    { POST, "/api/approvals/{id}/refuse", PERM_CONFIRM, "approval.refuse", SMALL, ROUTE_PLAIN,
      false, approvals_refuse, "refuses it" },

    { GET, "/api/purpose", PERM_STAFF, WHEN_REFUSED("purpose.show"), 0, ROUTE_PLAIN, false,
      purpose_show, "what sensitive things are read for at the moment" },
    { POST, "/api/purpose", PERM_STAFF, "purpose.declare", SMALL, ROUTE_PLAIN, false, purpose_say,
      "says what for, for half an hour" },

    { GET, "/api/departments", PERM_STAFF, WHEN_REFUSED("department.tree"), 0, ROUTE_PLAIN, false,
      departments_tree, "departments and what they are under" },
    { PUT, "/api/departments/{id}", PERM_USER_WRITE, "department.move", SMALL, ROUTE_PLAIN, false,
      departments_move, "puts a department under another" },

    { GET, "/api/audit/keeping", PERM_AUDIT_READ, WHEN_REFUSED("audit.keeping"), 0, ROUTE_PLAIN,
      false, keeping_show, "how long rows of the trail stay, and whether a hold stands" },
    { PUT, "/api/audit/hold", PERM_AUDIT_READ, "audit.hold", SMALL, ROUTE_PLAIN, false,
      keeping_hold, "puts a legal hold on the trail, or takes it off" },
    { GET, "/api/audit/figures", PERM_AUDIT_READ, "audit.figures", 0, ROUTE_PLAIN, true,
      figures_show, "rows of the trail by day, verb, person and outcome" },

    { GET, "/api/personal", PERM_CONFIRM, "personal.list", 0, ROUTE_PLAIN, false, personal_list,
      "requests about one's own personal data" },
    { POST, "/api/personal", PERM_USER_WRITE, "personal.find", SMALL, ROUTE_PLAIN, true,
      personal_ask, "finds what is kept about a person, in every table" },
    { GET, "/api/personal/{receipt}", PERM_CONFIRM, "personal.show", 0, ROUTE_PLAIN, false,
      personal_show, "one request, what was found and done" },
    { POST, "/api/personal/{receipt}/carry", PERM_USER_WRITE, "personal.carry", SMALL, ROUTE_PLAIN,
      true, personal_carry, "corrects or erases what was found" },
    { .path = NULL },
};
