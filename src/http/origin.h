/* Where a request comes from and what it is called. Pure. */
#ifndef HTTP_ORIGIN_H
#define HTTP_ORIGIN_H
#include "base/str.h"
#include "base/world.h"

enum { REQUEST_ID_MAX = 40 };

bool address_in_list(const char *list, struct str one); /* comma separated, any case */
/* The last address of an X-Forwarded-For that is not one of our proxies: what stands before it the
 * person may have made up. `otherwise` when there is none. */
struct str address_forwarded(const char *proxies, struct str field, struct str otherwise);
/* The id that was sent (x-request-id) when it looks like one, else a new one of 24 hex digits:
 * ten of the time in ms, fourteen of chance. */
void request_id_of(const struct world *w, struct str given, char out[REQUEST_ID_MAX]);

#endif
