// Outbound is nothing: the whole program in a network namespace that has no way out, and the kernel's own count of
// what tried (issue: peers.md §8 first of all). What is done there, and how it is counted: namespace_day.mjs.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { before, test } from 'node:test'
import { root, temporary } from './lib.mjs'

// Loopback up, a name server that cannot be reached, then the command.
const source = `#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>
int main(int n, char **v) {
  struct ifreq q = { 0 };
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  strcpy(q.ifr_name, "lo");
  if (n < 3 || fd < 0 || ioctl(fd, SIOCGIFFLAGS, &q)) return perror("loopback"), 120;
  q.ifr_flags |= IFF_UP;
  if (ioctl(fd, SIOCSIFFLAGS, &q)) return perror("loopback"), 120;
  if (mount(v[1], "/etc/resolv.conf", NULL, MS_BIND, NULL)) return perror("resolv.conf"), 120;
  execvp(v[2], v + 2);
  return perror(v[2]), 120;
}
`
let argv, why, parts

function inside(...command) {
  return new Promise((resolve) => {
    const child = spawn('unshare', ['-rnm', ...argv, ...command], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let out = '', err = ''
    child.stdout.on('data', (d) => (out += d))
    child.stderr.on('data', (d) => (err += d))
    child.on('error', (e) => resolve({ code: e.code, out, err: e.message }))
    child.on('close', (code) => resolve({ code, out, err }))
  })
}

before(async () => {
  const dir = temporary('namespace'), file = path.join(dir, 'enter.c'), resolver = path.join(dir, 'resolv.conf')
  fs.writeFileSync(file, source)
  fs.writeFileSync(resolver, 'nameserver 192.0.2.53\noptions timeout:1 attempts:1\n')
  execFileSync('gcc', ['-o', `${dir}/enter`, file])
  argv = [`${dir}/enter`, resolver]
  const able = await inside('true')
  if (able.code !== 0) {
    why = `this machine lets nobody make a network namespace: ${able.err.trim() || able.code}`
    return
  }
  const day = await inside(process.execPath, path.join(root, 'test/server/namespace_day.mjs'))
  assert.equal(day.code, 0, day.err)
  parts = JSON.parse(day.out)
})

test('every kind of attempt is counted there, the server’s own too', (t) => {
  if (why) return t.skip(why)
  for (const kind of ['tcp', 'udp', 'six', 'name']) assert.ok(parts[`control ${kind}`].tries > 0, kind)
  assert.ok(parts.listed.tries > 0, 'the server tried the address that was listed')
})

test('a citizen, an application, every way to sign in, staff, exports and commands try to leave nowhere', (t) => {
  if (why) return t.skip(why)
  for (const name of ['start', 'citizen', 'gateway', 'sign-in', 'staff', 'commands']) {
    assert.equal(parts[name].tries, 0, `${name}: ${JSON.stringify(parts[name])}`)
    for (const status of parts[name].statuses ?? []) assert.ok([0, 200, 303].includes(status), `${name}: ${JSON.stringify(parts[name])}`)
  }
})
