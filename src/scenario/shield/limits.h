/* The limits against floods as the system admin has set them (setting limits.flood): in force at
 * once, kept over a restart, with the way back. */
#ifndef SHIELD_LIMITS_H
#define SHIELD_LIMITS_H
#include "guard/flood.h"
#include "store/db.h"

/* What was set, over *io; nothing was: *io stays. A value of an older program that makes no sense
 * is passed over. */
enum tb_code limits_kept(struct db *d, struct flood_limits *io, struct tb_err *e) MUST_USE;

#endif
