// Calls of models as the books keep them, written beside the server: for tests of what is shown of
// them. `calls`: [{ request_id, day?, hour?, key_id?, department?, model?, … }]
import { execFileSync } from 'node:child_process'

export function keepCalls(server, calls) {
  execFileSync('/usr/bin/python3', ['-c', `import json,sqlite3,sys,time
d=sqlite3.connect(sys.argv[1],timeout=20)
for c in json.loads(sys.argv[2]):
    g=c.get
    day=g('day',int((time.time()+28800)//86400)); hour=g('hour',9)
    d.execute('INSERT INTO model_use VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)',(day,hour,g('key_id',0),g('department',''),
      g('model','qwen'),g('engine','e1'),g('requests',1),g('errors',0),0,g('prompt',100),g('cached',60),g('answer',20),0,g('cost',1500)))
    d.execute('INSERT INTO model_call(request_id,trace_id,at,key_id,department_id,verb,asked,model,engine,outcome,status,'
      'figures,keeping,digest,kept,prompt,answer) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)',(g('request_id'),'0af7651916cd43dd8448eb211c80319c',
      (day*24+hour-8)*3600000,g('key_id',0),g('department',''),'model.chat','default',g('model','qwen'),g('engine','e1'),'ok',200,
      '{"priority":"staff","prompt_tokens":100,"wait_us":12,"total_us":3456}','masked','ab'*32,1,g('said','电话〔手机号1〕'),'好的'))
d.commit()`, `${server.data}/tongban.db`, JSON.stringify(calls)])
}
