/* Every route of the program. `serve` answers by it, `tongban routes` prints it, tests walk it. */
#ifndef CLI_ROUTES_H
#define CLI_ROUTES_H
#include "http/route.h"

extern const struct route *const all_routes[]; /* tables; ends with NULL */

#endif
