/* Inside the triage: the tables, the models that serve, and where versions lie. */
#ifndef SCENARIO_HOTLINE_TRIAGE_INT_H
#define SCENARIO_HOTLINE_TRIAGE_INT_H
#include "learn/model.h"
#include "scenario/hotline/lessons.h"
#include "scenario/hotline/signals.h"
#include "scenario/hotline/triage.h"

#include <pthread.h>
#include <stdatomic.h>

enum { TRIAGE_TOPIC = TRIAGE_MODELS, TRIAGE_FILES }; /* the third model: of topics */

struct triage_served { /* one version; freed when nobody uses it any more */
    int64_t version;
    struct learn_model *model[TRIAGE_FILES];
    double threshold[TRIAGE_MODELS], expected;
    size_t corrections;          /* the first of the notes that it has met */
    uint32_t *row[TRIAGE_FILES]; /* of each label in the tables; UINT32_MAX: no longer there */
    atomic_int users;
};
struct triage {
    struct arena mem;
    struct classes classes;
    struct duties duties;
    struct signals *signals;
    struct triage_department *departments;
    struct str *labels[TRIAGE_FILES]; /* as models are taught them */
    size_t label_n[TRIAGE_FILES];
    const char *dir;
    pthread_mutex_t lock; /* of `now`, and of one learner at a time */
    pthread_mutex_t learning;
    struct triage_served *now, *next; /* next: learnt, not yet better; or NULL */
    size_t noted;                     /* corrections in the file, under `learning` */
    atomic_llong judged, corrected;
    _Atomic float sure; /* moving mean */
};

/* ---- triage_keep.c: versions on disk ---- */
struct triage_served *triage_served_new(const struct triage *t, int64_t version);
void triage_served_free(struct triage_served *s);
/* Names each label's row; what the tables no longer have cannot come out. */
void triage_served_rows(const struct triage *t, struct triage_served *s);
enum tb_code triage_keep(const struct triage *t, const struct triage_served *s,
                         struct tb_err *e) MUST_USE;
enum tb_code triage_keep_about(const struct triage *t, const struct triage_served *s,
                               struct tb_err *e) MUST_USE; /* its about.json anew */
/* The newest version that verifies; TB_NOT_FOUND when there is none. */
enum tb_code triage_open_newest(const struct triage *t, struct triage_served **out,
                                struct tb_err *e) MUST_USE;
int64_t triage_next_version(const struct triage *t);
/* Sets this version aside, so that it is not opened again. */
enum tb_code triage_set_back(const struct triage *t, int64_t version, struct tb_err *e) MUST_USE;

/* ---- corrections and messages kept aside, a JSON line each ---- */
struct triage_notes {
    struct triage_message *v;
    size_t n, cap;
};
enum tb_code triage_notes_read(struct arena *a, const char *path, struct triage_notes *out,
                               struct tb_err *e) MUST_USE;
enum tb_code triage_notes_add(const char *path, const struct triage_message *m,
                              const struct triage_truth *truth, struct tb_err *e) MUST_USE;
enum tb_code triage_notes_write(const char *path, const struct triage_message *v, size_t n,
                                struct tb_err *e) MUST_USE;
char *triage_path(const struct triage *t, struct arena *a, const char *name);

/* ---- triage_try.c: which of two is better ---- */
struct triage_trial {
    size_t n, right; /* messages tried; answers right */
    double loss;     /* sum of -log p of the truth */
};
struct triage_trial triage_try(const struct triage *t, const struct triage_served *s, int model,
                               const struct triage_message *v, size_t n);
/* The label of what m says is right; UINT32_MAX: it says nothing. */
uint32_t triage_truth_of(const struct triage *t, int model, const struct triage_message *m);

/* ---- triage_learn.c ---- */
enum tb_code triage_count_notes(struct triage *t, struct tb_err *e) MUST_USE; /* at the start */

/* ---- triage.c ---- */
void triage_serve(struct triage *t, struct triage_served *s); /* takes s */
struct triage_served *triage_take(const struct triage *t);    /* keeps it from being freed */
void triage_drop(struct triage_served *s);

#endif
