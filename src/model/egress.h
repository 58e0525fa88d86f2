/* The one way out. A connection leaves this process only to a host and port that the operator has
 * configured as an engine (or to the supervised child on loopback); outside the city's own network
 * (RFC 1918, RFC 4193, loopback) only while the egress list holds it; and only to an address that
 * was checked after its name was resolved: the address checked is the address connected to, so a
 * name that later points elsewhere gains nothing. No proxy, no redirect, no protocol but HTTP(S),
 * and SMTP(S) for mail.
 */
#ifndef MODEL_EGRESS_H
#define MODEL_EGRESS_H
#include "base/err.h"

struct egress; /* the allow list; fixed before the first call, then read by any thread */
struct sockaddr;

struct egress *egress_new(void);
void egress_free(struct egress *g);
/* Allows the host and port of an http(s) URL. TB_INVALID when it is none, or holds a password. */
enum tb_code egress_allow(struct egress *g, const char *url, struct tb_err *e) MUST_USE;
/* The same for a mail server: smtp:// or smtps://. What is allowed for one way is not for the
 * other. */
enum tb_code egress_allow_mail(struct egress *g, const char *url, struct tb_err *e) MUST_USE;
/* Any port of 127.0.0.1, for a child that gets a free one at each start. */
void egress_allow_child(struct egress *g);
/* Binds a CURL easy handle to the rule, for this URL. TB_FORBIDDEN when its host is not allowed. */
enum tb_code egress_arm(const struct egress *g, void *curl, const char *url,
                        struct tb_err *e) MUST_USE;
/* The way to an http URL whose host is written as a number: no name is resolved, so that a plain
 * connection needs no curl. */
struct egress_way {
    char host[280];       /* as the Host field wants it */
    const char *path;     /* of the url given */
    unsigned char to[32]; /* struct sockaddr_in or _in6 */
    unsigned to_n;        /* 0: https or a name: egress_arm it */
};
/* TB_FORBIDDEN when its host is not allowed. */
enum tb_code egress_way(const struct egress *g, const char *url, struct egress_way *out,
                        struct tb_err *e) MUST_USE;
/* Begins to connect, without waiting. -1: not possible, or not an address to connect to. */
int egress_connect(const struct egress_way *way);
/* May a connection to a configured host go to this address? loopback: the host was configured as a
 * loopback one, and then only loopback will do. Link-local (a cloud's metadata), multicast and
 * unspecified addresses never. */
bool egress_address_ok(const struct sockaddr *address, bool loopback);
/* Is it an address of the city's own network, so that it needs no entry on the egress list? */
bool egress_address_inside(const struct sockaddr *address);

#endif
