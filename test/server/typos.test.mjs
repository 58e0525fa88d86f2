// Questions typed with characters that only sound right still find their clause.
import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { embedded, run, startServer } from './lib.mjs'

// [as typed, document, where its clause begins]. Among the first three when this was written: by words alone 19
// without reading by sound, 23 with it (24 when rightly spelt); with embeddings 29 and 30.
const typed = [
  ['高铃金贴是多少', '明民规〔2024〕3号', '第五条'],
  ['高龄补帖怎么申请', '明民规〔2024〕3号', '第七条'],
  ['底保一个月多少钱', '明民发〔2025〕8号', '一'],
  ['申请低宝要多久批下来', '明民规〔2023〕1号', '第十条'],
  ['公机金贷款最多能代多少', '明公积金规〔2025〕2号', '第五条'],
  ['公积今贷款最高多少', '明公积金规〔2025〕2号', '第五条'],
  ['租房怎么提公鸡金', '明公积金规〔2024〕1号', '第四条'],
  ['失业宝险金标准是多少', '明人社规〔2023〕4号', '第五条'],
  ['个人能不能自己申请工商认定', '明人社规〔2022〕5号', '第四条'],
  ['居民一保住院报销多少', '明医保规〔2024〕2号', '第四条'],
  ['新农和住院报肖比例', '明医保规〔2024〕2号', '第四条'],
  ['异地就一备案怎么办', '明医保规〔2023〕9号', '第'],
  ['省内看病用不用备按', '明医保规〔2023〕9号', '第'],
  ['生育金贴发多少天', '明医保规〔2025〕1号', '第六条'],
  ['生鱼津贴天数怎么算', '明医保规〔2025〕1号', '第六条'],
  ['职工医保门珍报销多少', '明医保规〔2022〕7号', '第'],
  ['申请公祖房要什么条件', '明政办规〔2022〕10号', '第四条'],
  ['加装电剃要几户同意', '明住建规〔2023〕3号', '第四条'],
  ['装一台电梯补帖多少', '明住建规〔2023〕3号', '第十一条'],
  ['积份入学要什么条件', '明教规〔2025〕2号', '第四条'],
  ['随千子女上学要交多久社宝', '明教规〔2025〕2号', '第四条'],
  ['办局住证要什么条件', '明公规〔2022〕2号', '第三条'],
  ['交社宝多久可以落户', '明政办规〔2025〕3号', '第四条'],
  ['玉儿补贴一年多少钱', '明卫发〔2025〕9号', '第三条'],
  ['残急人护理补贴多少钱', '明民规〔2024〕7号', '第四条'],
  ['一级残疾护里补贴', '明民规〔2024〕7号', '第四条'],
  ['新公司刻张免费吗', '明审批规〔2024〕1号', '第'],
  ['个体户年抱什么时候报', '明市监规〔2023〕2号', '第十'],
  ['路边停车多久勉费', '明发改规〔2024〕2号', '第四条'],
  ['图书管几点开门', '明文旅规〔2023〕2号', '第四条'],
  ['办狗正多少钱', '明公规〔2023〕3号', '第七条'],
  ['节婚登记要带什么才料', '明民发〔2025〕6号', '二'],
  ['养老金认正怎么弄', '明政办规〔2023〕7号', '第十三条'],
]
let server
before(async () => {
  server = await startServer()
})
after(() => server.stop())

const isThere = (clauses, [, document, clause]) =>
  clauses.slice(0, 3).some((c) => c.document_number === document && c.clause.startsWith(clause))

test('by words alone at least 22 of 33 misspelt questions find their clause among the first three', async () => {
  const missed = []
  for (const t of typed) {
    const r = await run(['search', t[0], '--words-only', '--limit', '3', '--json'], { data: server.data })
    if (!isThere(JSON.parse(r.stdout).clauses, t)) missed.push(t[0])
  }
  assert.ok(missed.length <= typed.length - 22, `missed: ${missed.join(' ')}`)
})

test('with embeddings at least 30 of them do', embedded ? {} : { skip: 'the embedding model is not here' }, async () => {
  const missed = [], person = server.person()
  for (const t of typed) {
    const r = await person.get(`/api/search?limit=3&q=${encodeURIComponent(t[0])}`)
    if (!isThere(r.json.clauses, t)) missed.push(t[0])
  }
  assert.ok(missed.length <= typed.length - 30, `missed: ${missed.join(' ')}`)
})
