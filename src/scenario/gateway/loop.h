/* A loop as the gateway starts and stops it. */
#ifndef GATEWAY_LOOP_H
#define GATEWAY_LOOP_H
#include "scenario/gateway/inside.h"

enum tb_code loop_start(struct loop *l, struct gateway *g, struct tb_err *e) MUST_USE;
void loop_take(struct loop *l, int fd, const struct relay_guest *g); /* any thread */
void loop_wake(struct loop *l);
void loop_stop(struct loop *l); /* after gateway.stopping is 3 */

#endif
