/* The files of employees/: one digital employee per file, read at set-up. What people changed on
 * the page since is theirs and stays. Every complaint names file and line. */
#ifndef SCENARIO_EMPLOYEE_FILE_H
#define SCENARIO_EMPLOYEE_FILE_H
#include "domain/talk.h"

struct employee_files {
    int64_t made, changed, kept; /* kept: nothing new, or changed on the page */
    int64_t passed_over;         /* its department or people are not this city's */
};
/* All *.yaml of the folder by name, in the caller's transaction. strict: a department or person the
 * city does not have is an error (the city's own folder), else the file is passed over (what this
 * installation ships). */
enum tb_code employee_files_load(struct talk *t, const char *dir, bool strict,
                                 struct employee_files *out, struct tb_err *e) MUST_USE;

#endif
