/* Puts the fixed part of the answer prompt into the engine's cache before the first person asks, so
 * that their first word does not wait for it. */
#ifndef SCENARIO_POLICY_WARM_H
#define SCENARIO_POLICY_WARM_H
#include "base/world.h"
#include "domain/services.h"

struct warmer;
/* A thread of its own that waits for an engine, asks once, and ends. at must live until warm_stop.
 */
struct warmer *warm_start(const struct services *at, const struct world *w);
void warm_stop(struct warmer *w); /* NULL is fine */

#endif
