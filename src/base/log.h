/* JSON lines on stderr (or a file): {"ts","level","event","msg"}. msg is key=value text; it never
 * holds content that people wrote. Thread-safe: a line is never torn by another.
 *
 * Between log_writer_start and log_writer_stop a thread of its own writes, so that a slow disk or a
 * reader that stopped reading holds up nobody: lines wait in memory, at most LOG_WAITING_MAX bytes;
 * what comes beyond that is lost and counted (metric log_lost_total, and a line that says so). A
 * program that is killed takes the lines of its last moment with it. */
#ifndef BASE_LOG_H
#define BASE_LOG_H
#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum { LOG_WAITING_MAX = 4 * 1024 * 1024 };

void log_open(int fd,
              enum log_level least); /* default: stderr, LOG_INFO; not while a writer runs */
bool log_level_parse(struct str s, enum log_level *out);
void log_line(enum log_level level, const char *event, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void log_writer_start(void); /* without a thread to be had lines are written as before */
/* Writes what waits, for at most patience_ms; then lines are written where they are said again. */
void log_writer_stop(int64_t patience_ms);

#endif
