/* What the triage starts from: the sample messages of a city folder, made of templates of ours. A
 * city of its own begins with the words of its tables and learns from its seats' corrections. */
#ifndef SCENARIO_HOTLINE_TEACH_H
#define SCENARIO_HOTLINE_TEACH_H
#include "scenario/hotline/triage.h"

#define TRIAGE_FOLDER "hotline" /* in the data directory */

/* The messages of city's messages.yaml as lessons, in a, each template a group; one in ten is kept
 * aside. *n is 0 where the folder has none, or city is NULL. */
enum tb_code teach_sample(struct arena *a, const char *city, struct triage_message **out, size_t *n,
                          struct tb_err *e) MUST_USE;
/* Lines of {"title","text"} with what is known of "class1" (or "label"), "class3" and "department";
 * one in ten is kept aside unless "aside" says which. TB_INVALID names the line. */
enum tb_code teach_lines(struct arena *a, struct str lines, struct triage_message **out, size_t *n,
                         struct tb_err *e) MUST_USE;
/* At set-up: the triage of this data directory learns from the city's sample. */
enum tb_code teach_city(const char *share_dir, const char *data_dir, const char *city,
                        struct tb_err *e) MUST_USE;

#endif
