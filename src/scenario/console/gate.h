/* The gate of the server (http/server.h): who asks, may this page ask for them, and a trail row
 * after every request that its route wants one for (http/route.h).
 *
 * Staff: cookie tb_session; what changes something must carry x-csrf-token. On a public route
 * without that header a signed-in member counts as a citizen. A member whose password somebody else
 * made reaches only their own session until it is changed. Citizens: cookie tb_device, set by the
 * first request that changes something; t->actor.device is its SM3, for staff too, and "" for who
 * has none and only reads. Changing requests that a
 * browser marks as coming from another site are refused.
 *
 * Trail rows of requests are on the disk before the reply goes out, except those of public reads
 * that succeed: they follow within milliseconds. */
#ifndef CONSOLE_GATE_H
#define CONSOLE_GATE_H
#include "http/server.h"

struct console_gate;
/* Uses at->db_url, data_dir and keys, which must outlive it. Fills *hooks for the server. */
enum tb_code console_gate_start(const struct services *at, const struct world *w,
                                struct console_gate **out, struct gate *hooks,
                                struct tb_err *e) MUST_USE;
void console_gate_stop(struct console_gate *g); /* after server_stop: writes, signs, frees */

enum { DEVICE_COOKIE_S = 400 * 24 * 3600, SESSION_COOKIE_S = 12 * 3600 };

#endif
