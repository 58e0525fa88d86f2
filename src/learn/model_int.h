/* Inside the learner: what a model holds, as it lies in the file. */
#ifndef LEARN_MODEL_INT_H
#define LEARN_MODEL_INT_H
#include "learn/features.h"
#include "learn/model.h"

enum { LEARN_FORM = 1, LEARN_BIAS = 0 }; /* row 0 stands in every text once */

struct learn_head {
    char name[16];                      /* "tongban-learn" */
    uint32_t form, labels, rows, slots; /* slots: a power of two, more than rows */
    uint32_t run, label_bytes;
    int64_t version;
    float title;     /* what the title by itself weighs beside the whole */
    float sharpness; /* scores times this are log-odds */
    double certain;
    uint64_t bytes; /* of the file, the digest included */
};
struct learn_slot {
    uint32_t hash, row; /* hash 0: empty */
};
struct learn_model {
    const struct learn_head *head;
    const struct learn_slot *slots;
    const float *idf;     /* of each row */
    const float *weights; /* rows x labels */
    const char *names;    /* each ends with NUL */
    struct str *labels;
    void *map; /* the file, when it is one */
    char *own; /* else its bytes in memory */
};

/* A message in the model's own terms. */
struct learn_term {
    uint32_t row;
    float v;
};
struct learn_vector {
    struct learn_term *v;
    size_t n;
};
struct learn_table { /* rows by hash; what both a model and one in the making have */
    const struct learn_slot *slots;
    size_t mask;
    const float *idf;
    float title;
    unsigned run;
};
/* 0: not known */
uint32_t learn_row(const struct learn_table *t, uint32_t hash);
/* Unit length for each field (the title's times title), and 1 for the bias. */
struct learn_vector learn_vector_of(const struct learn_table *t, struct arena *a,
                                    const struct message *m);
struct learn_vector learn_vector_from(const struct learn_table *t, struct arena *a,
                                      const struct features *f);
struct learn_text {
    struct message m;
    struct features f; /* of runs of up to LEARN_RUN */
};
enum { LEARN_RUN = 2 };
void learn_scores(const float *weights, size_t labels, const struct learn_vector *x, float *z);
/* z becomes probabilities. */
void learn_chances(float *z, size_t n, double sharpness);
struct learn_table learn_table_of(const struct learn_model *m);

#endif
