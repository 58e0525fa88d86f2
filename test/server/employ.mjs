// What an employee did and what its guardian said of it, written beside the server: phases ask for
// hundreds of answers, which no test gives one by one.
import { execFileSync } from 'node:child_process'

const python = (server, code, ...args) =>
  execFileSync('/usr/bin/python3', ['-c', `import json,sqlite3,sys,time
d=sqlite3.connect(sys.argv[1],timeout=20)
${code}
d.commit()`, `${server.data}/tongban.db`, ...args], { encoding: 'utf8' }).trim()

/** The first column of the first row, as text. */
export const query = (server, sql) => python(server, 'print(d.execute(sys.argv[2]).fetchone()[0])', sql)

/** tried answers, of which judged were looked at and agreed agreed with; refused: "not found", all looked
 *  at, right of them rightly. Each answer has 4 sentences, withheld of them without evidence. */
export function employ(server, key, { tried = 0, judged = 0, agreed = judged, refused = 0, right = refused, withheld = 0 } = {}) {
  python(server, `
key,o=sys.argv[2],json.loads(sys.argv[3])
g=d.execute("SELECT id,coalesce(guardian_id,1) FROM employee WHERE key=?",(key,)).fetchone()
now=int(time.time()*1000)
c=d.execute("INSERT INTO conversation(code,device,created_at) VALUES(hex(randomblob(8)),'',?)",(now,)).lastrowid
def one(outcome):
    return d.execute("INSERT INTO exchange(conversation_id,receipt,question,as_of,outcome,created_at,employee_id,sentence_count,withheld,answer) VALUES(?,'T'||hex(randomblob(8)),'测试的提问',20000,?,?,?,4,?,'测试的回答')",(c,outcome,now,g[0],o['withheld'])).lastrowid
def say(x,agrees):
    d.execute("INSERT INTO employee_verdict(employee_id,exchange_id,staff_id,agrees,created_at) VALUES(?,?,?,?,?)",(g[0],x,g[1],agrees,now))
for i in range(o['tried']):
    x=one('answered')
    if i<o['judged']: say(x,1 if i<o['agreed'] else 0)
for i in range(o['refused']):
    say(one('not_found'),1 if i<o['right'] else 0)`, key, JSON.stringify({ tried, judged, agreed, refused, right, withheld }))
}
