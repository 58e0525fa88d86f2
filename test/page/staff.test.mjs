// What staff get from the page: a reply that reaches the asker, knowledge with its dates, a trail.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ask, axe, closed, signIn, startSite, textOf, ADMIN, AUDITOR, CLERK, GUARDIAN, HEAD, NOT_FOUND, OFFICER, WIDE } from './site.mjs'

let site

before(async () => { site = await startSite() })
after(async () => { await site?.stop() })

const nav = (page) => textOf(page, '.side nav a')

/** A citizen whose question went to a person; the page stays open. */
async function asker(question) {
  const page = await site.device({ width: 1280, height: 800 })
  await page.clock.install()
  await ask(page, question)
  if (!await page.locator('.turn .receipt-card').count()) {
    await page.getByRole('button', { name: '找人工', exact: true }).first().click()
    await page.getByRole('button', { name: '交给工作人员' }).click()
    await page.waitForSelector('.window .receipt-card')
    await page.keyboard.press('Escape')
  }
  return page
}

describe('the clerk', () => {
  it('a_reply_reaches_the_asker_and_approved_as_a_standard_answer_the_next_asker_at_once', async () => {
    const citizen = await asker(NOT_FOUND)
    const clerk = await site.device(WIDE)
    await signIn(site, clerk, CLERK, '#/inbox')
    assert.deepEqual(await nav(clerk), ['今天', '收件箱', '热线', '知识库', '标准问答', '数智员工'])
    await clerk.getByRole('button', { name: new RegExp(NOT_FOUND) }).first().click()
    await clerk.waitForSelector('#reply')
    assert.ok(await clerk.locator('.evidence-card').count() >= 1, 'the clauses the asker saw lie beside')
    await clerk.fill('#reply', '孔明灯不能放。')
    await clerk.reload()
    await clerk.waitForSelector('#reply')
    assert.equal(await clerk.inputValue('#reply'), '孔明灯不能放。', 'the draft outlives a reload')
    await clerk.getByText('同时提为标准回答').click()
    await clerk.locator('.evidence-card').first().getByRole('button', { name: '作为依据' }).click()
    await clerk.press('#reply', 'Control+Enter')
    await clerk.getByText(/等监护人批准/).first().waitFor()

    await citizen.clock.fastForward(16_000) // its next look for replies
    await citizen.getByText('您的问题有回复了').first().waitFor()
    await citizen.getByRole('link', { name: /^我的/ }).click()
    assert.match(await citizen.locator('.mine .reply').first().textContent(), /孔明灯不能放/)
    await closed(citizen)
    await closed(clerk)

    const guardian = await site.device(WIDE)
    await signIn(site, guardian, GUARDIAN, '#/standards?state=proposed')
    const proposed = guardian.locator('.standards li', { hasText: NOT_FOUND })
    await proposed.getByRole('button', { name: '批准' }).click()
    await guardian.getByText('批准了').first().waitFor()
    await closed(guardian)

    const next = await site.device()
    await ask(next, NOT_FOUND)
    assert.match((await textOf(next, '.sentence'))[0], /孔明灯不能放/)
    assert.ok(await next.locator('.cite').count() >= 1, 'a standard answer has its clause too')
    await closed(next)
  })

  it('goes_through_the_inbox_by_keys', async () => {
    for (const q of ['市民广场放气球一天能放几只', '市民广场放鸽子一天能放几只']) await closed(await asker(q))
    const page = await site.device(WIDE)
    await signIn(site, page, CLERK, '#/inbox?state=waiting')
    await page.waitForSelector('.inbox-rows [aria-current]')
    const first = await page.locator('#detail-title').textContent()
    await page.locator('h1').first().click()
    await page.keyboard.press('j')
    await page.waitForFunction((t) => document.querySelector('#detail-title')?.textContent !== t && document.querySelector('#reply'), first)
    await page.keyboard.press('k')
    await page.waitForFunction((t) => document.querySelector('#detail-title')?.textContent === t && document.querySelector('#reply'), first)
    await page.keyboard.press('Enter')
    assert.equal(await page.evaluate(() => document.activeElement.id), 'reply')
    await page.keyboard.type('不能放。')
    const total = await page.locator('.inbox-rows li').count()
    await page.keyboard.press('Control+Enter')
    await page.waitForFunction((n) => document.querySelectorAll('.inbox-rows li').length === n - 1, total)
    assert.match(page.url(), /state=waiting/, 'the address holds the filter')
    await closed(page)
  })
})

describe('knowledge', () => {
  it('a_file_is_read_shown_for_confirmation_and_answers_after_it_is_confirmed', async () => {
    const page = await site.device(WIDE)
    await signIn(site, page, GUARDIAN, '#/knowledge')
    await page.waitForSelector('.upload')
    const text = '# 明川市风筝放飞管理办法\n\n发文字号：明体规〔2026〕9号\n印发机关：明川市体育局\n成文日期：2026年3月1日\n施行日期：2026年4月1日\n\n第一条 为规范风筝放飞，制定本办法。\n\n第二条 在市民广场放飞风筝，每人每天限放3只，不收费。\n\n第三条 本办法自2026年4月1日起施行。\n'
    await page.setInputFiles('input[type=file]', [
      { name: '风筝.md', mimeType: 'text/markdown', buffer: Buffer.from(text) },
      { name: '空.md', mimeType: 'text/markdown', buffer: Buffer.alloc(0) },
    ])
    await page.waitForSelector('.to-confirm a', { timeout: 30_000 })
    assert.match(await page.locator('.upload details').textContent(), /空\.md/)
    await page.locator('.to-confirm a').first().click()
    await page.waitForSelector('.confirm form')
    assert.match(await page.inputValue('.confirm input >> nth=1'), /明体规〔2026〕9号/)
    await page.focus('.confirm input >> nth=1')
    await page.waitForSelector('.text-pane mark')
    assert.match(await page.locator('.text-pane mark').first().textContent(), /明体规〔2026〕9号/, 'where the text says so')
    await page.getByRole('button', { name: '确认入库' }).click()
    await page.getByText(/自己写的，要由另一位/).first().waitFor()
    const where = page.url()
    await closed(page)

    const head = await site.device(WIDE)
    await signIn(site, head, HEAD, new URL(where).hash)
    await head.getByRole('button', { name: '确认入库' }).click()
    await head.waitForSelector('.timeline')
    assert.match(await head.locator('.page-head .validity').textContent(), /现行有效/)
    await closed(head)

    const citizen = await site.device()
    await ask(citizen, '在市民广场放飞风筝每人每天限放几只')
    assert.match((await textOf(citizen, '.evidence .clause')).join(), /风筝放飞管理办法/)
    await closed(citizen)
  })

  it('versions_lie_on_a_line_of_time_and_their_differences_can_be_read', async () => {
    const page = await site.device(WIDE)
    await signIn(site, page, GUARDIAN, '#/knowledge?q=' + encodeURIComponent('高龄津贴'))
    await page.getByRole('link', { name: /高龄津贴发放办法/ }).first().click()
    await page.waitForSelector('.timeline .span-bar')
    assert.ok(await page.locator('.timeline .span-bar').count() >= 3)
    await page.getByRole('button', { name: '和这一版比' }).first().click()
    await page.waitForSelector('.diff')
    assert.match(await page.locator('.diff-head').textContent(), /从 明民规〔2019〕2号 到 明民规〔2024〕3号/)
    assert.ok(await page.locator('.diff ins').count() > 1 && await page.locator('.diff del').count() > 1)
    await closed(page)
  })
})

describe('the three who watch', () => {
  it('an_account_is_opened_with_a_password_shown_once_and_locked_again', async () => {
    const page = await site.device(WIDE)
    await signIn(site, page, OFFICER, '#/users')
    assert.deepEqual(await nav(page), ['数智员工', '预警与处置', '模型网关', '应用密钥', '用量', '用户', '外联与词表', '双人确认'])
    await page.getByRole('button', { name: '开通账号' }).click()
    await page.getByLabel('账号', { exact: false }).last().fill('wang.fang')
    await page.locator('.el-dialog').getByLabel('姓名').fill('王芳')
    await page.locator('.el-dialog').getByRole('button', { name: '开通' }).click()
    await page.waitForSelector('.once .secret')
    const password = await page.locator('.once .secret').textContent()
    await page.getByRole('button', { name: '记好了' }).click()
    await page.waitForSelector('.once', { state: 'detached' })
    assert.ok(!(await page.content()).includes(password), 'it is shown once')
    await page.fill('[role=search] input', 'wang.fang')
    await page.keyboard.press('Enter')
    const row = page.getByRole('row', { name: /王芳/ })
    await row.getByRole('button', { name: '停用' }).click()
    await page.locator('.el-dialog').getByRole('button', { name: '不了' }).click()
    await row.getByText('正常').waitFor()
    await row.getByRole('button', { name: '停用' }).click()
    await page.locator('.el-dialog', { hasText: '停用 王芳 的账号' }).getByRole('button', { name: '停用' }).click()
    await row.getByText('已停用').waitFor()
    const barred = await site.device()
    await barred.goto(site.url + '/staff.html')
    await barred.fill('input[name=username]', 'wang.fang')
    await barred.fill('input[name=password]', password)
    await barred.keyboard.press('Enter')
    await barred.locator('.problem').waitFor()
    await closed(barred)
    await closed(page)
  })

  it('an_address_outside_is_listed_with_an_owner_and_a_day_and_ended', async () => {
    const page = await site.device(WIDE)
    await signIn(site, page, OFFICER, '#/shield')
    await page.getByText('外联清单是空的').waitFor()
    await page.getByRole('button', { name: '登记一个地址' }).click()
    for (const [label, text] of Object.entries({ 主机: 'api.example.cn', 用途: '大模型服务', 负责人: '信息中心 王主任', 到期日: '2027-06-30' }))
      await page.locator('.way-form').getByLabel(label).fill(text)
    await axe(page, false)
    await page.getByRole('button', { name: '登记', exact: true }).click()
    const row = page.getByRole('listitem').filter({ hasText: 'api.example.cn:443' })
    await row.getByText('有效').waitFor()
    await row.getByRole('button', { name: '停用' }).click()
    await row.getByText('已停用').waitFor()
    await closed(page)
  })

  it('the_auditor_verifies_the_chain_and_sees_one_exchange_whole', async () => {
    const citizen = await site.device()
    await ask(citizen, '80岁老人高龄津贴标准，电话13812345678')
    const receipt = /Q\d{8}-\d{5}/.exec(await citizen.locator('.trust').textContent())[0]
    await closed(citizen)
    const page = await site.device(WIDE)
    await signIn(site, page, AUDITOR, '#/audit')
    assert.deepEqual(await nav(page), ['今天', '数智员工', '预警与处置', '模型网关', '应用密钥', '用量', '用户', '审计', '外联与词表', '双人确认'])
    await page.getByRole('button', { name: '核对全部记录' }).click()
    await page.getByText(/行全部对得上/).waitFor()
    await page.getByRole('button', { name: '一问一答' }).click()
    await page.getByRole('row', { name: new RegExp(receipt) }).getByRole('link').click()
    await page.waitForSelector('.steps')
    const trail = await page.locator('.steps').textContent()
    assert.ok(!trail.includes('13812345678'), 'personal data stays masked for the auditor')
    assert.match(trail, /用到的条款.*给市民看的.*用时.*审计记录/s)
    await closed(page)
  })

  it('the_administrator_sees_the_state_of_the_parts_and_no_content', async () => {
    const page = await site.device(WIDE)
    await signIn(site, page, ADMIN)
    assert.deepEqual(await nav(page), ['今天', '数智员工', '预警与处置', '模型网关', '用量', '限流'])
    await page.locator('.parts li').nth(3).waitFor()
    await page.goto(site.url + '/staff.html#/audit')
    await page.getByText('这一页您不能看').waitFor()
    await closed(page)
  })
})

describe('the frame', () => {
  it('charts_say_their_finding_and_can_be_read_as_tables_in_light_and_dark', async () => {
    const page = await site.device({ width: 1440, height: 1200 }, { colorScheme: 'light' })
    await signIn(site, page, HEAD, '#/today')
    await page.waitForSelector('.chart canvas')
    assert.match(await page.locator('.chart h2').first().textContent(), /最近 7 天/)
    await page.getByRole('button', { name: '看表格' }).first().click()
    await page.waitForSelector('.chart table')
    assert.ok(await page.locator('.chart table tbody tr').count() >= 7)
    await page.getByRole('button', { name: '换成暗色' }).click()
    assert.ok(await page.evaluate(() => document.documentElement.classList.contains('dark')))
    await page.keyboard.press('Control+k')
    await page.keyboard.type('收件')
    await page.keyboard.press('Enter')
    await page.waitForURL(/#\/inbox/)
    await closed(page)
  })

  it('axe_finds_nothing_on_the_staff_pages_in_light_and_dark', async () => {
    for (const scheme of ['light', 'dark']) {
      const page = await site.device(WIDE, { colorScheme: scheme })
      await page.goto(site.url + '/staff.html')
      await page.waitForSelector('input[name=username]')
      assert.deepEqual(await axe(page, false), [], 'sign-in')
      await signIn(site, page, GUARDIAN)
      for (const [path, ready] of [['today', '.chart canvas'], ['inbox?state=', '#detail-title'], ['knowledge', '.el-table__row'], ['standards', '.standards li']]) {
        await page.goto(site.url + '/staff.html#/' + path)
        await page.waitForSelector(ready)
        assert.deepEqual(await axe(page, false), [], `${path} ${scheme}`)
      }
      await closed(page)
    }
  })
})
