/* docs/openapi.yaml as a page for people: no script, nothing from elsewhere. */
#ifndef CONSOLE_MANUAL_H
#define CONSOLE_MANUAL_H
#include "base/buf.h"
#include "base/yaml.h"

/* api: the whole file. Writes one HTML page that links /api/docs/style.css. */
void manual_page(struct buf *out, const struct yaml *api);

#endif
