/* Where things are in the city: districts, streets, communities, roads and known places with their
 * spots on a schematic map, from the city folder's places.yaml. A place is found in a citizen's
 * words: the most exact one that is named. */
#ifndef SCENARIO_HOTLINE_PLACES_H
#define SCENARIO_HOTLINE_PLACES_H
#include "base/arena.h"
#include "base/err.h"

enum place_level { PLACE_DISTRICT, PLACE_STREET, PLACE_ROAD, PLACE_COMMUNITY, PLACE_SPOT };
struct place {
    enum place_level level;
    struct str
        code; /* GB/T 2260 form: 6, 9 or 12 digits; of a road or spot that of what it is in */
    struct str name;
    struct str kind;                        /* of a spot: 小区, 学校 …; else "" */
    struct str district, street, community; /* by name, as far as the level goes */
    int x, y;                               /* map units; of a district its middle */
};
struct places_line { /* a district's outline or a river, as x, y, x, y … */
    struct str name;
    int *xy;
    size_t n; /* points */
};
struct places {
    int width, height;
    struct place *all; /* in the file's order: a district, its streets, each with what is in it */
    size_t n;
    struct places_line *outlines, *waters;
    size_t outline_n, water_n;
};

/* Everything lives in a. TB_INVALID names file and line; TB_NOT_FOUND: there is no such file. */
enum tb_code places_load(struct arena *a, const char *path, struct places **out,
                         struct tb_err *e) MUST_USE;
/* As places_load, from text; file is used in messages only. */
enum tb_code places_read(struct arena *a, struct str text, const char *file, struct places **out,
                         struct tb_err *e) MUST_USE;
#define PLACES_SETTING "city.places" /* set-up keeps the file's text under this name */
/* The most exact place that text names (a spot before a community, a community before a road …; of
 * two equally exact ones the longer name, then the earlier); of names that stand in two districts
 * the one whose district or street is named too. NULL: none. */
const struct place *places_find(const struct places *p, struct str text);

#endif
