// Starts the server with the sample city, without an engine, and runs build/bench/http against it:
// make bench && node bench/http.mjs [seconds for each row]. One line of JSON a row; "refused" counts
// replies other than 200 ("page": build the pages first, or every one is a 404).
import { spawn } from 'node:child_process'
import path from 'node:path'

process.env.TONGBAN ??= new URL('../build/tongban', import.meta.url).pathname // the plain build is measured
const { root, startServer } = await import('../test/server/lib.mjs')

const server = await startServer()
const load = spawn(path.join(root, 'build/bench/http'), [String(server.port), process.argv[2] ?? '5'], { stdio: 'inherit' })
const code = await new Promise((done) => load.on('close', done))
await server.stop()
process.exitCode = code
