/* Health, metrics, the description of the API: routes without business content. */
#ifndef CONSOLE_OPS_H
#define CONSOLE_OPS_H
#include "http/route.h"

extern const struct route ops_routes[];

#endif
