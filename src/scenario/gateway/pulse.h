/* The gateway's pulse: what went through it in each two seconds of the last ten minutes, so that a
 * page that is opened now shows what was. From the counters of base/metrics.h; thread-safe. */
#ifndef GATEWAY_PULSE_H
#define GATEWAY_PULSE_H
#include "base/json.h"
#include "base/world.h"

enum { PULSE_MS = 2000, PULSES = 300 };

/* Called often by anybody who lives as long as the gateway; takes a beat when one is due. */
void pulse_take(const struct world *w);
/* An array of the beats after since (ms since 1970), oldest first. */
void pulse_json(struct json *j, int64_t since);

#endif
