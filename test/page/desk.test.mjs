// What those who work with it all day count on: nothing typed is lost, two people do not collide, every
// page can be read on a phone and by a screen reader.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { root, run } from '../server/lib.mjs'
import { axe, closed, signIn, startSite, textOf, ADMIN, AUDITOR, CLERK, COLLEAGUE, GUARDIAN, HEAD, OFFICER, PASSWORD, PHONE, WIDE } from './site.mjs'

const KITE = '# 明川市热气球管理办法\n\n发文字号：明体规〔2026〕12号\n印发机关：明川市体育局\n\n第一条 热气球升空前应当备案。\n\n第二条 本办法自印发之日起施行。\n'
let site

before(async () => { site = await startSite() })
after(async () => { await site?.stop() })

async function handOff(question) {
  const citizen = site.server.person()
  const { json } = await citizen.post('/api/handoffs', { question })
  citizen.close()
  return json.receipt
}
async function askAndRate(question) {
  const citizen = site.server.person()
  const answer = await citizen.ask(question)
  const { receipt } = answer.get('start')
  await citizen.post(`/api/exchanges/${receipt}/feedback`, { useful: false, reason: '看不懂' })
  citizen.close()
  return receipt
}
const desk = async (who, path, viewport = WIDE, more = {}) => {
  const page = await site.device(viewport, { colorScheme: 'light', ...more })
  await signIn(site, page, who, path)
  return page
}
async function again(page, who) {
  await page.getByText('登录过期了').waitFor()
  assert.equal(await page.inputValue('input[name=username]'), who)
  await page.fill('input[name=password]', PASSWORD)
  await page.keyboard.press('Enter')
  await page.waitForSelector('input[name=password]', { state: 'detached' })
}

describe('a session that ends in the middle of work', () => {
  it('leads_back_to_the_same_page_with_everything_typed_and_the_reply_goes_out', async () => {
    const receipt = await handOff('河边能不能搭帐篷过夜')
    const page = await desk(CLERK, '#/inbox?open=' + receipt)
    await page.fill('#reply', '不能过夜，白天可以。')
    await page.getByText('同时提为标准回答').click()
    await page.fill('#asked', '河边可以露营吗')
    await page.context().clearCookies({ name: 'tb_session' })
    await page.press('#reply', 'Control+Enter')
    await page.getByText('登录过期了').waitFor()
    assert.equal(await page.locator('.shell').isVisible(), false, 'nothing of the page is seen meanwhile')
    await again(page, CLERK)
    assert.match(page.url(), new RegExp('open=' + receipt))
    assert.equal(await page.inputValue('#reply'), '不能过夜，白天可以。')
    assert.equal(await page.inputValue('#asked'), '河边可以露营吗')
    await page.press('#reply', 'Control+Enter')
    await page.getByText(/回复发出了/).first().waitFor()
    await closed(page)
  })

  it('keeps_a_half_filled_dialog_too', async () => {
    const page = await desk(GUARDIAN, '#/standards')
    await page.getByRole('button', { name: '写一条' }).click()
    await page.getByLabel('怎么问').fill('热气球要备案吗')
    await page.getByLabel('回答', { exact: true }).fill('要。')
    await page.context().clearCookies({ name: 'tb_session' })
    await page.getByRole('button', { name: '存好' }).click()
    await again(page, GUARDIAN)
    assert.equal(await page.getByLabel('怎么问').inputValue(), '热气球要备案吗')
    await page.getByRole('button', { name: '存好' }).click()
    await page.locator('.standards li', { hasText: '热气球要备案吗' }).waitFor()
    await closed(page)
  })

  it('shows_nothing_of_the_first_person_to_another_who_signs_in', async () => {
    const other = await desk(COLLEAGUE, '#/today') // so that the first password is changed
    await closed(other)
    const receipt = await handOff('河边能不能烧烤')
    const page = await desk(CLERK, '#/inbox?open=' + receipt)
    await page.getByText('同时提为标准回答').click()
    await page.fill('#asked', '只有我知道的一句')
    await page.context().clearCookies({ name: 'tb_session' })
    await page.getByRole('button', { name: '我来处理' }).click()
    await page.getByText('登录过期了').waitFor()
    await page.fill('input[name=username]', COLLEAGUE)
    await page.fill('input[name=password]', PASSWORD)
    await page.keyboard.press('Enter')
    await page.locator('.me', { hasText: '赵宏图' }).waitFor()
    assert.equal(await page.getByText('只有我知道的一句').count(), 0)
    await closed(page)
  })
})

describe('two at one message', () => {
  it('who_comes_second_is_told_who_has_it_and_keeps_the_own_words', async () => {
    const receipt = await handOff('广场舞几点要停')
    const first = await desk(CLERK, '#/inbox?open=' + receipt), second = await desk(COLLEAGUE, '#/inbox?open=' + receipt)
    await second.fill('#reply', '晚上十点以后。')
    await first.getByRole('button', { name: '我来处理' }).click()
    await first.getByText('归您处理了').first().waitFor()
    await second.press('#reply', 'Control+Enter')
    await second.getByText(/同事接手|没有发出/).first().waitFor()
    await second.getByText('林婉清正在处理这一件').first().waitFor()
    assert.equal(await second.locator('#reply').count(), 0, 'what the server refuses is not offered')
    assert.match(await second.locator('.unsent').textContent(), /晚上十点以后/)
    await first.fill('#reply', '晚上九点半。')
    await first.press('#reply', 'Control+Enter')
    await first.getByText(/回复发出了/).first().waitFor()
    await second.reload()
    await second.locator('.sent', { hasText: '晚上九点半' }).waitFor()
    await second.locator('.unsent', { hasText: '晚上十点以后' }).waitFor()
    await second.getByRole('button', { name: '不要了' }).click()
    await second.waitForSelector('.unsent', { state: 'detached' })
    await closed(first)
    await closed(second)
  })

  it('what_a_clerk_holds_comes_free_again_and_the_words_of_the_former_holder_stay', async () => {
    const receipt = await handOff('公园里的健身器材坏了找谁修')
    const holder = await desk(CLERK, '#/inbox?open=' + receipt), chief = await desk(GUARDIAN, '#/inbox?open=' + receipt), stranger = await desk(COLLEAGUE, '#/inbox?open=' + receipt)
    await holder.getByRole('button', { name: '我来处理' }).click()
    await holder.getByRole('button', { name: '放回', exact: true }).click()
    await holder.getByText('这一件从您这里放回了收件箱').waitFor()
    await holder.getByRole('button', { name: '我来处理' }).click()
    await holder.fill('#reply', '请打园林热线。')

    await chief.reload()
    await stranger.reload()
    await stranger.getByText('林婉清正在处理这一件').waitFor()
    assert.equal(await stranger.getByRole('button', { name: /放回/ }).count(), 0, 'of another department: not offered')
    await chief.getByRole('button', { name: '放回收件箱' }).click()
    const dialog = chief.getByRole('dialog')
    await dialog.getByText('这一件林婉清在处理').waitFor()
    await dialog.getByRole('button', { name: '不了' }).click()
    await dialog.waitFor({ state: 'detached' })
    await chief.getByText('林婉清正在处理这一件').waitFor()
    await chief.getByRole('button', { name: '放回收件箱' }).click()
    await chief.getByRole('dialog').getByRole('button', { name: '放回收件箱' }).click()
    await chief.getByRole('button', { name: '我来处理' }).waitFor()

    await holder.press('#reply', 'Control+Enter')
    await holder.getByText(/没有发出/).first().waitFor()
    await holder.locator('.unsent', { hasText: '请打园林热线' }).waitFor()
    assert.equal(await holder.locator('#reply').count(), 0)
    await holder.getByRole('button', { name: '我来处理' }).click()
    await holder.waitForSelector('#reply')
    assert.equal(await holder.inputValue('#reply'), '请打园林热线。')
    await holder.press('#reply', 'Control+Enter')
    await holder.getByText(/回复发出了/).first().waitFor()
    for (const page of [holder, chief, stranger]) await closed(page)
  })

  it('a_clause_is_quoted_and_a_message_taken_by_one_key', async () => {
    const citizen = site.server.person()
    const { receipt } = (await citizen.ask('市民广场放孔明灯一天能放几只')).done.handoff
    citizen.close()
    const page = await desk(CLERK, '#/inbox?open=' + receipt)
    await page.waitForSelector('.evidence-card')
    await page.locator('#detail-title').click()
    await page.keyboard.press('t')
    await page.getByText('归您处理了').first().waitFor()
    await page.keyboard.press('2')
    const name = /《(.+?)》/.exec((await textOf(page, '.evidence-card .name'))[1])[1]
    await page.waitForFunction((n) => document.getElementById('reply').value.includes(n), name)
    assert.equal(await page.evaluate(() => document.activeElement.id), 'reply')
    await page.keyboard.type('3') // in the box a figure is a figure
    assert.match(await page.inputValue('#reply'), /3$/)
    await closed(page)
  })
})

describe('files', () => {
  it('several_at_once_with_bad_ones_the_good_are_read_and_each_bad_one_says_why', async () => {
    const page = await desk(GUARDIAN, '#/knowledge')
    await page.setInputFiles('input[type=file]', [
      { name: '热气球.md', mimeType: 'text/markdown', buffer: Buffer.from(KITE) },
      { name: '坏的.docx', mimeType: 'application/octet-stream', buffer: Buffer.from('PK\x03\x04 nothing that follows is a document') },
      { name: '空的.txt', mimeType: 'text/plain', buffer: Buffer.alloc(0) },
      { name: '滑翔伞.txt', mimeType: 'text/plain', buffer: Buffer.from(KITE.replaceAll('热气球', '滑翔伞').replace('12号', '13号').replace('# ', '')) },
    ])
    await page.waitForSelector('.upload details', { timeout: 30_000 })
    assert.match(await page.locator('.upload .job').textContent(), /新增 2 件.*跳过 2 件/)
    const skipped = await textOf(page, '.upload details li')
    assert.equal(skipped.length, 2)
    for (const [file, line] of [['坏的.docx', skipped.find((l) => l.startsWith('坏的'))], ['空的.txt', skipped.find((l) => l.startsWith('空的'))]])
      assert.match(line ?? '', new RegExp(file.replace('.', '\\.') + '\\s*[\\u4e00-\\u9fff]{3,}'), 'why, in words')
    assert.equal(await page.locator('.to-confirm a').count(), 2)
    await page.goto(site.url + '/staff.html#/knowledge?state=proposed')
    await page.getByRole('row', { name: /热气球/ }).waitFor()
    assert.doesNotMatch(await page.getByRole('row', { name: /热气球/ }).textContent(), /现行有效/, 'not in force before it is confirmed')
    await closed(page)
  })
})

describe('a slow line', () => {
  it('shows_how_far_a_file_is_on_its_way', async () => {
    const page = await desk(GUARDIAN, '#/knowledge')
    const cdp = await page.context().newCDPSession(page)
    await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 1 << 20 })
    await page.setInputFiles('input[type=file]', { name: '扫描件.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(2 << 20, 7) })
    await page.waitForFunction(() => {
      const at = Number(document.querySelector('.upload [role=progressbar]')?.getAttribute('aria-valuenow'))
      return at > 0 && at < 100
    })
    await page.getByText('扫描件.bin').waitFor({ timeout: 30_000 }) // skipped, and why
    assert.equal(await page.getByText('正在传上去').count(), 0)
    await closed(page)
  })
})

// Nothing new was asked during twenty trips to the page and back.
async function quiet(page, asked) {
  for (let n = -1; n !== asked.length;) {
    n = asked.length
    for (let i = 0; i < 20; i++) await page.evaluate(() => 0)
  }
}

describe('an empty chair', () => {
  for (const [path, news] of [['#/inbox', '/api/handoffs'], ['#/today', '/api/overview']])
    it(`is_asked_for_no_news_after_ten_minutes_so_that_the_session_ends_${path.slice(2)}`, async () => {
      const page = await site.device(WIDE, { colorScheme: 'light' })
      await page.clock.install()
      // an hour of charts at one frame a second, not sixty
      await page.addInitScript(() => { window.requestAnimationFrame = (draw) => setTimeout(() => draw(performance.now()), 1000) })
      await signIn(site, page, CLERK, path)
      await page.waitForSelector('.page h1')
      await page.clock.runFor(1000)
      const asked = []
      page.on('request', (q) => { if (q.url().includes('/api/')) asked.push(new URL(q.url()).pathname) })
      await page.clock.runFor(9 * 60_000)
      assert.ok(asked.filter((p) => p === news).length >= 20, 'news while somebody may be reading: ' + asked.length)
      await page.clock.runFor(2 * 60_000)
      await quiet(page, asked) // what was asked in these minutes may still be on its way
      asked.length = 0
      await page.clock.runFor(60 * 60_000)
      assert.deepEqual(asked, [], 'whatever is asked keeps the session alive')
      await page.keyboard.press('Shift') // somebody is back
      await page.clock.runFor(30_000)
      assert.ok(asked.includes(news))
      await closed(page)
    })
})

describe('words', () => {
  it('every_verb_of_the_trail_and_every_ending_has_its_chinese', async () => {
    const verbs = JSON.parse((await run(['routes', '--json'])).stdout).map((r) => r.audit).filter(Boolean)
    const known = readFileSync(join(root, 'web/src/staff/verbs.ts'), 'utf8')
    assert.deepEqual([...new Set(verbs)].filter((v) => !known.includes(`'${v}':`)), [])
  })

  it('the_trail_shows_times_as_times_and_the_engine_apart_and_the_list_what_citizens_said', async () => {
    const receipt = await askAndRate('80岁老人高龄津贴标准')
    const page = await desk(AUDITOR, '#/audit?tab=exchanges')
    await page.getByRole('row', { name: new RegExp(receipt) }).getByText('市民说没用：看不懂').waitFor()
    await page.getByRole('row', { name: new RegExp(receipt) }).getByRole('link').click()
    await page.waitForSelector('.effort')
    const text = await page.locator('.steps').textContent()
    assert.doesNotMatch(text, /NaN|undefined|prompt_tokens|_ms/)
    assert.match(text, /写了多少词元\s*\d+/)
    await closed(page)
  })

  it('what_the_auditor_filtered_is_what_is_exported', async () => {
    const page = await desk(AUDITOR, '#/audit')
    await page.getByRole('link', { name: '导出全部' }).waitFor()
    await page.getByLabel('做了什么').selectOption('session.start')
    await page.getByLabel('谁').fill(AUDITOR)
    await page.getByRole('button', { name: '查', exact: true }).click()
    const link = page.getByRole('link', { name: '导出查到的' })
    await link.waitFor()
    const [file] = await Promise.all([page.waitForEvent('download'), link.click()])
    const rows = readFileSync(await file.path(), 'utf8').trim().split('\n').map((l) => JSON.parse(l)).filter((r) => r.id)
    assert.ok(rows.length > 0 && rows.every((r) => r.verb === 'session.start' && r.actor === AUDITOR))
    await closed(page)
  })

  it('a_chart_tells_its_figures_to_a_screen_reader_and_its_table_leads_to_the_rows', async () => {
    await askAndRate('80岁老人高龄津贴标准')
    const page = await desk(AUDITOR, '#/today')
    await page.waitForSelector('.chart canvas')
    await page.waitForFunction(() => [...document.querySelectorAll('.chart .canvas')].every((c) => /\d+/.test(c.getAttribute('aria-label'))))
    const second = page.locator('.chart').nth(1)
    assert.match(await second.locator('.canvas').getAttribute('aria-label'), /按依据回答，次数 \d+/)
    await second.getByRole('button', { name: '看表格' }).click()
    await second.getByRole('link', { name: '按依据回答' }).click()
    await page.waitForURL(/tab=exchanges&outcome=answered/)
    await page.waitForSelector('.el-table__row')
    await closed(page)
  })
})

describe('every page', () => {
  const standards = async (page) => { await page.getByRole('button', { name: '写一条' }).click(); await page.waitForSelector('.el-dialog form') }
  const PAGES = [
    [CLERK, 'inbox?state=', '.inbox-rows li'],
    [GUARDIAN, 'knowledge', '.el-table__row'], [GUARDIAN, 'confirm', '.confirm form'], [GUARDIAN, 'document', '.timeline .span-bar'],
    [GUARDIAN, 'withdraw', '.el-dialog form'], [GUARDIAN, 'standards', '.standards li'], [GUARDIAN, 'standards', '.el-dialog form', standards],
    [OFFICER, 'users', '.el-table__row'],
    [OFFICER, 'users', '.el-dialog form', async (page) => { await page.getByRole('button', { name: '开通账号' }).click() }],
    [OFFICER, 'users', '.el-dialog form', async (page) => { await page.getByRole('button', { name: '重置密码' }).first().click() }],
    [AUDITOR, 'audit', '.trace', async (page) => {
      await page.getByRole('button', { name: '核对全部记录' }).click()
      await page.waitForSelector('.verdict')
      await page.locator('.el-table__expand-icon').first().click()
    }],
    [AUDITOR, 'audit?tab=exchanges', '.el-table__row'], [AUDITOR, 'trail', '.steps table'],
    [AUDITOR, 'audit', '.command', async (page) => { await page.keyboard.press('Control+k') }],
    [ADMIN, 'today', '.parts li'], [HEAD, 'today', '.chart table', async (page) => { await page.getByRole('button', { name: '看表格' }).first().click() }],
  ]
  const receipts = {}
  before(async () => {
    const page = await desk(GUARDIAN, '#/knowledge')
    await page.setInputFiles('input[type=file]', { name: '动力伞.md', mimeType: 'text/markdown', buffer: Buffer.from(KITE.replaceAll('热气球', '动力伞').replace('12号', '14号')) })
    await page.waitForSelector('.to-confirm a', { timeout: 30_000 })
    await closed(page)
    receipts.trail = await askAndRate('80岁老人高龄津贴标准')
    await handOff('我家小区门口的路灯坏了两个星期了，晚上老人出门看不见，请问应该找哪个部门报修')
  })
  async function goTo(page, path) {
    if (path === 'trail') return page.goto(`${site.url}/staff.html#/audit/exchange/${receipts.trail}`)
    if (path === 'confirm') {
      await page.goto(site.url + '/staff.html#/knowledge?state=proposed')
      return page.locator('.el-table__row a').first().click()
    }
    if (path === 'document' || path === 'withdraw') {
      await page.goto(site.url + '/staff.html#/knowledge?q=' + encodeURIComponent('高龄津贴'))
      await page.getByRole('link', { name: /高龄津贴发放办法/ }).first().click()
      await page.waitForSelector('.timeline')
      return path === 'withdraw' ? page.getByRole('button', { name: '撤下这一版' }).click() : undefined
    }
    return page.goto(site.url + '/staff.html#/' + path)
  }

  for (const [size, viewport] of [['1440', WIDE], ['360', PHONE]])
    it(`passes_axe_and_fits_the_window_at_${size}_px`, async () => {
      let page, now
      for (const [who, path, ready, act] of PAGES) {
        if (who !== now) {
          if (page) await closed(page)
          page = await desk(who, '', viewport, { reducedMotion: 'reduce' })
          now = who
        }
        const where = `${who} ${path} ${ready}`
        await goTo(page, path)
        await page.waitForSelector('.page')
        if (act) await act(page)
        await page.waitForSelector(ready)
        await page.waitForSelector('.el-message', { state: 'detached' })
        assert.deepEqual(await axe(page, false), [], where)
        const wide = await page.evaluate(() => [document.documentElement, document.querySelector('main')].map((e) => e.scrollWidth - e.clientWidth))
        assert.deepEqual(wide, [0, 0], where + ' scrolls sideways')
        if (viewport === PHONE) {
          const small = await page.evaluate(() => [...document.querySelectorAll('main button, main select, main input:not([type=checkbox]):not([type=file]), .el-dialog button')].filter((b) => b.offsetParent && !b.closest('.el-select, .el-table__expand-column') && b.getBoundingClientRect().height < 44 && !b.matches('.span-bar')).map((b) => b.className + ' ' + b.textContent.trim()))
          assert.deepEqual(small, [], where + ': too small for a finger')
          const cut = await page.evaluate(() => [...document.querySelectorAll('.el-table__body-wrapper .el-scrollbar__wrap')].map((t) => t.scrollWidth - t.clientWidth).filter((n) => n > 0))
          assert.deepEqual(cut, [], where + ': the table is cut')
        }
        if (!act && path !== 'withdraw') continue
        await page.goto('about:blank') // what lies open goes with its page
        await page.goto(site.url + '/staff.html')
        await page.waitForSelector('.shell')
      }
      await closed(page)
    })
})
