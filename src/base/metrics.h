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
double metric_get(const char *name, const char *labels); /* counter or gauge; 0 if never seen */
void metrics_text(struct buf *out);

#endif
