/* The walls around the extraction child, put up by itself before it reads the first byte: no new
 * privileges, resource limits, and a seccomp list of the few system calls that reading and
 * computing need. Opening for writing, sockets, programs, processes: the kernel kills it on the
 * spot. */
#ifndef EXTRACT_SANDBOX_H
#define EXTRACT_SANDBOX_H
#include "base/err.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_SANITIZED 1
#endif
#endif

enum { SANDBOX_MEMORY = 768 * 1024 * 1024 }; /* address space */

/* TB_INTERNAL when the kernel refuses any wall: then nothing may be read. */
enum tb_code sandbox_enter(unsigned cpu_seconds, struct tb_err *e) MUST_USE;
/* For the test that the walls hold: tries one forbidden thing and returns true if it could. */
bool sandbox_probe(const char *what); /* socket, write, read, exec, fork, ptrace, kill;
                                        in test builds also overflow, a memory error */

#endif
