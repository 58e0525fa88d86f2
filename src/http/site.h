/* The built pages (web/dist): read once, sent from memory with what was compressed at build
 * time. Paths are looked up in the list, never on the disk, so no path can lead outside. */
#ifndef HTTP_SITE_H
#define HTTP_SITE_H
#include "base/err.h"

struct site;
struct site_file {
    struct str path; /* "/assets/app-1a2b.js" */
    const char *type;
    struct str plain, gzip, brotli; /* p NULL: not there */
    char etag[24];                  /* quoted */
    bool immutable;                 /* its name changes when its content does */
};

/* dir NULL or absent: an empty site. */
struct site *site_open(const char *dir);
void site_keep(struct site *s);
void site_drop(struct site *s);
/* NULL if there is none. "/" is index.html; so is every path that looks like a page (no dot in its
 * last part, not under /api/, /v1/, /health/ or /metrics) when there is no such file. */
const struct site_file *site_find(const struct site *s, struct str path);
/* The folder was built anew since site_open. Cheap. */
bool site_stale(const struct site *s);

#endif
