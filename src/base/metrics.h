/* Counters, gauges and histograms in the Prometheus text form. Names and label strings are literals
 * (few, bounded); labels as `code="200"`. Thread-safe. */
#ifndef BASE_METRICS_H
#define BASE_METRICS_H
#include "base/buf.h"

void metric_add(const char *name, const char *labels, double v);        /* counter */
void metric_set(const char *name, const char *labels, double v);        /* gauge */
void metric_seen(const char *name, const char *labels, double seconds); /* histogram of times */
/* The same for what is counted many thousand times a second: found once, kept for good. */
struct metric;
struct metric *metric_counter(const char *name, const char *labels); /* NULL: too many series */
struct metric *metric_times(const char *name, const char *labels);
void metric_more(struct metric *m, double v);
void metric_took(struct metric *m, double seconds);
/* Several in a row: metrics_hold, metric_more and metric_took in their held forms, metrics_let_go.
 * Nothing else of this header in between. */
void metrics_hold(void);
void metric_more_held(struct metric *m, double v);
void metric_took_held(struct metric *m, double seconds);
void metrics_let_go(void);
double metric_get(const char *name, const char *labels); /* counter or gauge; 0 if never seen */
enum { METRIC_STEPS = 15 };
struct metric_sum {
    double value;                      /* of times: seconds together */
    uint64_t count;                    /* of times only */
    uint64_t within[METRIC_STEPS + 1]; /* those between one step and the next; last: beyond */
};
/* All series of that name whose labels contain part ("" for all), added up. */
void metric_sum(const char *name, const char *part, struct metric_sum *out);
/* Below how many seconds a share (0.5: half) of the times between two sums lay, by lines between
 * the steps; < 0: there were none. */
double metric_share(const struct metric_sum *before, const struct metric_sum *after, double share);
void metrics_text(struct buf *out);

#endif
