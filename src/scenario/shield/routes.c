#include "scenario/shield/shield.h"

enum { SMALL = 8 * 1024, WORDS = 8 * 1024 * 1024 };

const struct route shield_routes[] = {
    { GET, "/api/egress", PERM_USER_READ, WHEN_REFUSED("egress.show"), 0, ROUTE_PLAIN, false,
      egress_show, "where the program may connect to outside the city's own network" },
    { POST, "/api/egress", PERM_USER_WRITE, "egress.add", SMALL, ROUTE_PLAIN, false, egress_make,
      "makes an entry; beyond the border a second person confirms first" },
    { POST, "/api/egress/{id}/end", PERM_USER_WRITE, "egress.end", SMALL, ROUTE_PLAIN, false,
      egress_stop, "ends an entry" },

    { GET, "/api/limits", PERM_OPERATE, WHEN_REFUSED("limits.show"), 0, ROUTE_PLAIN, false,
      flood_show, "who was made to wait or to prove, and whether it is an attack" },

    { PUT, "/api/limits", PERM_OPERATE, "limits.change", SMALL, ROUTE_PLAIN, false, flood_change,
      "other limits, in force at once" },
    { POST, "/api/limits/undo", PERM_OPERATE, "limits.undo", SMALL, ROUTE_PLAIN, false, flood_undo,
      "the limits before come back" },

    { GET, "/api/words", PERM_USER_READ, WHEN_REFUSED("words.show"), 0, ROUTE_PLAIN, false,
      words_show, "imported lists of forbidden words, and whether the tables are in order" },
    { POST, "/api/words", PERM_USER_WRITE, "words.import", WORDS, ROUTE_PLAIN, true, words_import,
      "a list of words, tried on the city's documents first" },
    { POST, "/api/words/{name}/undo", PERM_USER_WRITE, "words.undo", SMALL, ROUTE_PLAIN, false,
      words_undo, "the version before comes back" },
    { POST, "/api/words/{name}/drop", PERM_USER_WRITE, "words.drop", SMALL, ROUTE_PLAIN, false,
      words_drop, "takes a list out of use" },
    { .path = NULL },
};
